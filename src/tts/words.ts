/** The words of a text as written, found by the positions of eSpeak's word events. */

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
