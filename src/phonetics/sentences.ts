/** Sentences of a paragraph, by `Intl.Segmenter` on a marked copy. */
import { joinWordless, type Span } from './spans';
import {
  AFTER_ORDINAL,
  AFTER_TIME,
  BEFORE_NUMBERS,
  BEFORE_ORDINAL,
  CLOSING,
  EITHER,
  LEADING,
  STARTERS,
} from './abbreviations';

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
  return joinWordless(text, found);
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

/**
 * Which full stops, question and exclamation marks end a sentence. `Intl.Segmenter` knows the rules
 * of Unicode (UAX 29) but neither abbreviations nor lists; so it is shown a copy of the text, of the
 * same length, in which stops that end nothing are hidden and those that it overlooks stand out.
 */

/** A character that means nothing to the segmenter. */
const HIDDEN = '_';
/** One that ends a sentence whatever follows. */
const FORCED = '!';
/** How far is looked around a stop. */
const REACH = 24;

type Verdict = 'end' | 'hide' | 'leave';

/** What follows a stop on the same line. */
interface Following {
  /** False when letters or digits follow without a space, or nothing does. */
  spaced: boolean;
  word: string;
  case: 'upper' | 'lower' | 'digit' | 'other';
  /** One letter and a full stop. */
  initial: boolean;
}

/**
 * The copy for the segmenter, with as many UTF-16 units as the text.
 * @param language BCP 47, where it is known
 */
function markTerminators(text: string, language: string): string {
  // In a text without capitals a small letter after a stop tells nothing.
  const small = !/[\p{Lu}\p{Lt}]/u.test(text) && /\p{Ll}/u.test(text);
  let lastEnd = 0;
  return text.replace(/\.{2,}|…+|[.!?]/g, (stop: string, index: number) => {
    const verdict = judge(text, stop, index, { language, small, lastEnd });
    if (verdict !== 'hide') lastEnd = index + stop.length;
    if (verdict === 'leave') return stop;
    return (verdict === 'hide' ? HIDDEN : FORCED).repeat(stop.length);
  });
}

interface Context {
  language: string;
  /** The text has no capitals. */
  small: boolean;
  /** Where the last stop was that may have ended a sentence. */
  lastEnd: number;
}

function judge(text: string, stop: string, index: number, context: Context): Verdict {
  const after = index + stop.length;
  if (insideWord(text, index, after)) return 'hide';
  if (stop === '!' || stop === '?') return 'leave';
  const next = following(text, after);
  if (stop.length > 1 || stop === '…') return judgeEllipsis(next, context.small);
  const word = wordBefore(text, index);
  if (word === '' || !next.spaced) return 'leave';
  if (isMarker(text, index, word, context.lastEnd)) return 'hide';
  const before = /(\p{L}+)\s+$/u.exec(text.slice(Math.max(0, index - REACH), index - word.length));
  return judgeWord(word, before?.[1]?.toLowerCase() ?? '', next, context);
}

