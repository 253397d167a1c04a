/** Names of temporary folders hold their process, which tells those in use from those left by a crash. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

const NAME = /^([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{12}$/;

/** Age at which a folder is left over where its process cannot be looked up. */
const DAY = 24 * 3600 * 1000;

/** Process ids are valid on their own machine or container only. */
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** Prefix of hls-export's folders in the system's temporary folder. */
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
  // Another start time: the id was reused.
  return startNow !== Number(start);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, of another user.
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
