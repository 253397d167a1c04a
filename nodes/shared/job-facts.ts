/** What the sidebar's job board wants to know of the messages and results of any stage. */
import type { NodeMessage } from 'node-red';
import type { JobEntry } from './job-board';
import { partsOf } from './parts';
import type { StageInput, StageName, StageOutput } from '../../src/stages';

/** Characters of a text that are shown. */
const LONGEST = 160;

/** What of all payloads is of interest here. */
interface Known {
  text?: unknown;
  file?: unknown;
  duration?: unknown;
  watchUrl?: unknown;
  title?: unknown;
  chapters?: unknown;
}

/** The text that messages are about, in its order, cut short; empty where they tell none. */
export function textOf(messages: readonly NodeMessage[]): string {
  const index = (msg: NodeMessage): number => Number(partsOf(msg)?.index ?? 0);
  const sorted = [...messages].sort((a, b) => index(a) - index(b));
  const texts = sorted.flatMap(({ payload }) => (Array.isArray(payload) ? payload : [payload]));
  const all = texts.map((payload: unknown) => {
    if (typeof payload === 'string') return payload;
    const { text, chapters } = known(payload);
    if (typeof text === 'string') return text;
    const titles = Array.isArray(chapters) ? chapters.map((each) => known(each).title) : [];
    return titles.filter((title) => typeof title === 'string').join(' ');
  });
  const text = all
    .join(' ')
    .slice(0, 2 * LONGEST)
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Seconds of the sound or video that a stage works on. */
export function secondsOf<S extends StageName>(stage: S, input: StageInput<S>): number | undefined {
  if (stage === 'stitch') {
    const { clips } = input as StageInput<'stitch'>;
    return clips.reduce((sum, { duration }) => sum + duration, 0);
  }
  const sound = stage === 'wav2lip' ? (input as StageInput<'wav2lip'>).speech : input;
  return numberOf(known(sound).duration);
}

/** What a stage made that can be played. */
export function resultOf<S extends StageName>(
  stage: S,
  result: StageOutput<S>,
  input: StageInput<S>,
  messages: readonly NodeMessage[],
): Pick<JobEntry, 'file' | 'watchUrl' | 'seconds'> {
  // A playlist is not one file; the video that it was made from is.
  const { file } = known(stage === 'hls-export' ? input : result);
  const { watchUrl } = known(messages[0]?.payload);
  const isPlayable = !['text-segment', 'face-detect'].includes(stage);
  return {
    seconds: numberOf(known(result).duration),
    ...(isPlayable && typeof file === 'string' && { file }),
    ...(typeof watchUrl === 'string' && watchUrl.startsWith('/') && { watchUrl }),
  };
}

function known(value: unknown): Known {
  return typeof value === 'object' && value !== null ? value : {};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
