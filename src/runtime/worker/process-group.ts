/** Killing the worker process together with every FFmpeg that it started. */
import { spawn } from 'node:child_process';

/**
 * Kills a process group. The worker leads its own group: this reaches its FFmpegs also when the worker
 * is dead or stuck in native code. No error for an empty group.
 */
export function killGroup(leader: number): void {
  if (process.platform === 'win32') {
    const options = { stdio: 'ignore', windowsHide: true } as const;
    spawn('taskkill', ['/pid', String(leader), '/T', '/F'], options).on('error', () => undefined);
    return;
  }
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // ESRCH: the group is empty.
  }
}

const living = new Set<number>();

/** Has a group killed at this process's exit, for when the studio is not closed. */
export function watchGroup(leader: number): void {
  if (living.size === 0) process.once('exit', killAll);
  living.add(leader);
}

export function forgetGroup(leader: number): void {
  living.delete(leader);
  if (living.size === 0) process.removeListener('exit', killAll);
}

function killAll(): void {
  for (const leader of living) killGroup(leader);
}
