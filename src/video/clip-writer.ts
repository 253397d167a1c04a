/** Writes what a lip-sync engine renders: one clip, as a browser plays it and without loss. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Ffmpeg, FfmpegInput, FfmpegOutput } from '../ffmpeg';
import {
  LipwireError,
  fpsOf,
  inputError,
  rateText,
  samplesForFrames,
  throwIfCancelled,
  yuvBytes,
  type ClipBackdrop,
  type FrameRate,
} from '../media';
import { BACKDROP_FILE, backdropInput } from './backdrop';
import { probeSound, type ClipSound } from './clip-sound';
import {
  aacOptions,
  BITEXACT,
  COLOUR_FILTER,
  MASTER_PICTURE,
  ONE_FILTER_THREAD,
  OUTPUT_SAMPLE_RATE,
  PREVIEW_PICTURE,
} from './encoding';
import { readMp4Tracks } from './mp4';
import { YuvConverter } from './yuv';

/** The picture behind a part that moves. */
export interface Backdrop {
  /** rgb24, the clip's width × height × 3 bytes. */
  picture: Buffer;
  /** Where the frames lie on it, in pixels; all four even. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface ClipOptions {
  ffmpeg: Ffmpeg;
  /**
   * rgb24 frames: width × height × 3 bytes, or the backdrop's width × height × 3 where there is one.
   * A buffer may be used again once the next frame is asked for.
   */
  frames: AsyncIterable<Buffer>;
  /**
   * `yuv420p` (ITU-R BT.709, limited range) for frames that go into the file as they are; each needs
   * a buffer of its own then. `rgb24` when left out.
   */
  pixels?: 'rgb24' | 'yuv420p';
  /** Pixels, both even. */
  width: number;
  height: number;
  rate: FrameRate;
  frameCount: number;
  /** Any sound; cut, or filled with silence, to the length of the picture. */
  sound: string;
  /** Where `clip.mp4`, `master.mov` and, with a backdrop, `backdrop.yuv` are written. */
  folder: string;
  signal: AbortSignal;
  /**
   * Set it where all that changes lies in one rectangle: only that goes to FFmpeg, and into the
   * master, which saves most of the work here and in stitch.
   */
  backdrop?: Backdrop;
  onProgress?(framesDone: number): void;
}

export interface WrittenClip {
  /** MP4 that a browser plays: H.264 and AAC, fast start. */
  file: string;
  /** The frames handed over without loss (H.264, QP 0) and the sound as it was (PCM), in a MOV. */
  master: string;
  /** What the master's frames lie on, where there is such a thing. */
  backdrop?: ClipBackdrop;
}

/**
 * Writes a clip in one FFmpeg process. Both files have exactly `frameCount` frames, and sound of
 * exactly that length (the MP4's to within one AAC frame).
 * @throws E_INPUT for odd or impossible sizes and a sound that is none, E_INTERNAL when the frames
 *   are not as many or as large as promised, E_FFMPEG, E_CANCELLED, and whatever `frames` throws
 */
export async function writeClip(options: ClipOptions): Promise<WrittenClip> {
  const { ffmpeg, folder, signal } = options;
  checkSizes(options);
  const sound = await probeSound(options);
  const file = path.join(folder, 'clip.mp4');
  const master = path.join(folder, 'master.mov');
  const backdrop = options.backdrop && (await writeBackdrop(options, options.backdrop));
  await ffmpeg.run({
    inputs: [
      pipedFrames(options),
      { source: options.sound },
      ...(backdrop ? [backdropInput(backdrop.file, options, options.rate)] : []),
    ],
    filterGraph: [pictureGraph(options), soundGraph(options, sound)].join(';'),
    outputs: [previewOutput(file, sound), masterOutput(master, sound)],
    signal,
  });
  await checkWritten(options, file);
  await checkWritten(options, master);
  return { file, master, ...(backdrop && { backdrop }) };
}

function checkSizes({ width, height, backdrop }: ClipOptions): void {
  const { x = 0, y = 0, width: partWidth = 0, height: partHeight = 0 } = backdrop ?? {};
  for (const value of [width, height, x, y, partWidth, partHeight]) {
    if (!Number.isInteger(value) || value < 0 || value % 2 !== 0) {
      throw inputError('a size of a clip', 'an even number of pixels', value);
    }
  }
}

/** Frames converted on their way into the pipe, counted and measured. */
function pipedFrames(options: ClipOptions): FfmpegInput {
  const { width, height } = options.backdrop ?? options;
  const raw = ['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', `${width}x${height}`];
  return {
    source: Readable.from(convertedFrames(options, width, height), { objectMode: false }),
    options: [...raw, '-framerate', rateText(options.rate)],
  };
}

