/** Cuts over-long sentences: at clauses where there are any, else between words, else graphemes. */
import { hasWords } from '../phonetics/script';
import { endOfGraphemes, isGraphemeEnd } from './graphemes';
import type { Span } from './lines';

const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Ends of clauses with how much a cut there is preferred: a semicolon or dash over a comma. */
const CLAUSE_END =
  /[;:؛；：]["'”’»)\]]*\s|[；：]|\s[—–-]\s|[—–]|[,،]["'”’»)\]]*\s|[、，][」』”）]*|[)\]）」』]\s?/g;
const STRONG = /[;:؛；：—–]/;

/**
 * The pieces of a sentence, none longer than `maxLength` graphemes and none without a letter or
 * digit; signs without a word stay with the piece before, however many they are.
 */
export function pieces(text: string, span: Span, maxLength: number): Span[] {
  const found: Span[] = [];
  let start = span.start;
  while (span.end - start > maxLength) {
    const limit = lengthOf(text, start, span.end, maxLength);
    if (limit >= span.end - start) break;
    const window = text.slice(start, start + limit);
    const share = evenShare(limit, span.end - start);
    const end = start + cut(window, text.charAt(start + limit), share);
    found.push({ start, end });
    start = end;
  }
  found.push({ start, end: span.end });
  return joinWordless(text, found);
}

/** UTF-16 units of so many graphemes. Looks at no more of the text than needed. */
function lengthOf(text: string, start: number, end: number, maxLength: number): number {
  const near = Math.min(end, start + maxLength * 40);
  const limit = endOfGraphemes(text.slice(start, near), maxLength);
  if (limit < near - start || near === end) return limit;
  return endOfGraphemes(text.slice(start, end), maxLength);
}

/** The length that makes all pieces alike, so that the last one is not a single word. */
function evenShare(limit: number, rest: number): number {
  return rest / Math.ceil(rest / limit);
}

/** The best place to cut a window that is followed by `next`; at least one unit in. */
function cut(window: string, next: string, share: number): number {
  const clause = best(clauseEnds(window), share, window);
  if (clause) return clause;
  const spaces = [...window.matchAll(/\s+/g)].map(({ 0: gap, index }) => index + gap.length);
  if (/\s/.test(next)) spaces.push(window.length);
  const space = best(
    spaces.map((at) => ({ at, cost: 0 })),
    share,
    window,
  );
  return space ?? wordCut(window) ?? window.length;
}

function clauseEnds(window: string): { at: number; cost: number }[] {
  return [...window.matchAll(CLAUSE_END)].map(({ 0: mark, index }) => ({
    at: index + mark.length,
    cost: STRONG.test(mark) ? 0 : 0.3,
  }));
}

/** Of places to cut, the one nearest to an even share; none in the first two fifths of it. */
function best(
  places: readonly { at: number; cost: number }[],
  share: number,
  window: string,
): number | undefined {
  let chosen: number | undefined;
  let least = Infinity;
  for (const { at, cost } of places) {
    if (at < share * 0.4 || at < 1) continue;
    const total = Math.abs(at - share) / share + cost;
    if (total < least && isGraphemeEnd(window, at)) {
      least = total;
      chosen = at;
    }
  }
  return chosen;
}

/** Scripts without spaces: the last word's start in the window, by the word segmenter. */
function wordCut(window: string): number | undefined {
  const tail = Math.max(0, window.length - 200);
  let last = 0;
  for (const { index } of wordSegmenter.segment(window.slice(tail))) last = index;
  const at = tail + last;
  return last > 0 && at > window.length / 2 && isGraphemeEnd(window, at) ? at : undefined;
}

function joinWordless(text: string, found: readonly Span[]): Span[] {
  const joined: Span[] = [];
  let lastSpeaks = true;
  for (const span of found) {
    const last = joined.at(-1);
    const speaks = hasWords(text.slice(span.start, span.end));
    if (last && (!speaks || !lastSpeaks)) {
      last.end = span.end;
      lastSpeaks ||= speaks;
    } else {
      joined.push({ ...span });
      lastSpeaks = speaks;
    }
  }
  return joined;
}
