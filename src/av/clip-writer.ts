/** Writes a rendered clip: once for browsers, once without loss. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  type ClipBackdrop,
  fpsOf,
  type FrameRate,
  inputError,
  LipwireError,
  rateText,
  samplesForFrames,
  throwIfCancelled,
  toLipwireError,
} from '../contract';
import {
  aacOptions,
  BITEXACT,
  COLOUR_FILTER,
  MASTER_PICTURE,
  ONE_FILTER_THREAD,
  OUTPUT_SAMPLE_RATE,
  PREVIEW_PICTURE,
} from './encoding';
import type { Ffmpeg, FfmpegInput, FfmpegOutput } from './ffmpeg/types';
import { readMp4Tracks } from './mp4';
import { readWavFormat } from './wav';
import { yuvBytes, YuvConverter } from './yuv';

interface WrittenClip {
  /** MP4 that a browser plays: H.264 and AAC, fast start. */
  file: string;
  /** MOV with lossless frames (H.264, QP 0) and the unchanged sound (PCM). */
  master: string;
  /** The still picture under the master's frames, if any. */
  backdrop?: ClipBackdrop;
}

/**
 * Writes a clip in one FFmpeg process. Both files have exactly `frameCount` frames, and sound of
 * exactly that length (the MP4's to within one AAC frame).
 * @throws E_INPUT for odd or impossible sizes or a file without sound, E_INTERNAL for frames of another
 *   number or size, E_FFMPEG, E_CANCELLED, and what `frames` throws
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

/** @throws E_INTERNAL when a clip is not exactly as long as promised */
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

/** The still picture behind a moving part. */
export interface Backdrop {
  /** rgb24, the clip's width × height × 3 bytes. */
  picture: Buffer;
  /** Position and size of the frames on it, in pixels; all even. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface ClipOptions {
  ffmpeg: Ffmpeg;
  /**
   * rgb24 frames: width × height × 3 bytes, or the backdrop's width × height × 3 where there is one.
   * A buffer may be reused once the next frame is requested.
   */
  frames: AsyncIterable<Buffer>;
  /**
   * `rgb24` by default. `yuv420p` (ITU-R BT.709, limited range) frames are not converted; each needs a
   * buffer of its own.
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
   * For clips that change in one rectangle only: just that is encoded and kept in the master, which
   * saves most of the work here and in stitch.
   */
  backdrop?: Backdrop;
  onProgress?(framesDone: number): void;
}

function defect(what: string): LipwireError {
  return new LipwireError('E_INTERNAL', `A clip was rendered wrongly: ${what}.`);
}

/** The master has the frames as they are, the preview lays them on the backdrop. */
function pictureGraph({ backdrop, frameCount }: ClipOptions): string {
  if (!backdrop) return `[0:v]${COLOUR_FILTER},split[preview][master]`;
  return [
    `[0:v]split[part][kept]`,
    `[kept]${COLOUR_FILTER}[master]`,
    `[2:v]loop=loop=${frameCount - 1}:size=1,setpts=N[still]`,
    `[still][part]overlay=x=${backdrop.x}:y=${backdrop.y}:format=yuv420,${COLOUR_FILTER}[preview]`,
  ].join(';');
}

/** The sound at both sample rates, exactly as long as the picture. */
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

interface ClipSound {
  /** FFmpeg's name of a codec that keeps it without loss. */
  codec: string;
  sampleRate: number;
  channels: 1 | 2;
}

/** Codecs that are kept; anything else becomes floating point. */
const PCM: Record<string, string> = { pcm_s16le: 'pcm_s16le', pcm_s24le: 'pcm_s24le' };

/**
 * Format of a sound; a plain WAV needs no process.
 * @throws E_INPUT when there is no sound in the file
 */
