/** Child processes of the adapter: none outlives this process, and stopping one means it is gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cancelled, LipwireError, throwIfCancelled } from '../../contract';

/** How long a process may take to end by itself once it was asked to. */
const GRACE_MILLISECONDS = 500;

const live = new Set<ChildProcess>();

/** Kills everything at once; for the moment at which this process goes. */
function killAll(): void {
  for (const child of live) child.kill('SIGKILL');
}

/**
 * Registers a child until it ends. The listeners on `process` are there only while children are,
 * because one for `disconnect` keeps a forked process alive.
 */
export function register(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (live.size === 0) {
    process.on('exit', killAll);
    process.on('disconnect', killAll);
  }
  live.add(child);
  child.once('exit', () => {
    live.delete(child);
    if (live.size > 0) return;
    process.off('exit', killAll);
    process.off('disconnect', killAll);
  });
}

/** Process ids of the children that run now. */
export function liveChildren(): number[] {
  return [...live].flatMap((child) => child.pid ?? []);
}

/** Resolves when a child has ended and its output has been read, or when it never started. */
export function gone(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => {
      if (child.pid === undefined) resolve();
    });
  });
}

/**
 * Asks a child to end, and kills it when it has not after half a second. Its pipes are closed, so that
 * neither it nor we wait for data that nobody reads.
 */
export function stop(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
  if (child.exitCode !== null || child.signalCode !== null) {
    child.stderr?.destroy();
    return;
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MILLISECONDS);
  child.once('exit', () => {
    clearTimeout(timer);
    // A wrapper script's own child may still hold this pipe.
    child.stderr?.destroy();
  });
  child.kill('SIGTERM');
}

/** What a short command printed. */
interface Printed {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Most that is kept of each stream, in characters. */
const LIMIT = 16 * 1024 * 1024;
const TIMEOUT_MILLISECONDS = 60_000;

/**
 * Runs a short command (`-version`, FFprobe) without input and collects what it prints. Not through
 * fluent-ffmpeg: its FFprobe support has neither cancellation nor a protocol whitelist.
 * @throws the system's error when it does not start, E_CANCELLED, E_TIMEOUT after a minute
 */
export async function execute(
  file: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Printed> {
  if (signal) throwIfCancelled(signal);
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  register(child);
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (printed[name].length < LIMIT) printed[name] += text;
    });
  }
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    stop(child);
  };
  const onAbort = (): void =>
    fail(signal?.reason instanceof LipwireError ? signal.reason : cancelled());
  const timer = setTimeout(
    () => fail(new LipwireError('E_TIMEOUT', `${file} did not answer within a minute.`)),
    TIMEOUT_MILLISECONDS,
  );
  signal?.addEventListener('abort', onAbort, { once: true });
  child.once('error', fail);
  await gone(child);
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
  if (failure) throw failure;
  return { code: child.exitCode, ...printed };
}

/** The reason to stop, and the process to stop once there is one. */
export class Stopper {
  reason?: Error;
  child?: ChildProcess;

  stop(reason: Error): void {
    this.reason ??= reason;
    if (this.child) stop(this.child);
  }
}
