/** Portraits that come from a browser, kept in a folder of the user's own under safe names. */
import {
  LipwireError,
  inputError,
  INPUT_LIMITS,
  throwIfCancelled,
  toLipwireError,
} from '../contract';
import { pictureSize, sniffExtension } from '../av/sniff';
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const PICTURES = ['jpg', 'png', 'webp', 'avif', 'gif', 'tiff', 'svg'];
const VIDEOS = ['mp4', 'mov', 'webm', 'mkv', 'avi'];
const LONGEST_NAME = 60;
/** Names that Windows keeps for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * @param head the first bytes, at least 1024 of a file that has so many
 * @throws E_INPUT for what is neither a picture nor a video
 */
function portraitExtension(head: Uint8Array): string {
  const found = sniffExtension(head);
  if (found && (PICTURES.includes(found) || VIDEOS.includes(found))) return found;
  throw new LipwireError(
    'E_INPUT',
    'Expected a JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG picture, or a video, as the portrait but ' +
      (found ? `the file is of the kind ${found}` : 'the file is of no kind that is known') +
      '; save it as PNG or MP4.',
  );
}

/** A file's name without folder and ending: lower case, letters, digits and `-` only. */
export function portraitName(fileName: string): string {
  const last = fileName.split(/[\\/]/).pop() as string;
  const plain = last
    .replace(/\.[^.]*$/, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_NAME)
    .replace(/^-+|-+$/g, '');
  if (plain === '') return 'portrait';
  return DEVICE.test(plain) ? `portrait-${plain}` : plain;
}

/** Largest upload, in bytes. */
export const UPLOAD_BYTES = 100 * 1024 * 1024;

/** Bytes that tell a file's format, and a picture's size. */
const HEAD_BYTES = 1024;
const HEADER_BYTES = 1024 * 1024;
/** Names of unfinished uploads; none takes a day. */
const UNFINISHED = /^\.upload-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DAY = 24 * 3600 * 1000;

export interface Upload {
  content: AsyncIterable<Uint8Array>;
  /** As the browser calls it; only letters and digits are used. */
  fileName: string;
  /** Content-Length. */
  bytes?: number;
  /** Replaces a file of the same name. */
  replace?: boolean;
  signal?: AbortSignal;
}

/**
 * Writes an upload into a folder, which is made where it is missing; whole or not at all.
 * @returns the file's name; `isThere`: the name is taken, nothing was written
 * @throws E_INPUT for what is neither a picture nor a video, is empty or too large; E_PATH, E_DISK,
 *   E_CANCELLED
 */
export async function keepPortrait(
  folder: string,
  upload: Upload,
): Promise<{ name: string; isThere: boolean }> {
  expectSize(upload.bytes ?? 1);
  const temporary = path.join(folder, `.upload-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await deleteLeftOvers(folder);
    const head = await write(temporary, upload);
    await expectPixels(temporary);
    const name = `${portraitName(upload.fileName)}.${portraitExtension(head)}`;
    const target = path.join(folder, name);
    if (!upload.replace) {
      // Reserves the name in one step; a link takes it as well.
      const isFree = await writeFile(target, '', { flag: 'wx', mode: 0o600 }).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false;
          throw error;
        },
      );
      if (!isFree) return { name, isThere: true };
    }
    await rename(temporary, target).catch(async (error: unknown) => {
      if (!upload.replace) await rm(target, { force: true });
      throw error;
    });
    return { name, isThere: false };
  } catch (error) {
    throw toLipwireError(error);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Deletes uploads that a crash left; nothing else cleans the user's folder. */
async function deleteLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!UNFINISHED.test(name)) continue;
    const file = path.join(folder, name);
    const found = await lstat(file).catch(() => undefined);
    if (found?.isFile() && Date.now() - found.mtimeMs > DAY) await rm(file, { force: true });
  }
}

/** @returns the first bytes */
async function write(file: string, { content, signal }: Upload): Promise<Uint8Array> {
  let head = Buffer.alloc(0);
  let written = 0;
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of content) {
      if (signal) throwIfCancelled(signal);
      written += chunk.byteLength;
      expectSize(written);
      if (head.length < HEAD_BYTES) {
        head = Buffer.concat([head, chunk]).subarray(0, HEAD_BYTES);
        // Refused before 100 MiB have been written.
        if (head.length === HEAD_BYTES) portraitExtension(head);
      }
      await handle.write(chunk);
    }
  } finally {
    await handle.close();
  }
  if (signal) throwIfCancelled(signal);
  expectSize(written);
  return head;
}

/** @throws E_INPUT for a picture with more pixels than any stage takes */
async function expectPixels(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES);
    const size = pictureSize(buffer.subarray(0, bytesRead));
    if (!size || size.width * size.height <= INPUT_LIMITS.pixels) return;
    const most = `a picture of at most ${INPUT_LIMITS.pixels / 1e6} million pixels`;
    const remedy = 'scale it down, or raise "Largest picture" in the lipwire studio node';
    throw inputError('the upload', most, `${size.width}×${size.height}`, remedy);
  } finally {
    await handle.close();
  }
}

function expectSize(bytes: number): void {
  if (bytes > 0 && bytes <= UPLOAD_BYTES) return;
  const most = `1 byte to ${UPLOAD_BYTES / 1024 / 1024} MiB`;
  throw inputError('the upload', most, `${bytes} bytes`, 'scale it down');
}