/** URLs, e-mail addresses, decimals, versions, file names: no space after the mark. */
function insideWord(text: string, index: number, after: number): boolean {
  if (!/[A-Za-z0-9/_=&#%~@-]/.test(text.charAt(after))) return false;
  if (/[0-9]/.test(text.charAt(after))) return true;
  return index > 0 && /[^\s]/.test(text.charAt(index - 1));
}

/** "Well... I think" goes on; "He left... Then" does not. */
function judgeEllipsis(next: Following, small: boolean): Verdict {
  if (!next.spaced) return 'leave';
  if (next.case === 'lower' && !small) return 'hide';
  if (/^i('(m|ll|ve|d))?$/.test(next.word)) return 'hide';
  return next.case === 'upper' ? 'end' : 'leave';
}

/** @param before the word before it, in small letters */
function judgeWord(
  word: string,
  before: string,
  next: Following,
  { language, small }: Context,
): Verdict {
  const lower = word.toLowerCase();
  const starts = next.case === 'upper' && STARTERS.has(next.word) && !next.initial;
  // Spaced abbreviations: z. B., d. h., и т. д.
  if (/^\p{Ll}$/u.test(word) && next.initial) return 'hide';
  if (/^[ap]\.m$/.test(lower)) {
    return next.case === 'upper' && !AFTER_TIME.has(next.word) ? 'leave' : 'hide';
  }
  if (CLOSING.has(lower)) return next.case === 'upper' ? 'leave' : 'hide';
  if (BEFORE_NUMBERS.has(lower) && next.case === 'digit') return 'hide';
  if (LEADING.has(lower) || EITHER.has(lower) || isAcronym(word) || isInitial(word))
    return starts ? 'leave' : 'hide';
  // Heinrich VIII. und seine Frauen; Ludwig XIV. König
  if (/^de/.test(language) && /^[IVX]{2,6}$/.test(word)) return starts ? 'leave' : 'hide';
  if (/^\d{1,3}$/.test(word)) {
    if (next.case === 'digit') return 'hide';
    if (/^(de|$)/.test(language)) {
      if (AFTER_ORDINAL.has(next.word)) return 'hide';
      if (!starts && BEFORE_ORDINAL.has(before)) return 'hide';
    }
  }
  if (small && next.case === 'lower') return 'end';
  return 'leave';
}

/** U.S.A., e.V., and hyphenated initials: J.-P. */
function isAcronym(word: string): boolean {
  return /^\p{L}(?:\.-?\p{L})+$/u.test(word);
}

/** One capital letter, or one Arabic or Hebrew letter as in "د. أحمد". */
function isInitial(word: string): boolean {
  return /^(?:\p{Lu}|[\p{Script=Arabic}\p{Script=Hebrew}])$/u.test(word);
}

/** "1." or "a." at the beginning of a line or of a sentence: a number of a list. */
function isMarker(text: string, index: number, word: string, lastEnd: number): boolean {
  if (!/^(?:\d{1,3}|[a-z]|[ivxIVX]{1,4})$/.test(word)) return false;
  const start = index - word.length;
  const before = text.slice(Math.max(lastEnd, start - REACH), start);
  const fromEnd = start - REACH <= lastEnd;
  return (fromEnd && /^["'”’»)\]\s]*[([]?$/.test(before)) || /[\n:;][^\S\n]*[([]?$/.test(before);
}

/**
 * The word that ends at a stop: letters, digits, inner dots and hyphens. Abbreviations of two letters
 * are one word with or without a space in them: "u. a." like "u.a.".
 */
function wordBefore(text: string, index: number): string {
  const before = text.slice(Math.max(0, index - REACH), index);
  const word = /[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}.º-]*[\p{L}\p{M}\p{N}º])?$/u.exec(before)?.[0];
  if (word === undefined) return '';
  if (word.length > 1) return word;
  // "21 °C." is no initial.
  if (/[^\s([{"'“‘«„.-]\p{L}$/u.test(before)) return before.slice(-2);
  const first = /(?:^|[\s(])(\p{Ll}\.)\s\p{L}$/u.exec(before)?.[1];
  return (first ?? '') + word;
}

const FOLLOWING = /^["'”’»)\]}]*[^\S\n]+["'“‘«„([{¿¡—–-]*([\p{L}\p{N}'’]*)(\.?)/u;

function following(text: string, after: number): Following {
  const found = FOLLOWING.exec(text.slice(after, after + 2 * REACH));
  const word = (found?.[1] ?? '').replaceAll('’', "'");
  const first = /^'*(.)/u.exec(word)?.[1] ?? '';
  return {
    spaced: Boolean(found),
    word: word.toLowerCase(),
    initial: /^\p{L}$/u.test(word) && found?.[2] === '.',
    case: /[\p{Lu}\p{Lt}]/u.test(first)
      ? 'upper'
      : /\p{Ll}/u.test(first)
        ? 'lower'
        : /\p{Nd}/u.test(first)
          ? 'digit'
          : 'other',
  };
}
