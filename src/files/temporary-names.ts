/**
 * Names of temporary folders. They say which process works in them, so that another one can tell a
 * folder in use from one that a crash left behind.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

const NAME = /^([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{12}$/;

/** After so long a folder is left over where nothing can be said about its process. */
const DAY = 24 * 3600 * 1000;

/** Process numbers mean something on their own machine (or in their own container) only. */
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** How folders of hls-export in the system's temporary folder begin, before such a name. */
export const HLS_FOLDERS = 'lipwire-hls-';

/** A new name that belongs to this process. */
export function temporaryName(): string {
  return [host, process.pid, startOf(process.pid), randomBytes(6).toString('hex')].join('-');
}

export function isTemporaryName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Whether the process that made a temporary folder is gone.
 * @param age milliseconds since the folder was last changed
 */
export function isLeftOver(name: string, age: number): boolean {
  const [, where, pid, start] = NAME.exec(name) ?? [];
  if (where !== host) return age > DAY;
  if (!isAlive(Number(pid))) return true;
  const startNow = startOf(Number(pid));
  if (start === '0' || startNow === 0) return Number(pid) !== process.pid && age > DAY;
  // The number was given to another process since.
  return startNow !== Number(start);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in ticks since the machine did (see proc(5)); 0 where there is no /proc. */
function startOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in brackets and may hold anything.
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]) || 0;
  } catch {
    return 0;
  }
}
