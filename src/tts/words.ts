/** The words of a text as written, and their cues. */
import type { Cue } from '../contract';

export interface WordFinder {
  /** Number of the word that an index of the text lies in. */
  at(index: number): number;
  /** The words from one number up to, not including, another: as written, without outer punctuation. */
  text(from: number, to: number): string;
  readonly count: number;
}

/** Scripts that do not put spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const OPENERS = /^[\s*_~`"'“”‘’«»„‚‹›()[\]{}<>¿¡「」『』（）《》〈〉【】…—–]+/u;
const CLOSERS =
  /[\s"'“”‘’«»„‚‹›()[\]{}<>「」『』（）《》〈〉【】….,;:!?。，、！？；：؟،؛۔।॥—–-]+$/u;

/** Prepares a text for look-ups. */
export function findWords(text: string): WordFinder {
  const starts = wordStarts(text);
  return {
    count: starts.length,
    at(index) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (starts[middle] <= index) low = middle;
        else high = middle - 1;
      }
      return low;
    },
    text(from, to) {
      const raw = text.slice(starts[from], starts[to] ?? text.length);
      const clean = raw.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
      return clean.replace(OPENERS, '').replace(CLOSERS, '') || clean;
    },
  };
}

function wordStarts(text: string): number[] {
  const starts: number[] = [];
  for (const { 0: token, index } of text.matchAll(/\S+/g)) {
    starts.push(index);
    if (!UNSPACED.test(token)) continue;
    const words = new Intl.Segmenter(undefined, { granularity: 'word' }).segment(token);
    for (const word of words) {
      if (word.isWordLike && word.index > 0) starts.push(index + word.index);
    }
  }
  return starts.length > 0 ? starts : [0];
}

/** A phoneme as it is heard, and the number of the word that it belongs to. */
export interface Sound {
  /** IPA. */
  value: string;
  start: number;
  end: number;
  word: number;
}

/**
 * Phoneme and word cues in order of time, each word before its phonemes.
 * @param text the text as written, whose words the sounds name
 * @param seconds the time of a cue for a time of a sound
 */
export function soundCues(
  sounds: readonly Sound[],
  text: string,
  seconds: (time: number) => number,
): Cue[] {
  const words = findWords(text);
  const cues: Cue[] = [];
  for (let first = 0; first < sounds.length;) {
    const { word, start } = sounds[first];
    let next = first;
    while (next < sounds.length && sounds[next].word === word) next++;
    const ofWord = sounds.slice(first, next);
    // Words that are run together ("of the") or that nothing tells apart share one cue.
    const value = words.text(first === 0 ? 0 : word, sounds[next]?.word ?? words.count);
    const end = sounds[next - 1].end;
    cues.push({ type: 'word', value, start: seconds(start), end: seconds(end) });
    for (const sound of ofWord) {
      const { value: phoneme } = sound;
      cues.push({
        type: 'phoneme',
        value: phoneme,
        start: seconds(sound.start),
        end: seconds(sound.end),
      });
    }
    first = next;
  }
  return cues;
}
