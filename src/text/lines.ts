/** Paragraphs and lines of a text, as spans of it. */

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
    if (last && goesOn(text, last, line)) last.end = line.end;
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
