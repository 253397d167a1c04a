/** Puts the encoded picture, the joined sound and the chapters into the finished MP4. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Ffmpeg } from '../av/ffmpeg/types';
import { frameTime, LipwireError, type Chapter, type FrameRate } from '../contract';
import { chaptersOf, OUTPUT_SAMPLE_RATE } from '../av/encoding';
import { iso639, graphemes, oneLine } from '../av/captions';
import { readMp4Tracks } from '../av/mp4';
import type { StitchPlan } from './plan';

interface AssembleOptions {
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

const LONGEST_TITLE = 60;

interface ChapterPlan {
  rate: FrameRate;
  crossFade: number;
  frames: number;
  clips: readonly { startFrame: number }[];
}

/** Borders between clips in half frames, since one lies in the middle of each cross-fade. */
function borders({ clips, crossFade, frames }: ChapterPlan): number[] {
  const between = clips.slice(1).map(({ startFrame }) => 2 * startFrame + crossFade);
  return [0, ...between, 2 * frames];
}

/** One chapter a clip; times are seconds on the stitched timeline. */
export function makeChapters(plan: ChapterPlan, texts: readonly (string | undefined)[]): Chapter[] {
  const edges = borders(plan).map((half) => frameTime(half / 2, plan.rate));
  return plan.clips.map((_clip, index) => ({
    title: chapterTitle(texts[index], index),
    start: edges[index],
    end: edges[index + 1],
  }));
}

/** The beginning of a text on one line, or the part's number where there is none. */
function chapterTitle(text: string | undefined, index: number): string {
  const line = oneLine(text ?? '');
  if (line === '') return `Part ${index + 1}`;
  const letters = graphemes(line);
  if (letters.length <= LONGEST_TITLE) return line;
  const cut = letters.slice(0, LONGEST_TITLE - 1).join('');
  return `${cut.trimEnd()}…`;
}

/** FFmpeg's metadata file (ffmpeg-formats manual, "Metadata"). */
export function chapterMetadata(plan: ChapterPlan, chapters: readonly Chapter[]): string {
  const edges = borders(plan);
  const { num, den } = plan.rate;
  const parts = chapters.map(({ title }, index) =>
    [
      '[CHAPTER]',
      `TIMEBASE=${den}/${2 * num}`,
      `START=${edges[index]}`,
      `END=${edges[index + 1]}`,
      `title=${title.replace(/[\\=;#\n]/g, '\\$&')}`,
    ].join('\n'),
  );
  return [';FFMETADATA1', ...parts, ''].join('\n');
}
