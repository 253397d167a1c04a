/** Pictures that the player page and the kiosk page show behind the speaker (`msg.slides`). */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { inputError } from '../../src/contract';
import { sniffExtension } from '../../src/av/sniff';
import type { FileTaker } from '../shared/files';

/** One picture, and from when on it is shown. */
export interface Slide {
  /** Its name in the URL, beside the stream's own files. */
  name: string;
  file: string;
  /** Seconds from the beginning of the video. */
  start: number;
}

export function isSlideName(name: string): boolean {
  return /^slide-\d+\./.test(name);
}

/** Formats that every browser shows. */
const FORMATS = ['jpg', 'png', 'webp', 'gif', 'avif', 'svg'];
const MOST_SLIDES = 500;
const MOST_BYTES = 20 * 1024 * 1024;

/**
 * Reads `msg.slides`: one picture, or an array of them in the order of the video's chapters; each is
 * a path, a Buffer, `{picture, start}` with seconds, or empty, which leaves the one before.
 * @param chapters when each of the video's segments begins, in seconds
 * @throws E_INPUT, E_PATH
 */
export async function takeSlides(
  value: unknown,
  chapters: readonly { start: number }[],
  files: FileTaker,
): Promise<Slide[]> {
  if (isEmpty(value)) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > MOST_SLIDES) {
    throw inputError('msg.slides', `at most ${MOST_SLIDES} pictures`, `${list.length} of them`);
  }
  const slides: Slide[] = [];
  for (const [index, entry] of list.entries()) {
    const field = Array.isArray(value) ? `msg.slides[${index}]` : 'msg.slides';
    const { picture, start } = isPlaced(entry) ? entry : { picture: entry, start: undefined };
    if (isEmpty(picture)) continue;
    const { file, format } = await keptPicture(picture, field, files);
    slides.push({
      name: `slide-${index + 1}.${format}`,
      file,
      start: startOf(start, chapters[index]?.start ?? (index === 0 ? 0 : undefined), field),
    });
  }
  return slides.sort((a, b) => a.start - b.start);
}

/** The same for the same pictures at the same times; empty without slides. */
export function slidesKey(slides: readonly Slide[]): string {
  if (slides.length === 0) return '';
  const facts = slides.map(({ name, file, start }) => [name, file, start]);
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isPlaced(value: unknown): value is { picture: unknown; start?: unknown } {
  return typeof value === 'object' && value !== null && 'picture' in value;
}

/** A picture as it is now: files that are published must not change, or be replaced, afterwards. */
async function keptPicture(
  value: unknown,
  field: string,
  files: FileTaker,
): Promise<{ file: string; format: string }> {
  const bytes = Buffer.isBuffer(value) ? value : await readPicture(value, field, files);
  const format = sniffExtension(bytes);
  if (!format || !FORMATS.includes(format)) {
    throw inputError(field, `a picture (${FORMATS.join(', ')})`, format ?? 'another format');
  }
  return { file: await files.keep(bytes, field), format };
}

async function readPicture(value: unknown, field: string, files: FileTaker): Promise<Buffer> {
  if (typeof value !== 'string') {
    throw inputError(field, 'the path of a picture, or a Buffer with one', value);
  }
  const file = await files.path(value, field);
  const { size } = await stat(file);
  if (size > MOST_BYTES) throw inputError(field, 'a picture of at most 20 MiB', `${size} bytes`);
  return readFile(file);
}

function startOf(given: unknown, chapter: number | undefined, field: string): number {
  if (isEmpty(given) && chapter !== undefined) return chapter;
  const seconds = typeof given === 'string' ? Number(given) : given;
  if (typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds)) return seconds;
  const remedy = 'the video has fewer segments than there are slides';
  throw inputError(`${field}.start`, 'seconds, 0 or more', given, isEmpty(given) ? remedy : '');
}
