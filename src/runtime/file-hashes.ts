import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { LipwireError, throwIfCancelled } from '../contract';
import { hashFile } from '../files/hash-file';

/** Most files whose hash is remembered, and most that are read at once. */
const REMEMBERED = 5000;
const AT_ONCE = 2;

/** The hash of a file as it was at a time. */
export interface FileHash {
  /** Device, inode, size and times: what changes when the content does. */
  signature: string;
  sha256: string;
}

/** Content hashes of files, remembered for as long as a file stays what it was. */
export class FileHashes {
  readonly #known = new LRUCache<string, FileHash>({ max: REMEMBERED });
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  /**
   * The hash of a file's content.
   * @throws E_PATH naming the file when it does not exist, cannot be read or is no ordinary file
   */
  async hash(file: string, signal: AbortSignal): Promise<FileHash> {
    const signature = signatureOf(await ordinaryFile(file));
    const known = this.#recall(file, signature);
    if (known) return known;
    await this.#turn();
    try {
      throwIfCancelled(signal);
      // Another run may have read the same file while this one waited.
      return this.#recall(file, signature) ?? (await this.#read(file, signature, signal));
    } finally {
      this.#reading -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Remembers a hash that the worker made while it had the file at hand. */
  async seed(file: string, sha256: string): Promise<void> {
    this.#known.set(file, { signature: signatureOf(await ordinaryFile(file)), sha256 });
  }

  async #read(file: string, signature: string, signal: AbortSignal): Promise<FileHash> {
    try {
      const hash = { signature, sha256: await hashFile(file, { signal }) };
      this.#known.set(file, hash);
      return hash;
    } catch (error) {
      throwIfCancelled(signal);
      throw unreadable(file, error);
    }
  }

  #recall(file: string, signature: string): FileHash | undefined {
    const known = this.#known.get(file);
    return known?.signature === signature ? known : undefined;
  }

  async #turn(): Promise<void> {
    while (this.#reading >= AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#reading += 1;
  }
}

/**
 * Whether a file is still what it was when it was hashed. One that was only touched is: the workspace
 * itself touches what is in use, and a Buffer that comes twice is kept in the same file.
 */
export async function isUnchanged(file: string, hash: FileHash): Promise<boolean> {
  try {
    const stats = await ordinaryFile(file);
    if (signatureOf(stats) === hash.signature) return true;
    return (await hashFile(file)) === hash.sha256;
  } catch {
    return false;
  }
}

async function ordinaryFile(file: string): Promise<BigIntStats> {
  const stats = await stat(file, { bigint: true }).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  // A pipe or a device would be read for ever.
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? 'a folder' : 'no ordinary file';
    throw new LipwireError('E_PATH', `Expected a file at ${shown(file)} but it is ${what}.`);
  }
  return stats;
}

function signatureOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

function unreadable(file: string, error: unknown): LipwireError {
  const code = (error as NodeJS.ErrnoException).code;
  const what =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? 'there is none; check the path'
      : code === 'EACCES' || code === 'EPERM'
        ? 'it may not be read; check its permissions'
        : `it cannot be read (${(error as Error).message})`;
  return new LipwireError('E_PATH', `Expected a file at ${shown(file)} but ${what}.`, {
    cause: error,
  });
}

/** A path in a sentence: line breaks and the like would tear it. */
function shown(file: string): string {
  return /\p{Cc}/u.test(file) || file.trim() === '' ? JSON.stringify(file) : file;
}
