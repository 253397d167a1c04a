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
