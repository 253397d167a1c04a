/** Puts the encoded picture, the joined sound and the chapters into the finished MP4. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Ffmpeg } from '../av/ffmpeg/types';
import { frameTime, LipwireError } from '../contract';
import { chaptersOf, OUTPUT_SAMPLE_RATE } from '../av/encoding';
import { iso639 } from '../av/language';
import { readMp4Tracks } from '../av/mp4';
import type { StitchPlan } from './plan';

export interface AssembleOptions {
  ffmpeg: Ffmpeg;
  plan: StitchPlan;
  /** List of the pieces of the picture. */
  pieces: string;
  /** The joined sound, encoded. */
  sound: string;
  /** FFmpeg metadata with the chapters. */
  metadata: string;
  /** BCP 47. */
  language: string | undefined;
  /** The MP4 to write. */
  file: string;
  /** For what is needed on the way; the caller removes it. */
  scratch: string;
  signal: AbortSignal;
}

/** Writes an MP4 with fast start, copying picture and sound; its frames are counted before it is handed on. */
export async function assemble(options: AssembleOptions): Promise<void> {
  const { ffmpeg, language, file, signal } = options;
  const metadata = path.join(options.scratch, 'chapters.txt');
  await writeFile(metadata, options.metadata);
  await ffmpeg.run({
    inputs: [
      { source: options.pieces, options: ['-f', 'concat'] },
      { source: options.sound },
      { source: metadata, options: ['-f', 'ffmetadata'] },
    ],
    outputs: [
      {
        target: file,
        options: [
          ...['-map', '0:v', '-map', '1:a', ...chaptersOf(2), '-c', 'copy'],
          ...['-metadata:s:a:0', `language=${iso639(language)}`, '-movflags', '+faststart'],
        ],
      },
    ],
    signal,
  });
  await check(options);
}

async function check({ plan, file }: AssembleOptions): Promise<void> {
  const tracks = await readMp4Tracks(file);
  const picture = tracks.find(({ type }) => type === 'video');
  const sound = tracks.find(({ type }) => type === 'audio');
  const seconds = frameTime(plan.frames, plan.rate);
  // One AAC frame has 1024 samples.
  const isExact =
    picture?.samples === plan.frames &&
    Math.abs((sound?.duration ?? 0) - seconds) < 1025 / OUTPUT_SAMPLE_RATE;
  if (isExact) return;
  throw new LipwireError(
    'E_INTERNAL',
    `Expected ${plan.frames} frames and ${seconds.toFixed(3)} s of sound in the video but there ` +
      `are ${picture?.samples} and ${sound?.duration}.`,
  );
}
