import { spawn } from 'node:child_process';
import { cancelled, LipwireError, throwIfCancelled } from '../../contract';
import { gone, register, stop } from './processes';

/** What a short command printed. */
export interface Printed {
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
