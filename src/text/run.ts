import {
  type TextPayload,
  type RunOf,
  LipwireError,
  describe,
  throwIfCancelled,
} from '../contract';
import type { textSegment } from './stage';
import {
  hasWords,
  isSpeakable,
  languageOfScript,
  readsLatin,
  scriptLanguage,
} from '../phonetics/script';
import { hull, joinWordless, paragraphs, unwrap, type Span, pieces } from '../phonetics/spans';
import { readMarkup, writeMarkup, type MarkedText } from '../phonetics/markup';
import { sentences } from '../phonetics/sentences';

/**
 * Text to segments, each a text of its own. After the last segment of a paragraph comes
 * `paragraphPause`, after others `pause`; after the very last the text's own `pause`, else `pause`.
 */
export const run: RunOf<typeof textSegment> = async (input, parameters, context) => {
  const marked = readMarkup(input.text);
  const segments = await segmentText(
    marked.text,
    {
      split: parameters.split,
      maxLength: parameters.maxLength,
      language: input.language || parameters.language,
    },
    context.signal,
  );
  context.progress({ type: 'running', done: 1, total: 1, unit: 'steps' });
  const parts = segments.flatMap((segment) => cutAtBreaks(marked, segment));
  const last = parts.length - 1;
  return {
    segments: parts.map(
      ({ start, end, language, endsParagraph, breakAfter }, index): TextPayload => {
        const between = endsParagraph ? parameters.paragraphPause : parameters.pause;
        const pause = index === last ? (input.pause ?? parameters.pause) : between;
        return {
          kind: 'text',
          text: writeMarkup(marked, start, end),
          ...(language && { language }),
          ...(input.speaker !== undefined && { speaker: input.speaker }),
          ...(input.voice !== undefined && { voice: input.voice }),
          pause: breakAfter ?? pause,
        };
      },
    ),
  };
};

/** A segment in the parts between its breaks; one behind its end counts as well. */
function cutAtBreaks(
  { text, breaks }: MarkedText,
  segment: Segment,
): (Segment & { breakAfter?: number })[] {
  const parts: (Segment & { breakAfter?: number })[] = [];
  let { start } = segment;
  for (const { at, seconds } of breaks) {
    const before = text.slice(start, Math.min(at, segment.end));
    const isBehind = at >= segment.end && text.slice(segment.end, at).trim() === '';
    if (at <= start || (at > segment.end && !isBehind) || !isSpeakable(before)) continue;
    const after = text.slice(at, segment.end);
    const end = isSpeakable(after) ? start + before.trimEnd().length : segment.end;
    const isLast = !isSpeakable(after);
    parts.push({
      ...segment,
      ...{ start, end, text: text.slice(start, end), breakAfter: seconds },
      endsParagraph: isLast && segment.endsParagraph,
    });
    if (isLast) return parts;
    start = at + after.length - after.trimStart().length;
  }
  return [...parts, { ...segment, start, text: text.slice(start, segment.end) }];
}

/** A text as segments to be spoken one by one. */

export interface SegmentOptions {
  split: 'sentence' | 'line' | 'paragraph';
  /** Longest segment in graphemes. */
  maxLength: number;
  /** BCP 47; empty: by script. */
  language: string;
}

export interface Segment {
  text: string;
  /** Where it lies in the whole. */
  start: number;
  end: number;
  /** BCP 47; undefined where neither the options nor the script tell. */
  language?: string;
  /** True for the last segment of a paragraph. */
  endsParagraph: boolean;
}

/**
 * Splits a text. Each segment has something to say (signs without letters go with their neighbour)
 * and is at most `maxLength` graphemes long, wordless signs aside; the segments one after another
 * are the text, white space aside.
 * @throws E_INPUT when there is nothing in the text that can be spoken, E_CANCELLED
 */
export async function segmentText(
  text: string,
  options: SegmentOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<Segment[]> {
  if (!isSpeakable(text)) throw nothingToSay(text);
  const whole = options.language || languageOfScript(text);
  const segments: Segment[] = [];
  let pause = performance.now();
  for (const lines of paragraphsWithWords(text)) {
    const spans = split(text, lines, options, whole ?? '')
      .flatMap((span) => pieces(text, span, options.maxLength))
      .map((span) => trim(text, span));
    spans.forEach((span, index) => {
      const segment = text.slice(span.start, span.end);
      const language = options.language || languageOfSegment(segment, whole);
      segments.push({
        text: segment,
        ...span,
        ...(language && { language }),
        endsParagraph: index === spans.length - 1,
      });
    });
    // Now and then the engine must hear whether the job is cancelled.
    if (performance.now() - pause > 50) {
      await new Promise((resolve) => setImmediate(resolve));
      throwIfCancelled(signal);
      pause = performance.now();
    }
  }
  return segments;
}

function trim(text: string, { start, end }: Span): Span {
  const piece = text.slice(start, end);
  return {
    start: start + piece.length - piece.trimStart().length,
    end: start + piece.trimEnd().length,
  };
}

function split(
  text: string,
  lines: readonly Span[],
  options: SegmentOptions,
  language: string,
): Span[] {
  if (options.split === 'paragraph') return [hull(lines)];
  if (options.split === 'line') return joinWordless(text, lines);
  const parts = unwrap(text, lines).flatMap((line) => sentences(text, line, language));
  return joinWordless(text, parts);
}

/**
 * Numbers and signs alone go with the language of the text, and so does a segment in the script of
 * the text (a Japanese sentence may happen to have no kana) and one in Latin letters where the text's
 * voice reads those.
 */
function languageOfSegment(segment: string, whole: string | undefined): string | undefined {
  const own = languageOfScript(segment);
  if (own === undefined) {
    return !/\p{L}/u.test(segment) || (whole && readsLatin(whole)) ? whole : undefined;
  }
  return whole && scriptLanguage(whole) === own ? whole : own;
}

/** Paragraphs; one without a letter or digit, such as `* * *`, goes with the one before or after. */
function paragraphsWithWords(text: string): Span[][] {
  const found: Span[][] = [];
  let pending: Span[] = [];
  for (const lines of paragraphs(text)) {
    const { start, end } = hull(lines);
    const last = found.at(-1);
    if (hasWords(text.slice(start, end))) {
      found.push([...pending, ...lines]);
      pending = [];
    } else if (last) {
      last.push(...lines);
    } else {
      pending.push(...lines);
    }
  }
  return pending.length > 0 ? [pending] : found;
}

function nothingToSay(text: string): LipwireError {
  const received = text.trim() === '' ? 'an empty one' : describe(text);
  return new LipwireError(
    'E_INPUT',
    `Expected a text with something to say but received ${received}; give it letters or digits.`,
  );
}
