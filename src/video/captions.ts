/** WebVTT captions (W3C WebVTT) from the texts of the clips. */
import { columns, wrap } from './wrap';
import { oneLine } from './chapters';

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
