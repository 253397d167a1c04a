/** Phonemes with times, of what a neural voice says about the length of each sign. */
import type { Sound } from '../words';
import type { Sign } from './reading';

/** A sign as the voice was given it, with its time in seconds. */
export interface TimedSign {
  /** IPA, punctuation or a space. */
  value: string;
  word: number;
  start: number;
  end: number;
}

/** What a voice is given. */
export interface Ids {
  ids: number[];
  /** What each run of ids stands for, in order: a sign with its padding before it. */
  signs: (Sign & { count: number })[];
  /** Ids before the first sign's padding. */
  lead: number;
  /** Signs that the voice does not know. */
  unknown: string[];
}

/**
 * When each sign is said.
 * @param frames the length of each id in frames
 * @param seconds of a frame
 * @returns undefined where the frames are not those of the ids
 */
export function timesOf(
  { ids, signs, lead }: Ids,
  frames: ArrayLike<number>,
  seconds: number,
): TimedSign[] | undefined {
  if (frames.length !== ids.length) return undefined;
  let at = 0;
  let frame = 0;
  const take = (count: number): number => {
    for (const end = at + count; at < end; at++) frame += frames[at];
    return frame * seconds;
  };
  let start = take(lead);
  return signs.map(({ value, word, count }) => {
    const end = take(count);
    const timed = { value, word, start, end };
    start = end;
    return timed;
  });
}

/** Seconds: a space that lasts longer is a pause. */
const PAUSE = 0.06;
const STRESS = /^[ˈˌ]+$/;
/** Belongs to the sound before: marks, length, raised letters; tones and eSpeak's hyphen. */
const TRAILING = /^[\p{M}\p{Lm}ːˑ˞\d↓↑→↗↘-]+$/u;
const LETTER = /\p{L}/u;

/**
 * The sounds that are heard. A stress mark's time belongs to the vowel behind it, a length mark's to
 * what stands before; half of a short space to the word before; punctuation and longer spaces are
 * pauses.
 */
export function soundsOf(signs: readonly TimedSign[]): Sound[] {
  const sounds: Sound[] = [];
  let stress = '';
  /** Where the next sound begins, if before its own sign. */
  let from: number | undefined;
  for (const { value, word, start, end } of signs) {
    const last = sounds.at(-1);
    if (value === ' ') {
      const isShort = end - start <= PAUSE && last?.end === start;
      if (isShort) last.end = (start + end) / 2;
      from = isShort ? last.end : undefined;
    } else if (STRESS.test(value)) {
      stress = value;
      from ??= start;
    } else if (TRAILING.test(value)) {
      if (last?.end !== start) continue;
      last.end = end;
      last.value += /^[\d↓↑→↗↘-]+$/.test(value) ? '' : value;
    } else if (LETTER.test(value)) {
      if (end > (from ?? start))
        sounds.push({ value: stress + value, start: from ?? start, end, word });
      stress = '';
      from = undefined;
    } else {
      from = undefined;
    }
  }
  return sounds;
}