async function probeSound(from: {
  ffmpeg: Ffmpeg;
  sound: string;
  signal: AbortSignal;
}): Promise<ClipSound> {
  const { ffmpeg, sound, signal } = from;
  const wav = await readWavFormat(sound).catch(() => undefined);
  if (wav?.encoding === 'integer' && wav.channels <= 2 && (wav.bits === 16 || wav.bits === 24)) {
    const { sampleRate, channels, bits } = wav;
    return { codec: `pcm_s${bits}le`, sampleRate, channels: channels === 1 ? 1 : 2 };
  }
  const stream = (await ffmpeg.probe(sound, signal)).streams.find(({ type }) => type === 'audio');
  if (!stream) throw inputError('the sound of a clip', 'a file with sound', sound);
  return {
    codec: PCM[stream.codec] ?? 'pcm_f32le',
    sampleRate: stream.sampleRate ?? OUTPUT_SAMPLE_RATE,
    channels: stream.channels === 1 ? 1 : 2,
  };
}

interface Size {
  width: number;
  height: number;
}

/**
 * Name of a backdrop's file. Raw pixels have no signature: without a fixed name, a message could have
 * any file of the right size shown as a picture.
 */
const BACKDROP_FILE = 'backdrop.yuv';

/** A backdrop as an input of FFmpeg; `size` is the clip's. */
export function backdropInput(file: string, { width, height }: Size, rate: FrameRate): FfmpegInput {
  const form = ['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', `${width}x${height}`];
  return { source: file, options: [...form, '-framerate', rateText(rate)] };
}

/**
 * Checks that a clip's backdrop is a picture of the clip's size, and that the moving part lies on it.
 * @param subject the clip, for errors
 * @throws E_INPUT, E_PATH
 */
export async function checkBackdrop(
  { file, x, y, width, height }: ClipBackdrop,
  clip: Size,
  subject: string,
): Promise<void> {
  const size = `${clip.width}×${clip.height}`;
  if (width === 0 || height === 0 || x + width > clip.width || y + height > clip.height) {
    const place = `${width}×${height} at ${x}, ${y}`;
    throw inputError(`the backdrop of ${subject}`, `a part of its ${size} pixels`, place);
  }
  if (path.basename(file) !== BACKDROP_FILE) {
    throw inputError(`the backdrop of ${subject}`, `a file called ${BACKDROP_FILE}`, file);
  }
  const facts = await stat(file).catch((error: unknown) => {
    throw toLipwireError(error);
  });
  if (facts.isFile() && facts.size === yuvBytes(clip.width, clip.height)) return;
  throw inputError(`the backdrop of ${subject}`, `one yuv420p picture of ${size} pixels`, file);
}

/**
 * Checks that a clip's master is as large as its backdrop's moving part or, without a backdrop, as
 * the clip: a part without its backdrop would pass for the whole.
 * @param subject the clip, for errors
 * @throws E_INPUT, E_PATH
 */
export async function checkMaster(
  master: string,
  { width, height }: Size,
  subject: string,
): Promise<void> {
  const tracks = await readMp4Tracks(master).catch((thrown: unknown) => {
    const error = toLipwireError(thrown);
    throw error.code === 'E_INTERNAL' ? notMaster(subject, master) : error;
  });
  const picture = tracks.find(({ type }) => type === 'video');
  if (!picture) throw notMaster(subject, master);
  if (picture.width === width && picture.height === height) return;
  const found = `${picture.width}×${picture.height}`;
  const remedy = 'keep "backdrop" beside "master", or leave out both';
  throw inputError(`the master of ${subject}`, `${width}×${height} pixels`, found, remedy);
}

function notMaster(subject: string, file: string): LipwireError {
  return inputError(`the master of ${subject}`, 'a MOV or MP4 with a picture', file);
}

/** The backdrop that all clips share, pixel for pixel and at the same place; else undefined. */
export async function sharedBackdrop(
  clips: readonly { backdrop?: ClipBackdrop }[],
): Promise<ClipBackdrop | undefined> {
  const first = clips[0]?.backdrop;
  if (!first) return undefined;
  for (const { backdrop } of clips) {
    const isThere = (['x', 'y', 'width', 'height'] as const).every(
      (side) => backdrop?.[side] === first[side],
    );
    if (!isThere) return undefined;
  }
  const picture = await readFile(first.file);
  for (const { backdrop } of clips) {
    if (!backdrop || backdrop.file === first.file) continue;
    if (!(await readFile(backdrop.file)).equals(picture)) return undefined;
  }
  return first;
}
