/**
 * Runs one job. fluent-ffmpeg composes the command, spawns it and pipes the streams; it is no
 * longer maintained, so what it gets wrong is put right here, each thing where it says so.
 */
import type FfmpegCommand from 'fluent-ffmpeg';
import { cancelled, LipwireError, throwIfCancelled } from '../../contract';
import { connect, makeBridges } from './bridges';
import { buildCommand } from './command';
import { FfmpegLog } from './log';
import { gone, register, stop } from './processes';
import { repair, type Internals } from './repair';
import { Stopper } from './stopper';
import type { FfmpegJob } from './types';

/** What the system says, at the end of a complaint in FFmpeg's log: files and titles may be called so. */
const DISK_FULL =
  /\[(?:error|fatal|panic)\].*[:(] ?(?:No space left on device|Disk quota exceeded|File too large)\)?\.?\s*$/m;

/** Runs a job with the FFmpeg at `ffmpegPath`; see {@link Ffmpeg.run}. */
export async function runJob(ffmpegPath: string, job: FfmpegJob): Promise<string> {
  if (job.signal) throwIfCancelled(job.signal);
  const log = new FfmpegLog(job.onProgress);
  const stopper = new Stopper();
  const bridges = makeBridges(job);
  const command = buildCommand(job, bridges);
  repair(command, ffmpegPath, stopper);
  const onAbort = (): void => stopper.stop(cancelReason(job.signal));
  job.signal?.addEventListener('abort', onAbort, { once: true });
  const streams = connect(job, bridges, stopper);
  try {
    await ended(command, log, stopper);
    if (stopper.reason) throw stopper.reason;
    bridges.output?.end();
    await streams.written;
    if (stopper.reason) throw stopper.reason;
    // Of a playlist, or of an index at the end of a file, it says so and ends as if all were well.
    if (DISK_FULL.test(log.text)) throw new Error('it could not write all of its output');
    return log.text;
  } catch (thrown) {
    const error = stopper.reason ?? failure(thrown as Error, log);
    streams.target?.destroy(error);
    throw error;
  } finally {
    streams.finish();
    job.signal?.removeEventListener('abort', onAbort);
  }
}

/** Starts the command; settles only when its process is really gone. */
async function ended(
  command: FfmpegCommand.FfmpegCommand,
  log: FfmpegLog,
  stopper: Stopper,
): Promise<void> {
  let processGone: Promise<void> | undefined;
  command.on('stderr', (line: string) => log.line(line));
  command.on('start', () => {
    const child = (command as unknown as Internals).ffmpegProc;
    if (!child) return;
    stopper.child = child;
    register(child);
    processGone = gone(child);
    if (stopper.reason) stop(child);
  });
  const settled = new Promise<void>((resolve, reject) => {
    command.on('end', () => resolve());
    command.on('error', (error: Error) => reject(error));
  });
  command.run();
  try {
    await settled;
  } finally {
    await processGone;
  }
}

function cancelReason(signal?: AbortSignal): Error {
  return signal?.reason instanceof LipwireError ? signal.reason : cancelled();
}

/** What is said of a command that failed. */
function failure(error: Error, log: FfmpegLog): LipwireError {
  const details = { stderr: log.text.slice(-64 * 1024) };
  // Killed from outside, by the system when memory runs out for example: its log does not know.
  const wasKilled = /killed with signal/.test(error.message);
  const said = (!wasKilled && log.complaint) || error.message;
  if (DISK_FULL.test(log.text)) {
    return new LipwireError(
      'E_DISK',
      `The disk is full; free some space or choose another workspace folder (FFmpeg: ${said}).`,
      { cause: error, details },
    );
  }
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
    return new LipwireError(
      'E_FFMPEG_MISSING',
      `Expected FFmpeg where it was before but it does not start (${said}); install it again.`,
      { cause: error },
    );
  }
  return new LipwireError('E_FFMPEG', `FFmpeg failed: ${said}.`, { cause: error, details });
}
