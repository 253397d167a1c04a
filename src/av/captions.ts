/** WebVTT captions (W3C WebVTT) from the texts of the clips. */
import { readFile, stat } from 'node:fs/promises';
import { inputError, toLipwireError } from '../contract';
import { columns, wrap } from './wrap';

/** Two lines of 42 characters, as broadcasters' guidelines have it. */
const LINES = 2;
const COLUMNS = 42;

export interface Caption {
  /** Seconds. */
  start: number;
  end: number;
  lines: string[];
}

/**
 * Splits a text that is spoken from `start` to `end` into captions of at most two lines. Each is
 * shown for a share of the time that its length has of the text's.
 */
export function captionsOf(text: string, start: number, end: number): Caption[] {
  const lines = wrap(oneLine(text), COLUMNS);
  const total = lines.reduce((sum, line) => sum + columns(line), 0);
  const captions: Caption[] = [];
  let before = 0;
  for (let first = 0; first < lines.length; first += LINES) {
    const shown = lines.slice(first, first + LINES);
    const after = before + shown.reduce((sum, line) => sum + columns(line), 0);
    const at = (share: number): number => start + ((end - start) * share) / total;
    captions.push({ start: at(before), end: at(after), lines: shown });
    before = after;
  }
  return captions;
}

/** A WebVTT file. */
export function webVtt(captions: readonly Caption[]): string {
  const cues = captions.map(({ start, end, lines }) =>
    [`${stamp(start)} --> ${stamp(end)}`, ...lines.map(escapeText)].join('\n'),
  );
  return `${['WEBVTT', ...cues].join('\n\n')}\n`;
}

/** Hours of captions have some hundred kilobytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Checks that a file begins as WebVTT does (W3C WebVTT, section 4.1). Captions are published as they
 * are: without this, whoever may set a message's properties could have any file published.
 * @throws E_INPUT, E_PATH
 */
export async function checkCaptions(file: string): Promise<void> {
  const bytes = await stat(file)
    .then(({ size }) => (size <= MOST_BYTES ? readFile(file) : Buffer.alloc(0)))
    .catch((error: unknown) => {
      throw toLipwireError(error);
    });
  if (/^\ufeff?WEBVTT(?:[ \t\r\n]|$)/.test(bytes.toString('utf8'))) return;
  throw inputError('the captions', 'a WebVTT file of at most 16 MiB', file);
}

/** Also breaks `-->`, which would start a new cue. */
function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** `hh:mm:ss.ttt` */
function stamp(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const part = (divisor: number, modulus: number, digits: number): string =>
    String(Math.floor(milliseconds / divisor) % modulus).padStart(digits, '0');
  return `${part(3_600_000, 1e6, 2)}:${part(60_000, 60, 2)}:${part(1000, 60, 2)}.${part(1, 1000, 3)}`;
}

/** Without control characters and runs of white space. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\ufffd')
    .trim();
}
