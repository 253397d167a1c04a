/** Encodes the joined picture, section by section. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Ffmpeg } from '../av/ffmpeg/types';
import { fpsOf, LipwireError } from '../contract';
import {
  BITEXACT,
  KEY_FRAME_SECONDS,
  ONE_FILTER_THREAD,
  videoPicture,
  type Quality,
} from '../av/encoding';
import { sectionGraph, sectionInputs } from './graph';
import type { StitchPlan } from './plan';
import { sections } from './sections';

export interface PictureOptions {
  ffmpeg: Ffmpeg;
  plan: StitchPlan;
  quality: Quality;
  /** A folder for the pieces; the caller removes it. */
  folder: string;
  signal: AbortSignal;
  /** Called with the frames so far. */
  onProgress(frames: number): void;
}

/**
 * Encodes the picture of a plan into pieces.
 * @returns a list of the pieces for FFmpeg's concat demuxer
 */
export async function encodePicture(options: PictureOptions): Promise<string> {
  const { ffmpeg, plan, quality, folder, signal, onProgress } = options;
  const keyFrames = Math.round(KEY_FRAME_SECONDS * fpsOf(plan.rate));
  const list = ['ffconcat version 1.0'];
  for (const [index, section] of sections(plan, keyFrames).entries()) {
    const name = `piece${index}.mp4`;
    const { start, end } = section;
    let written = 0;
    await ffmpeg.run({
      inputs: sectionInputs(plan, section),
      filterGraph: sectionGraph(plan, section),
      outputs: [
        {
          target: path.join(folder, name),
          options: [
            ...ONE_FILTER_THREAD,
            ...['-map', '[joined]', ...videoPicture(quality, keyFrames), ...BITEXACT],
          ],
        },
      ],
      signal,
      onProgress: ({ frames }) => {
        written = frames;
        onProgress(Math.min(end, start + frames));
      },
    });
    checkFrames(written, end - start);
    onProgress(end);
    list.push(`file ${name}`);
  }
  const file = path.join(folder, 'pieces.txt');
  await writeFile(file, `${list.join('\n')}\n`);
  return file;
}

function checkFrames(frames: number, expected: number): void {
  if (frames === expected) return;
  throw new LipwireError(
    'E_INTERNAL',
    `A part of the video has ${frames} frames instead of ${expected}.`,
  );
}
