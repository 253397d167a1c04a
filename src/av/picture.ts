/**
 * Reads picture files as 8-bit sRGB: rotated by their EXIF data, the first frame of an animation,
 * transparency over light grey, 16 bit, grey, CMYK and colour profiles converted.
 */
import { channel } from 'node:diagnostics_channel';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type * as SharpModule from 'sharp';
import type { Sharp as Pipeline } from 'sharp';
import { cancelled, inputError, LIMITS, LipwireError, throwIfCancelled } from '../contract';
import { sniff, sniffExtension } from './sniff';

/** An upright 8-bit RGB picture, rows from the top. */
export interface Picture {
  width: number;
  height: number;
  /** width × height × 3 bytes */
  data: Uint8Array;
  /** Whether more pictures follow in the file, of which this is the first: an animation, pages. */
  isFirst?: boolean;
}

/** Shown through transparent parts: neutral behind a cut-out portrait. */
export const BACKDROP = { r: 200, g: 200, b: 200 } as const;

/** Vector pictures are drawn with at least this long side. */
const LEAST_VECTOR_SIDE = 1024;
/** The density at which one SVG unit is one pixel, and the highest that the decoder takes. */
const UNIT_DENSITY = 72;
const MOST_DENSITY = 100_000;
/** Seconds after which decoding is given up. */
const DECODE_SECONDS = 60;

/**
 * @param file path of a JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG file
 * @throws E_PATH when it cannot be read, E_INPUT when it is not a whole picture of such a kind or
 *   too large, E_NATIVE when the decoder does not load, E_CANCELLED
 */
export async function readPicture(file: string, signal?: AbortSignal): Promise<Picture> {
  const bytes = await readBytes(file);
  if (signal) throwIfCancelled(signal);
  const sharp = await loadDecoder();
  try {
    return await within(decode(sharp, bytes, path.basename(file)), DECODE_SECONDS, signal);
  } catch (cause) {
    throw cause instanceof LipwireError ? cause : explain(file, bytes, cause);
  }
}

/** Read whole: the decoder would cache files by path and follow references. */
async function readBytes(file: string): Promise<Buffer> {
  const name = path.basename(file);
  try {
    const found = await stat(file);
    if (!found.isFile()) {
      throw inputError('the portrait', 'a picture file', name, 'it is not a file');
    }
    if (found.size > LIMITS.bufferBytes) {
      const most = `at most ${LIMITS.bufferBytes / 2 ** 20} MiB`;
      throw inputError('the portrait', `a picture of ${most}`, name);
    }
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof LipwireError) throw cause;
    const reason = (cause as Error).message;
    const message = `Expected a readable picture file for the portrait but ${reason}.`;
    throw new LipwireError('E_PATH', message, { cause });
  }
}

async function decode(sharp: Sharp, bytes: Buffer, name: string): Promise<Picture> {
  const isSequence = isAvifSequence(bytes);
  const { pipeline, hasMore } = await open(sharp, isSequence ? asStill(bytes) : bytes, name);
  const isFirst = isSequence || hasMore;
  const { data, info } = await pipeline
    .autoOrient()
    .toColourspace('srgb')
    .flatten({ background: BACKDROP })
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels === 3) {
    return { width: info.width, height: info.height, data, ...(isFirst && { isFirst }) };
  }
  throw new Error(`the decoder gave ${info.channels} channels`);
}

async function open(
  sharp: Sharp,
  bytes: Buffer,
  name: string,
): Promise<{ pipeline: Pipeline; hasMore: boolean }> {
  const options = { limitInputPixels: LIMITS.pixels, failOn: 'error', pages: 1 } as const;
  // Reads the header alone, which says how large the picture is.
  const head = await sharp(bytes, { ...options, limitInputPixels: false }).metadata();
  const { format, width, height, pages = 1 } = head;
  if (width * height > LIMITS.pixels) throw tooLarge(name, width, height);
  const hasMore = pages > 1 || isAnimatedPng(bytes);
  const side = Math.max(width, height);
  if (format !== 'svg' || side >= LEAST_VECTOR_SIDE) {
    return { pipeline: sharp(bytes, options).timeout({ seconds: DECODE_SECONDS }), hasMore };
  }
  // Densities are whole: the long side may come out a few pixels longer.
  const density = Math.min(MOST_DENSITY, Math.ceil((UNIT_DENSITY * LEAST_VECTOR_SIDE) / side));
  const drawn = sharp(bytes, { ...options, density }).timeout({ seconds: DECODE_SECONDS });
  return { pipeline: drawn, hasMore };
}

const BRAND = 8;

function isAvifSequence(bytes: Buffer): boolean {
  return bytes.toString('latin1', BRAND - 4, BRAND + 4) === 'ftypavis';
}

