/** The models folder and what the store keeps in it beside the models. */
import { lstat, realpath, open, readFile, rm, stat, utimes, statfs } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError, throwIfCancelled, toLipwireError } from '../../contract';
import { makeFolder } from '../../files/make-folder';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { hostname } from 'node:os';

export interface StoreFolders {
  /** Models lie here, by their file names. */
  readonly models: string;
  /** What is known of files: their SHA-256, and whether the store put them there. */
  readonly receipts: string;
  /** Downloads and copies in progress; on the same file system, so that they can be renamed. */
  readonly partial: string;
  readonly locks: string;
}

const CONTROL = '.lipwire';

/** Where things are, whether or not they are there. */
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
 * Makes the folders for writing. The models folder itself may be a link, what is in it may not:
 * else somebody could have the store write and delete elsewhere.
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

/** A holder shows every so many milliseconds that it is there. */
const HEARTBEAT = 10_000;
/** Without a sign for so long it counts as gone. */
const GONE = 60_000;

interface Holder {
  token: string;
  pid: number;
  host: string;
}

/** Locks that this process holds: after a restart in a container its old number is its own again. */
const held = new Set<string>();

/**
 * Does work that only one process at a time may do.
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
  const beat = setInterval(() => void showPresence(file, token, what, lost), HEARTBEAT);
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
 * Takes the lock of a process that is gone. Only one may look and take at a time: else a second one
 * could take away the lock that the first one has just made.
 */
async function takeOver(file: string, holder: Holder): Promise<boolean> {
  const door = `${file}.taking`;
  if (!(await take(door, holder))) {
    // Somebody is at it; or was, and crashed within these few milliseconds.
    if ((await ageOf(door)) > GONE) await rm(door, { force: true });
    return false;
  }
  try {
    const other = await readHolder(file);
    if ((await ageOf(file)) < GONE && !(other && isGone(other))) return false;
    await rm(file, { force: true });
    return await take(file, holder);
  } finally {
    await rm(door, { force: true });
  }
}

/** Milliseconds since a holder last showed that it is there. */
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

async function showPresence(
  file: string,
  token: string,
  what: string,
  lost: AbortController,
): Promise<void> {
  const now = new Date();
  // After a long sleep of the machine another process may have taken over.
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

export interface HashOptions {
  signal?: AbortSignal;
  /** Bytes of this file read so far, and since the last call. */
  onBytes?: (done: number, more: number) => void;
}

/** Small enough that hashing one does not hold up Node-RED's thread, where this runs too. */
export const CHUNK = 256 * 1024;

/** SHA-256 of a file in hex, read in a stream. @throws E_CANCELLED and what reading throws */
export async function sha256Of(file: string, options: HashOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
    if (options.signal) throwIfCancelled(options.signal);
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    options.onBytes?.(done, (chunk as Buffer).length);
  }
  return hash.digest('hex');
}
