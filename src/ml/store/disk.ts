import { statfs } from 'node:fs/promises';
import { LipwireError } from '../../contract';

/** Bytes that this user may still write in a folder; tests put another one in its place. */
export type FreeBytes = (folder: string) => Promise<number>;

/** Left free for everybody else. */
const MARGIN = 64 * 1024 * 1024;

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws E_DISK when so many bytes do not fit */
export async function expectSpace(folder: string, bytes: number, free: FreeBytes): Promise<void> {
  // Some network file systems do not tell; there, writing says it.
  const there = await free(folder).catch(() => Infinity);
  if (there >= bytes + MARGIN) return;
  throw new LipwireError(
    'E_DISK',
    `Expected ${mebibytes(bytes + MARGIN)} free for a model in ${folder} but there are ` +
      `${mebibytes(there)}; free some space or choose another models folder.`,
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}
