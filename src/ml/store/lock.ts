/** A lock file, so that two processes do not write the same model at once. */
import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { LipwireError } from '../../contract';

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