/** An AVIF sequence under the brand of a still: the decoder refuses the other, but reads its first picture. */
function asStill(bytes: Buffer): Buffer {
  const still = Buffer.from(bytes);
  still.write('avif', BRAND, 'latin1');
  return still;
}

/** Of an animated PNG the decoder sees the first picture only. */
function isAnimatedPng(bytes: Buffer): boolean {
  const control = bytes.indexOf('acTL', 0, 'latin1');
  return sniffExtension(bytes) === 'png' && control > 0 && control < bytes.indexOf('IDAT');
}

function tooLarge(name: string, width: number, height: number): LipwireError {
  const [most, all] = [LIMITS.pixels, width * height].map((pixels) => +(pixels / 1e6).toFixed(1));
  return new LipwireError(
    'E_INPUT',
    `Expected a picture of at most ${most} million pixels but ${name} has ${all} million ` +
      `(${width}×${height}); scale it down, or raise "Largest picture" in the lipwire studio node ` +
      '(on the command line: --max-pixels).',
  );
}

const KINDS = 'a JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG picture';

function explain(file: string, bytes: Buffer, cause: unknown): LipwireError {
  const name = path.basename(file);
  const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
  if (cause instanceof TimeOver || /^timeout/.test(reason)) {
    const message =
      `Expected a picture that can be drawn within ${DECODE_SECONDS} seconds for the portrait but ` +
      `${name} takes longer; save it as PNG or simplify it.`;
    return new LipwireError('E_INPUT', message, { cause });
  }
  const say = (sentence: string) => new LipwireError('E_INPUT', sentence, { cause });
  const expected = `Expected ${KINDS} for the portrait`;
  switch (sniff(bytes)) {
    case 'empty':
      return say(`${expected} but ${name} is empty.`);
    case 'heic':
      return say(`${expected} but ${name} is HEIC, which cannot be read here; save it as JPEG.`);
    case 'video':
      return say(`${expected} but ${name} is a video that cannot be read as one; it is damaged.`);
    case 'sound':
      return say(`${expected} but ${name} is a sound.`);
    case 'pdf':
      return say(`${expected} but ${name} is a PDF document; save its page as PNG.`);
    case 'other':
  }
  if (/unsupported image format/i.test(reason)) {
    return say(
      `${expected} but ${name} is none of these; use another file, or save it as one of them.`,
    );
  }
  return say(`${expected} but ${name} is damaged or cut off (${reason}); get it again.`);
}

export type Sharp = typeof SharpModule.default;

let loaded: Promise<Sharp> | undefined;

/** @throws E_NATIVE with the reason and what to do, when the native library does not load */
export function loadDecoder(): Promise<Sharp> {
  loaded ??= importDecoder(async () => (await import('sharp')).default).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

export async function importDecoder(load: () => Promise<Sharp>): Promise<Sharp> {
  try {
    return await load();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new LipwireError(
      'E_NATIVE',
      `Expected sharp, which reads pictures, to load on ${process.platform}-${process.arch} but it ` +
        `did not (${message.split('\n')[0]}); run "npm install --include=optional sharp" ` +
        'in the folder where Lipwire is installed.',
      { cause },
    );
  }
}

/** The time limit of {@link within} was reached. */
export class TimeOver extends Error {}

/**
 * The result of `work`, which goes on unobserved after a time-out or cancellation.
 * @throws {@link TimeOver}, E_CANCELLED, or what the work throws
 */
export function within<T>(work: Promise<T>, seconds: number, signal?: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = (reason: Error) => {
      leaveWork(work);
      settle(() => reject(reason));
    };
    const timer = setTimeout(() => leave(new TimeOver()), seconds * 1000);
    const onAbort = () => {
      const { reason } = signal as AbortSignal;
      leave(reason instanceof LipwireError ? reason : cancelled());
    };
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error as Error)),
    );
  });
}

/** Diagnostics channel: 1 when abandoned work still runs after {@link PATIENCE}, −1 when it ends. */
export const LEFT_WORK = 'lipwire:left-work';

/** Milliseconds in which most abandoned work ends. */
const PATIENCE = 5000;

const news = channel(LEFT_WORK);

/**
 * Reports abandoned work that cannot be stopped: it occupies a thread of libuv's pool, which the
 * process needs for files too.
 */
export function leaveWork(work: Promise<unknown>, patience = PATIENCE): void {
  let isTold = false;
  const timer = setTimeout(() => {
    isTold = true;
    news.publish(1);
  }, patience);
  timer.unref();
  const over = (): void => {
    clearTimeout(timer);
    if (isTold) news.publish(-1);
  };
  work.then(over, over);
}
