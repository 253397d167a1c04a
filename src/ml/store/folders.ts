/** The models folder: its subfolders, locks and free space. */
import { randomUUID } from 'node:crypto';
import { lstat, open, readFile, realpath, rm, stat, statfs, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { LipwireError, toLipwireError } from '../../contract';
import { makeFolder } from '../../files/make-folder';

export interface StoreFolders {
  readonly models: string;
  /** Per model file: its SHA-256, and whether the store put it there. */
  readonly receipts: string;
  /** Downloads and copies in progress, on the same file system for renaming. */
  readonly partial: string;
  readonly locks: string;
}

const CONTROL = '.lipwire';

/** The paths; nothing is made. */
export function storeFolders(models: string): StoreFolders {
  const control = path.join(models, CONTROL);
  return {
    models,
    receipts: path.join(control, 'receipts'),
    partial: path.join(control, 'partial'),
    locks: path.join(control, 'locks'),
  };
}

/**
 * Makes the folders. The models folder may be a link; a link inside it could lead writing and
 * deleting elsewhere, and is refused.
 * @throws E_PATH when it cannot be written to; E_DISK
 */
export async function openForWriting(models: string): Promise<StoreFolders> {
  try {
    await makeFolder(models);
    const folders = storeFolders(await realpath(models));
    const control = path.dirname(folders.receipts);
    for (const folder of [control, folders.receipts, folders.partial, folders.locks]) {
      await makeFolder(folder);
      if (!(await lstat(folder)).isDirectory()) throw new Error(`${folder} is a link`);
    }
    return folders;
  } catch (cause) {
    const failure = toLipwireError(cause);
    if (failure.code === 'E_DISK') throw failure;
    throw new LipwireError(
      'E_PATH',
      `Expected a models folder to write to but ${models} is none (${(cause as Error).message}); ` +
        'choose another models folder in the studio, or with LIPWIRE_MODELS.',
      { cause },
    );
  }
}

/** Milliseconds between updates of a held lock's mtime. */
const HEARTBEAT = 10_000;
/** Milliseconds without an update after which a lock is stale. */
const GONE = 60_000;

interface Holder {
  token: string;
  pid: number;
  host: string;
}

/** Locks of this process: after a restart in a container it may have its old process id again. */
const held = new Set<string>();

/**
 * Runs `work` while holding a lock file, in one process at a time.
 * @param what for the error: "<what> is being written by another process"
 * @throws E_BUSY when another one does it; and what the work throws
 */
export async function withLock<T>(
  file: string,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const token = randomUUID();
  const holder: Holder = { token, pid: process.pid, host: hostname() };
  held.add(token);
  try {
    if (!(await take(file, holder)) && !(await takeOver(file, holder))) throw busy(what);
    return await whileHeld(file, token, what, work);
  } finally {
    held.delete(token);
  }
}

async function whileHeld<T>(
  file: string,
  token: string,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const beat = setInterval(() => void refresh(file, token, what, lost), HEARTBEAT);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(beat);
    if ((await readHolder(file))?.token === token) await rm(file, { force: true });
  }
}

async function take(file: string, holder: Holder): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify(holder)).finally(() => handle.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Takes over a stale lock, under a second lock: otherwise two processes could both find it stale, and
 * one remove the lock that the other has just made.
 */
async function takeOver(file: string, holder: Holder): Promise<boolean> {
  const guard = `${file}.taking`;
  if (!(await take(guard, holder))) {
    // Another process is taking it over, or crashed while it did.
    if ((await ageOf(guard)) > GONE) await rm(guard, { force: true });
    return false;
  }
  try {
    const other = await readHolder(file);
    if ((await ageOf(file)) < GONE && !(other && isGone(other))) return false;
    await rm(file, { force: true });
    return await take(file, holder);
  } finally {
    await rm(guard, { force: true });
  }
}

/** Milliseconds since a lock was last updated; 0 where it is gone. */
async function ageOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

function isGone({ token, pid, host }: Holder): boolean {
  if (host !== hostname()) return false;
  if (pid === process.pid) return !held.has(token);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function refresh(
  file: string,
  token: string,
  what: string,
  lost: AbortController,
): Promise<void> {
  const now = new Date();
  // Another process may have taken over while this machine was suspended.
  if ((await readHolder(file))?.token !== token) lost.abort(busy(what));
  else await utimes(file, now, now).catch(() => undefined);
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function busy(what: string): LipwireError {
  return new LipwireError(
    'E_BUSY',
    `Expected to be the only one who works on ${what} but another download or copy of it is under way; wait until it has ended.`,
  );
}

/** Bytes that this user may still write in a folder; replaced by tests. */
export type FreeBytes = (folder: string) => Promise<number>;

/** Bytes left free for other programs. */
const MARGIN = 64 * 1024 * 1024;

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws E_DISK when `bytes` do not fit */
export async function expectSpace(folder: string, bytes: number, free: FreeBytes): Promise<void> {
  // Unknown on some network file systems; there, writing fails.
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