async function* convertedFrames(
  { frames, pixels, frameCount, signal, onProgress }: ClipOptions,
  width: number,
  height: number,
): AsyncGenerator<Buffer> {
  const converter = pixels === 'yuv420p' ? undefined : new YuvConverter(width, height);
  const bytes = converter ? width * height * 3 : yuvBytes(width, height);
  let done = 0;
  for await (const frame of frames) {
    throwIfCancelled(signal);
    if (frame.length !== bytes) {
      const wanted = converter ? `${width}×${height}×3` : `${bytes}`;
      throw defect(`frame ${done} has ${frame.length} bytes, not ${wanted}`);
    }
    if (done === frameCount) throw defect(`there are more than ${frameCount} frames`);
    yield converter ? converter.convert(frame) : frame;
    done += 1;
    onProgress?.(done);
  }
  if (done !== frameCount) throw defect(`there are ${done} frames, not ${frameCount}`);
}

async function writeBackdrop(
  { width, height, folder }: ClipOptions,
  { picture, ...place }: Backdrop,
): Promise<ClipBackdrop> {
  if (picture.length !== width * height * 3) {
    throw defect('the backdrop is not as large as the clip');
  }
  const file = path.join(folder, BACKDROP_FILE);
  await writeFile(file, new YuvConverter(width, height).convert(picture));
  return { file, ...place };
}

/** The master gets the frames as they come, the preview whole ones. */
function pictureGraph({ backdrop, frameCount }: ClipOptions): string {
  if (!backdrop) return `[0:v]${COLOUR_FILTER},split[preview][master]`;
  return [
    `[0:v]split[part][kept]`,
    `[kept]${COLOUR_FILTER}[master]`,
    `[2:v]loop=loop=${frameCount - 1}:size=1,setpts=N[still]`,
    `[still][part]overlay=x=${backdrop.x}:y=${backdrop.y}:format=yuv420,${COLOUR_FILTER}[preview]`,
  ].join(';');
}

/** The sound at both sample rates, to the sample as long as the picture. */
function soundGraph(
  { frameCount, rate }: ClipOptions,
  { sampleRate, channels }: ClipSound,
): string {
  const fit = (hertz: number): string => {
    const samples = samplesForFrames(frameCount, rate, hertz);
    return `apad=whole_len=${samples},atrim=end_sample=${samples}`;
  };
  const layout = `aformat=channel_layouts=${channels === 1 ? 'mono' : 'stereo'}`;
  return [
    '[1:a]asetpts=N/SR/TB,asplit[heard][whole]',
    `[heard]aresample=${OUTPUT_SAMPLE_RATE},${layout},${fit(OUTPUT_SAMPLE_RATE)}[aac]`,
    `[whole]${fit(sampleRate)}[pcm]`,
  ].join(';');
}

function previewOutput(target: string, { channels }: ClipSound): FfmpegOutput {
  const options = [
    ...ONE_FILTER_THREAD,
    ...['-map', '[preview]', '-map', '[aac]'],
    ...PREVIEW_PICTURE,
    ...aacOptions(channels),
  ];
  return { target, options: [...options, '-movflags', '+faststart', ...BITEXACT] };
}

function masterOutput(target: string, { codec }: ClipSound): FfmpegOutput {
  const options = ['-map', '[master]', '-map', '[pcm]', ...MASTER_PICTURE, '-c:a', codec];
  return { target, options: [...options, ...BITEXACT] };
}

/** A clip that is not exactly as long as promised is never handed on. */
async function checkWritten(options: ClipOptions, file: string): Promise<void> {
  const { frameCount, rate } = options;
  const tracks = await readMp4Tracks(file);
  const picture = tracks.find(({ type }) => type === 'video');
  const sound = tracks.find(({ type }) => type === 'audio');
  if (picture?.samples !== frameCount) {
    throw defect(`${path.basename(file)} has ${picture?.samples} frames, not ${frameCount}`);
  }
  const apart = Math.abs((sound?.duration ?? 0) - frameCount / fpsOf(rate));
  // One AAC frame has 1024 samples.
  if (apart > 1025 / OUTPUT_SAMPLE_RATE) {
    throw defect(`sound and picture of ${path.basename(file)} differ by ${apart.toFixed(3)} s`);
  }
}

function defect(what: string): LipwireError {
  return new LipwireError('E_INTERNAL', `A clip was rendered wrongly: ${what}.`);
}
