/** Sentences of a paragraph, by `Intl.Segmenter` on a marked copy (see terminators.ts). */
import { hasWords } from '../phonetics/script';
import type { Span } from './lines';
import { markTerminators } from './terminators';

/**
 * The segmenter's time grows with the square of its text, so it is given windows of this many UTF-16
 * units; ends of sentences are taken from all but the last bit of a window.
 */
const WINDOW = 4000;
const MARGIN = 400;
/** A bracket that closes later than this was probably never meant to close. */
const LONGEST_ASIDE = 200;

const ASKED = /^I (?:said|asked|cried|replied|answered|thought|shouted|whispered)\b/;

/** By language; a flow may name any number of languages, real or not. */
const segmenters = new Map<string, Intl.Segmenter>();
const MOST_SEGMENTERS = 50;

/**
 * The sentences of a span, in order, without gaps.
 * @param language BCP 47, where it is known
 */
export function sentences(text: string, span: Span, language: string): Span[] {
  const part = text.slice(span.start, span.end).replace(/[\r\n\u0085\u2028\u2029]/g, ' ');
  const marked = markTerminators(part, language);
  const found: Span[] = [];
  let start = 0;
  for (const end of sentenceEnds(marked, language)) {
    if (end < part.length && goesOn(part, start, end)) continue;
    found.push({ start: span.start + start, end: span.start + end });
    start = end;
  }
  return attachWordless(text, found);
}

/** Ends of the segmenter's sentences; the last one is the text's length. */
function* sentenceEnds(marked: string, language: string): Generator<number> {
  const segmenter = segmenterFor(language);
  let at = 0;
  let size = WINDOW;
  while (at < marked.length) {
    const window = marked.slice(at, at + size);
    const isLast = at + size >= marked.length;
    const limit = isLast ? window.length : window.length - MARGIN;
    let used = 0;
    for (const { index, segment } of segmenter.segment(window)) {
      const end = index + segment.length;
      if (end > limit) break;
      used = end;
      yield at + beforeOpeners(window, end);
    }
    at += used;
    // A sentence longer than the window: look at more.
    size = used === 0 ? size * 2 : WINDOW;
  }
}

/** Without a space, the segmenter leaves an opening bracket or quote with the sentence before. */
function beforeOpeners(window: string, end: number): number {
  let at = end;
  while (at > 1 && at < window.length && /[\p{Ps}\p{Pi}¿¡]/u.test(window.charAt(at - 1))) at--;
  return at;
}

function segmenterFor(language: string): Intl.Segmenter {
  let segmenter = segmenters.get(language);
  if (!segmenter) {
    segmenter = newSegmenter(language);
    if (segmenters.size >= MOST_SEGMENTERS) segmenters.clear();
    segmenters.set(language, segmenter);
  }
  return segmenter;
}

function newSegmenter(language: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language || 'en', { granularity: 'sentence' });
  } catch {
    return new Intl.Segmenter('en', { granularity: 'sentence' });
  }
}

/** True when what the segmenter took for an end is inside a sentence. */
function goesOn(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(start, end - 40), end).trimEnd();
  const after = text.slice(end, end + 40);
  // "Is it?" he asked.
  if (/[.!?…]["'”’»)\]]+$/.test(before) && /^["'“‘«(]*\p{Ll}/u.test(after)) return true;
  // "Why?" I asked.
  if (/[!?]["'”’»]+$/.test(before) && ASKED.test(after)) return true;
  // 「はい。」と言った。
  if (/[」』]$/.test(before) && /^(?:と|って|など|か)/.test(after)) return true;
  return insideBrackets(text, start, end);
}

/** He said (Wow! Great!) and left. A bracket that opens the sentence may hold several. */
function insideBrackets(text: string, start: number, end: number): boolean {
  const from = Math.max(start, end - LONGEST_ASIDE);
  const before = text.slice(from, end);
  const open = Math.max(...['(', '[', '（'].map((bracket) => before.lastIndexOf(bracket)));
  if (open < 0 || /[)\]）]/.test(before.slice(open))) return false;
  if (!/[^\s"'“‘«]/.test(text.slice(start, from + open))) return false;
  return /^[^([（\n]*[)\]）]/.test(text.slice(end, end + LONGEST_ASIDE));
}

/** Sentences without a letter or digit go with the one before, or after at the beginning. */
function attachWordless(text: string, found: readonly Span[]): Span[] {
  const attached: Span[] = [];
  let pending: Span | undefined;
  for (const span of found) {
    const last = attached.at(-1);
    if (hasWords(text.slice(span.start, span.end))) {
      attached.push({ start: pending?.start ?? span.start, end: span.end });
      pending = undefined;
    } else if (last) {
      last.end = span.end;
    } else {
      pending = { start: pending?.start ?? span.start, end: span.end };
    }
  }
  return pending ? [pending] : attached;
}
