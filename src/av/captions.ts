/** WebVTT captions (W3C WebVTT) from the texts of the clips. */
import { readFile, stat } from 'node:fs/promises';
import { inputError, toLipwireError } from '../contract';

/** Two lines of 42 characters, as broadcasters' guidelines have it. */
const LINES = 2;
const COLUMNS = 42;

interface Caption {
  /** Seconds. */
  start: number;
  end: number;
  lines: string[];
}

/**
 * Splits a text spoken from `start` to `end` into captions of at most two lines, each shown in
 * proportion to its length.
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

/** Hours of captions take some hundred kilobytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Checks that a file begins as WebVTT (W3C WebVTT, section 4.1). Captions are published unchanged:
 * without this check, a message could have any file published.
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

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** User-perceived characters: emoji and accents stay whole. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** Width of a text in columns; ideographs and emoji take two. */
export function columns(text: string): number {
  return graphemes(text).reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);
}

/**
 * Breaks a line at spaces, and words that are too long (and scripts without spaces) between letters.
 * @param width most columns of a line
 */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter(Boolean)) {
    if (line !== '' && columns(`${line} ${word}`) <= width) {
      line = `${line} ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = breakWord(word, width);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  return line === '' ? lines : [...lines, line];
}

function breakWord(word: string, width: number): string[] {
  if (columns(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const letter of graphemes(word)) {
    if (piece !== '' && columns(piece + letter) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += letter;
  }
  return [...pieces, piece];
}

/** ISO 639-1 to ISO 639-2/T, which MP4 uses. */
const THREE_LETTERS: Record<string, string> = Object.fromEntries(
  (
    'af afr am amh ar ara as asm az aze be bel bg bul bn ben bs bos ca cat cs ces cy cym da dan ' +
    'de deu el ell en eng eo epo es spa et est eu eus fa fas fi fin fr fra ga gle gd gla gl glg ' +
    'gu guj he heb hi hin hr hrv hu hun hy hye id ind is isl it ita ja jpn ka kat kk kaz km khm ' +
    'kn kan ko kor ky kir la lat lb ltz lo lao lt lit lv lav mi mri mk mkd ml mal mn mon mr mar ' +
    'ms msa mt mlt my mya nb nob ne nep nl nld nn nno no nor or ori pa pan pl pol ps pus pt por ' +
    'ro ron ru rus sd snd si sin sk slk sl slv so som sq sqi sr srp sv swe sw swa ta tam te tel ' +
    'tg tgk th tha tk tuk tl tgl tr tur tt tat ug uig uk ukr ur urd uz uzb vi vie yi yid yo yor ' +
    'zh zho zu zul'
  )
    .split(' ')
    .reduce<[string, string][]>((pairs, code, index, codes) => {
      if (index % 2 === 0) pairs.push([code, codes[index + 1]]);
      return pairs;
    }, []),
);

/** The ISO 639-2/T code of a BCP 47 tag: `en-GB` → `eng`; `und` where unknown. */
export function iso639(language: string | undefined): string {
  const primary = language?.split(/[-_]/)[0]?.toLowerCase() ?? '';
  if (/^[a-z]{3}$/.test(primary)) return primary;
  return Object.hasOwn(THREE_LETTERS, primary) ? THREE_LETTERS[primary] : 'und';
}
