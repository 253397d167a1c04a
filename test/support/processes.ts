/** Processes as /proc tells of them. */
import { existsSync, readFileSync } from 'node:fs';

/** Processes that a process started, and those that they started. */
export function descendants(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // It is gone.
  }
  return text
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((child) => [Number(child), ...descendants(Number(child))]);
}

/** Whether a process is there; one that has ended but was not waited for yet is not. */
export function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  try {
    return existsSync(file) && !/\) Z /.test(readFileSync(file, 'latin1'));
  } catch {
    return false;
  }
}

/** A process's command line; empty when it is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
