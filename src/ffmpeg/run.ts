/**
 * Runs one job. fluent-ffmpeg composes the command, spawns it and pipes the streams; it is no
 * longer maintained, so what it gets wrong is put right here, each thing where it says so.
 */
import type { ChildProcess } from 'node:child_process';
import { PassThrough, pipeline, type Writable } from 'node:stream';
import type FfmpegCommand from 'fluent-ffmpeg';
import { cancelled, LipwireError, throwIfCancelled } from '../media';
import { buildCommand, type Bridges } from './command';
import { FfmpegLog } from './log';
import { gone, register, stop } from './processes';
import type { FfmpegJob } from './types';

/** Parts of fluent-ffmpeg that are not in its types. Its version is locked, and it gets no new ones. */
interface Internals {
  ffmpegProc?: ChildProcess;
  _getFfmpegPath(callback: (error: null, file: string) => void): void;
  _checkCapabilities(callback: (error: null) => void): void;
  availableEncoders(callback: (error: null, encoders: object) => void): void;
  _spawnFfmpeg: SpawnFfmpeg;
}
type SpawnFfmpeg = (
  args: string[],
  options: object,
  started: (child: ChildProcess) => void,
  ended: Ended,
) => void;
type Ended = (error?: Error | null, stdout?: Ring, stderr?: Ring) => void;
/** The last lines of an output. */
interface Ring {
  get(): string;
}

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

/** The reason to stop, and the process to stop once there is one. */
class Stopper {
  reason?: Error;
  child?: ChildProcess;

  stop(reason: Error): void {
    this.reason ??= reason;
    if (this.child) stop(this.child);
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

/** Puts right, for this one command, what would harm. */
function repair(command: FfmpegCommand.FfmpegCommand, ffmpegPath: string, stopper: Stopper): void {
  const internals = command as unknown as Internals;
  // The package keeps one path for the whole process.
  internals._getFfmpegPath = (callback) => callback(null, ffmpegPath);
  // It lists formats and encoders with processes of their own; the adapter has checked already.
  internals._checkCapabilities = (callback) => callback(null);
  internals.availableEncoders = (callback) => callback(null, {});
  const spawnFfmpeg = internals._spawnFfmpeg.bind(command);
  const nothing: Ring = { get: () => '' };
  internals._spawnFfmpeg = (args, options, started, ended) => {
    // A process that did not start has no output, but the package reads it.
    const endedWithOutput: Ended = (error, stdout = nothing, stderr = nothing) =>
      ended(error, stdout, stderr);
    if (stopper.reason) return endedWithOutput(stopper.reason);
    try {
      spawnFfmpeg(args, options, started, endedWithOutput);
    } catch (error) {
      // Too long a command line or too many open files throw; nobody would catch it.
      endedWithOutput(error as Error);
    }
  };
}

/**
 * Streams of our own towards fluent-ffmpeg. It takes the output's `close` for a failure 20 ms later,
 * whether FFmpeg has ended or not, so ours does not emit it.
 */
function makeBridges({ inputs, outputs }: FfmpegJob): Bridges {
  const bridges: Bridges = {};
  if (inputs.some((input) => typeof input.source !== 'string')) bridges.input = new PassThrough();
  if (outputs.some((output) => typeof output.target !== 'string')) {
    bridges.output = new PassThrough({ emitClose: false });
  }
  return bridges;
}

/**
 * Connects the job's streams with the bridges. A source that breaks off would leave FFmpeg waiting
 * for ever in fluent-ffmpeg; here it stops the process, and the job fails with the stream's error.
 */
function connect(
  { inputs, outputs }: FfmpegJob,
  bridges: Bridges,
  stopper: Stopper,
): { target?: Writable; written: Promise<void>; finish(): void } {
  let isOver = false;
  const ignore = (): void => undefined;
  const source = inputs.map((input) => input.source).find((from) => typeof from !== 'string');
  const target = outputs.map((output) => output.target).find((to) => typeof to !== 'string');
  const broken = (error: Error | null | undefined): void => {
    if (error && !isOver) stopper.stop(error);
  };
  bridges.input?.on('error', ignore);
  if (bridges.input && source) pipeline(source.on('error', ignore), bridges.input, broken);
  const written = new Promise<void>((resolve) => {
    if (!bridges.output || !target) return resolve();
    pipeline(bridges.output, target.on('error', ignore), (error) => {
      broken(error);
      resolve();
    });
  });
  const finish = (): void => {
    isOver = true;
    source?.destroy();
  };
  return { target, written, finish };
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
