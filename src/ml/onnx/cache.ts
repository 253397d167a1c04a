/** Converted networks, and what belongs to them, as files in the models folder. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { makeFolder } from '../../files/make-folder';
import { writeWhole } from '../../files/write-file';
import { MessageWriter } from './writer';

export interface CacheOptions {
  /** Where converted networks are kept. */
  modelsFolder: string;
  /** Called before work that takes a moment, with what it is. */
  onPreparing?: (what: string) => void;
}

/** A file's content; undefined where it is absent or unreadable: it is made again then. */
export async function readCached(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch(() => undefined);
}

/** {@link readCached} of a sealed file; undefined also where it is damaged. */
export async function readSealed(file: string): Promise<Buffer | undefined> {
  const bytes = await readCached(file);
  return bytes && isIntact(bytes) ? bytes : undefined;
}

/** Writes a file in one step. @throws E_PATH or E_DISK when the folder cannot be written */
export async function writeCached(file: string, bytes: Buffer): Promise<void> {
  const folder = path.dirname(file);
  try {
    await makeFolder(folder);
    await writeWhole(file, bytes);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new LipwireError(
      isFull ? 'E_DISK' : 'E_PATH',
      `Expected to write a converted network into the models folder ${folder} but could not ` +
        `(${message}); ${isFull ? 'free some space or ' : ''}choose another models folder.`,
      { cause },
    );
  }
}

/**
 * Appends the SHA-256 of the file's content as an ONNX metadata entry: a damaged or cut file is
 * noticed, and the file is still a normal ONNX file.
 */
export function seal(model: Uint8Array): Buffer {
  return Buffer.concat([model, sealOf(model)]);
}

/** Whether a file is as {@link seal} made it. */
export function isIntact(sealed: Uint8Array): boolean {
  const end = sealed.length - SEAL_LENGTH;
  return end > 0 && sealOf(sealed.subarray(0, end)).equals(sealed.subarray(end));
}

const SEAL_LENGTH = sealOf(Buffer.alloc(0)).length;

/** Field 14 of ModelProto, metadata_props: an entry of key (field 1) and value (field 2). */
function sealOf(model: Uint8Array): Buffer {
  const sha256 = createHash('sha256').update(model).digest('hex');
  const entry = new MessageWriter().string(1, 'lipwire.sha256').string(2, sha256);
  return new MessageWriter().message(14, entry).finish();
}
