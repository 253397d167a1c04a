/** Paragraphs and lines of a text, as spans of it. */
import { hasWords } from './script';

/** A piece of a text: from `start` up to, not including, `end`, in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

const LINE_BREAK = /\r\n|[\n\r\u0085\u2028\u2029]/g;

/** All lines, without their breaks; blank ones too. A paragraph separator makes a blank line. */
function allLines(text: string): Span[] {
  const lines: Span[] = [];
  let start = 0;
  for (const { 0: lineBreak, index } of text.matchAll(LINE_BREAK)) {
    lines.push({ start, end: index });
    start = index + lineBreak.length;
    if (lineBreak === '\u2029') lines.push({ start, end: start });
  }
  lines.push({ start, end: text.length });
  return lines;
}

/** Paragraphs as lists of their lines; blank lines lie between paragraphs. */
export function paragraphs(text: string): Span[][] {
  const found: Span[][] = [];
  let open: Span[] = [];
  for (const line of allLines(text)) {
    if (isBlank(text, line)) {
      if (open.length > 0) found.push(open);
      open = [];
    } else {
      open.push(line);
    }
  }
  if (open.length > 0) found.push(open);
  return found;
}

/**
 * Joins lines that were only wrapped, as in e-mail: the sentence goes on in the next one. Headings,
 * list items and verses stay lines of their own.
 */
export function unwrap(text: string, lines: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const line of lines) {
    const last = joined.at(-1);
    // A line separator is never where a line was only wrapped.
    const isHard = last && text.slice(last.end, line.start).includes('\u2028');
    if (last && !isHard && goesOn(text, last, line)) last.end = line.end;
    else joined.push({ ...line });
  }
  return joined;
}

function goesOn(text: string, line: Span, next: Span): boolean {
  const end = text.slice(Math.max(line.start, line.end - 100), line.end).trimEnd();
  const begin = text.slice(next.start, Math.min(next.end, next.start + 20)).trimStart();
  if (/^(?:[-*•◦▪‣·–—#>]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])\s/i.test(begin)) return false;
  if (/[,،、，]$/.test(end)) return true;
  if (/[.!?…:;؟۔。！？।॥]["'”’»)\]」』]*$/.test(end)) return false;
  if (/^\p{Ll}/u.test(begin)) return true;
  // A full line of prose whose next one happens to begin with a capital.
  return end.length >= 55 && /\p{Ll}$/u.test(end) && /^\p{Lu}/u.test(begin);
}

function isBlank(text: string, { start, end }: Span): boolean {
  return !/\S/.test(text.slice(start, end));
}

/** Spans without a letter or digit joined to the one before, or after at the beginning. */
export function joinWordless(text: string, spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  let pending: number | undefined;
  for (const { start, end } of spans) {
    const last = joined.at(-1);
    if (hasWords(text.slice(start, end))) {
      joined.push({ start: pending ?? start, end });
      pending = undefined;
    } else if (last) {
      last.end = end;
    } else {
      pending ??= start;
    }
  }
  return joined.length > 0 ? joined : [hull(spans)];
}

/** From the first span to the last. */
export function hull(spans: readonly Span[]): Span {
  return { start: spans[0]?.start ?? 0, end: spans.at(-1)?.end ?? 0 };
}

/** Characters as people count them (extended grapheme clusters, UAX 29). */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Where none of these is, every UTF-16 unit is a grapheme. */
const COMPOSED =
  /[\p{M}\p{Cs}\p{Cf}\u1100-\u11FF\uA960-\uA97F\uD7B0-\uD7FB\u{10000}-\u{10FFFF}]|\r\n/u;
/** Units that the segmenter is given at once; it is slow with long texts. */
const WINDOW = 512;

/**
 * Where a text of at most `limit` graphemes ends.
 * @returns the index after the last of them; the text's length when it is not longer
 */
export function endOfGraphemes(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  const near = text.slice(0, limit + 1);
  if (!COMPOSED.test(near)) return limit;
  let at = 0;
  let count = 0;
  while (at < text.length) {
    // Half a surrogate pair at the end would count as a grapheme of its own.
    const isCut = /[\uD800-\uDBFF]/.test(text.charAt(at + WINDOW - 1));
    const window = text.slice(at, at + WINDOW - (isCut ? 1 : 0));
    const isLast = at + WINDOW >= text.length;
    let used = 0;
    for (const { index, segment } of segmenter.segment(window)) {
      // The last one of a window may go on in the next.
      if (!isLast && used > 0 && index + segment.length === window.length) break;
      if (count === limit) return at + index;
      count++;
      used = index + segment.length;
    }
    at += used;
  }
  return text.length;
}

/** How many graphemes a text has. */
export function countGraphemes(text: string): number {
  if (!COMPOSED.test(text)) return text.length;
  let count = 0;
  for (let at = 0; at < text.length; count++) at += endOfGraphemes(text.slice(at, at + 256), 1);
  return count;
}

/** True when no grapheme reaches over an index. */
export function isGraphemeEnd(text: string, index: number): boolean {
  if (index <= 0 || index >= text.length) return true;
  const from = Math.max(0, index - 8);
  const around = segmenter.segment(text.slice(from, index + 8));
  return around.containing(index - from)?.index === index - from;
}

/** Cuts over-long sentences: at clauses where there are any, else between words, else graphemes. */

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
