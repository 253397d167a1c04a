/**
 * Cuts long text into pieces that an engine speaks in a fraction of a second each, so that a job can be
 * cancelled between them. Most texts are one piece.
 */

export interface Chunk {
  text: string;
  /** What stands at its end; decides the pause after it. */
  end: 'paragraph' | 'sentence' | 'clause' | 'word';
}

/** UTF-16 units; about 20 s of speech, and longer than a usual segment. */
const LONGEST = 300;

const ENDS: readonly (readonly [end: Chunk['end'], pattern: RegExp])[] = [
  ['paragraph', /\n[^\S\n]*\n/g],
  ['sentence', /[.!?…؟۔]["'”’»)\]]*\s|[。！？｡।॥]["'”’»」』）]*|\n/g],
  ['clause', /[,;:،؛—–]\s|[，、；：]/g],
  ['word', /\s/g],
];

/** The pieces of a text, in order; joined they are the text. */
export function chunks(text: string, longest = LONGEST): Chunk[] {
  const pieces: Chunk[] = [];
  let at = 0;
  while (text.length - at > longest) {
    const { length, end } = bestCut(text.slice(at, at + longest), text.charAt(at + longest));
    pieces.push({ text: text.slice(at, at + length), end });
    at += length;
  }
  pieces.push({ text: text.slice(at), end: 'paragraph' });
  return pieces;
}

/** The last and strongest place to cut in the second half of a window that `next` comes after. */
function bestCut(window: string, next: string): { length: number; end: Chunk['end'] } {
  for (const [end, pattern] of ENDS) {
    let length = 0;
    for (const match of window.matchAll(pattern)) length = match.index + match[0].length;
    if (length > window.length / 2) return { length, end };
  }
  const text = window + next;
  let length = window.length;
  // Not between the halves of a surrogate pair, nor before a mark that belongs to its letter.
  while (length > window.length / 2 && /^[\uDC00-\uDFFF\p{M}\u200D]/u.test(text.slice(length))) {
    length--;
  }
  return { length, end: 'word' };
}
