import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { LipwireError, throwIfCancelled } from '../contract';
import { hashFile } from '../files/hash-file';

/** Most files whose hash is remembered, and most that are read at once. */
const REMEMBERED = 5000;
const AT_ONCE = 2;

export interface FileHash {
  /** Device, inode, size and times: what changes when the content does. */
  signature: string;
  sha256: string;
}

/** SHA-256 of files, cached until size, times or inode change. */
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
    while (this.#reading >= AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#reading += 1;
    try {
      throwIfCancelled(signal);
      // Another run may have read the same file while this one waited.
      const other = this.#recall(file, signature);
      if (other) return other;
      const hash = { signature, sha256: await hashFile(file, { signal }) };
      this.#known.set(file, hash);
      return hash;
    } catch (error) {
      throwIfCancelled(signal);
      throw error instanceof LipwireError ? error : unreadable(file, error);
    } finally {
      this.#reading -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Adds a hash that the worker has computed. */
  async seed(file: string, sha256: string): Promise<void> {
    this.#known.set(file, { signature: signatureOf(await ordinaryFile(file)), sha256 });
  }

  #recall(file: string, signature: string): FileHash | undefined {
    const known = this.#known.get(file);
    return known?.signature === signature ? known : undefined;
  }
}

/** Whether a file's content is still what was hashed; the workspace itself changes times of files. */
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

/** Quotes a path that holds control characters. */
function shown(file: string): string {
  return /\p{Cc}/u.test(file) || file.trim() === '' ? JSON.stringify(file) : file;
}
