/** Chapters of a stitched video, and how FFmpeg is told of them. */
import { frameTime, type Chapter, type FrameRate } from '../contract';
import { graphemes } from '../av/wrap';
import { oneLine } from '../av/captions';

const LONGEST_TITLE = 60;

export interface ChapterPlan {
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
export function chapterTitle(text: string | undefined, index: number): string {
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
