/** Writes what a lip-sync engine renders: one clip, as a browser plays it and without loss. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fpsOf, inputError, type ClipBackdrop } from '../contract';
import { BACKDROP_FILE, backdropInput } from './backdrop';
import { pipedFrames } from './clip-frames';
import { masterOutput, pictureGraph, previewOutput, soundGraph } from './clip-graph';
import { defect, type Backdrop, type ClipOptions } from './clip-options';
import { probeSound } from './clip-sound';
import { OUTPUT_SAMPLE_RATE } from './encoding';
import { readMp4Tracks } from './mp4';
import { YuvConverter } from './yuv';

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
