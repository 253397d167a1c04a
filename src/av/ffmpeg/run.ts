/**
 * Runs FFmpeg jobs through fluent-ffmpeg, which is unmaintained: its faults are worked around here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { PassThrough, pipeline, type Writable } from 'node:stream';
import FfmpegCommand from 'fluent-ffmpeg';
import { cancelled, LipwireError, throwIfCancelled } from '../../contract';
import {
  type FfmpegInput,
  type FfmpegJob,
  type FfmpegOutput,
  type FfmpegProtocol,
  ONLY_MEDIA,
} from './types';

/** A system error at the end of an error line; elsewhere it could be a file name or title. */
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
    // FFmpeg exits with 0 when a playlist or a trailing index could not be written.
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

/** Starts the command; settles only when its process has ended. */
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

function failure(error: Error, log: FfmpegLog): LipwireError {
  const details = { stderr: log.text.slice(-64 * 1024) };
  // Killed from outside, for example when memory runs out: not in its log.
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

/** Characters of the log that are kept. */
const KEPT = 128 * 1024;
const PROGRESS =
  /^(frame|fps|stream_\d+_\d+_\w+|bitrate|total_size|out_time\w*|(?:dup|drop)_frames|speed|progress)=\s*(.*)$/;
const FAILURE = /\[(?:error|fatal|panic)\]/;
/** `[mov,mp4 @ 0x55d0] [error] ` before a message. */
const ORIGIN = /^(?:\[[^\]]*\] )+/;
/** A refused format; FFmpeg lists all allowed ones. */
const REFUSED = /^\[([^\] ]+) @ [^\]]*\] .*Format not on whitelist .*$/;

/** Keeps the end of the log and reports progress. */
export class FfmpegLog {
  #lines: string[] = [];
  #length = 0;
  #frames = 0;
  #seconds = 0;
  readonly #onProgress: FfmpegJob['onProgress'];

  constructor(onProgress?: FfmpegJob['onProgress']) {
    this.#onProgress = onProgress;
  }

  /** Takes one line as FFmpeg printed it. */
  line(text: string): void {
    const progress = PROGRESS.exec(text);
    if (progress?.[1] !== undefined) return this.#progress(progress[1], progress[2] ?? '');
    this.#lines.push(text);
    this.#length += text.length + 1;
    while (this.#length > KEPT && this.#lines.length > 1) {
      this.#length -= (this.#lines.shift()?.length ?? 0) + 1;
    }
  }

  /** The log's end. */
  get text(): string {
    return this.#lines.join('\n');
  }

  /** FFmpeg's first error message and the last, which names the file. */
  get complaint(): string {
    const failures = this.#lines.filter((text) => FAILURE.test(text));
    const candidates = failures.length > 0 ? failures : this.#lines.filter((text) => text.trim());
    const first = failures.length > 0 ? candidates[0] : candidates.at(-1);
    const said = [first ?? '', candidates.at(-1) ?? ''].map((text) =>
      text
        .replace(REFUSED, 'the format $1 is not taken')
        .replace(ORIGIN, '')
        .trim()
        .replace(/\.$/, '')
        .slice(0, 300),
    );
    return [...new Set(said)].filter(Boolean).join('; ');
  }

  #progress(key: string, value: string): void {
    if (key === 'frame') this.#frames = Math.max(this.#frames, Number(value) || 0);
    if (key === 'out_time_us') this.#seconds = Math.max(this.#seconds, Number(value) / 1e6 || 0);
    if (key === 'progress') this.#onProgress?.({ frames: this.#frames, seconds: this.#seconds });
  }
}

/**
 * Own streams towards fluent-ffmpeg. It treats the output's `close` as a failure after 20 ms even while
 * FFmpeg runs, so ours does not emit it.
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
 * Connects the job's streams with the bridges. fluent-ffmpeg leaves FFmpeg waiting forever when a source
 * fails; here the process is stopped, and the job fails with the stream's error.
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

/** Streams that stand between fluent-ffmpeg and those of the job. */
interface Bridges {
  input?: PassThrough;
  output?: PassThrough;
}

/** `level` prefixes every line with its level; `-nostdin` because FFmpeg waits for key presses. */
const GLOBAL = ['-y', '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'];

/** Formats whose "file" is not a file. */
const VIRTUAL_FORMATS = ['lavfi', 'null', 'tee'];

/**
 * The command of a job, not started.
 * @throws E_INTERNAL for a job that FFmpeg cannot be asked to do
 */
function buildCommand(job: FfmpegJob, bridges: Bridges): FfmpegCommand.FfmpegCommand {
  checkJob(job);
  const command = FfmpegCommand();
  for (const input of job.inputs) {
    const source = typeof input.source === 'string' ? address(input.source, input) : bridges.input;
    command.input(source as PassThrough);
    // Several arguments, never one array: fluent-ffmpeg splits a lone array's items at a space.
    command.inputOptions(...(inputOptions(input, job.protocols) as [string]));
  }
  if (job.filterGraph !== undefined) command.complexFilter(job.filterGraph);
  job.outputs.forEach((output, index) => {
    const isFile = typeof output.target === 'string';
    command.output(
      (isFile ? address(output.target as string, output) : bridges.output) as PassThrough,
      // The adapter ends the stream, once it knows that FFmpeg succeeded.
      { end: false },
    );
    // fluent-ffmpeg has no global options; FFmpeg takes them anywhere. It adds -y by itself, but not
    // for names that begin with `file:`.
    const options = index === 0 ? [...GLOBAL, ...progressOptions(job)] : ['-y'];
    command.outputOptions(...([...options, ...output.options] as [string]));
  });
  return command;
}

function inputOptions({ options = [] }: FfmpegInput, protocols?: FfmpegProtocol[]): string[] {
  // A format named by the job itself is trusted.
  const formats = options.includes('-f') ? [] : ONLY_MEDIA;
  const allowed = (protocols ?? ['file', 'pipe']).join(',');
  return ['-protocol_whitelist', allowed, ...formats, ...options];
}

function progressOptions(job: FfmpegJob): string[] {
  return job.onProgress ? ['-progress', 'pipe:2'] : [];
}

/**
 * A path for FFmpeg: absolute and with its protocol, as a leading `-` or a colon would be misread.
 */
function address(file: string, { options = [] }: { options?: string[] }): string {
  const format = options[options.lastIndexOf('-f') + 1];
  const isVirtual = options.includes('-f') && VIRTUAL_FORMATS.includes(format ?? '');
  return isVirtual ? file : `file:${path.resolve(file)}`;
}

function checkJob({ inputs, outputs, filterGraph }: FfmpegJob): void {
  const isPiped = (stream: unknown): boolean => typeof stream !== 'string';
  const texts = [
    ...inputs.flatMap((input) => [...(input.options ?? []), input.source]),
    ...outputs.flatMap((output: FfmpegOutput) => [...output.options, output.target]),
    filterGraph,
  ];
  const fault =
    (outputs.length === 0 && 'it has no output') ||
    (inputs.filter((input) => isPiped(input.source)).length > 1 && 'it has two piped inputs') ||
    (outputs.filter((output) => isPiped(output.target)).length > 1 && 'it has two piped outputs') ||
    (texts.includes('') && 'an option or a path is empty') ||
    (texts.some((text) => typeof text === 'string' && text.includes('\0')) &&
      'an option or a path holds a NUL character');
  if (fault) throw new LipwireError('E_INTERNAL', `FFmpeg cannot run this job: ${fault}.`);
}

/** Internals of fluent-ffmpeg, whose version is locked. */
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

/** Patches fluent-ffmpeg's faults in one command. */
function repair(command: FfmpegCommand.FfmpegCommand, ffmpegPath: string, stopper: Stopper): void {
  const internals = command as unknown as Internals;
  // The package keeps one path for the whole process.
  internals._getFfmpegPath = (callback) => callback(null, ffmpegPath);
  // It would start processes to list formats and encoders, which are checked already.
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
      // Thrown for a too long command line or too many open files; otherwise uncaught.
      endedWithOutput(error as Error);
    }
  };
}

/** Characters with a meaning inside a filter's argument list, and white space that parsers trim. */
const IN_ARGUMENTS = /[\\':= \t\r\n]/g;
/** Characters with a meaning inside a filter graph, and white space that parsers trim. */
const IN_GRAPH = /[\\'[\],; \t\r\n]/g;

/**
 * Makes a string safe as the value of a filter's option inside a filter graph, for example
 * `amovie=filename=${escapeFilterValue(`file:${path}`)}`. FFmpeg unescapes such a value twice: once
 * for the graph and once for the argument list (ffmpeg-filters manual, "Notes on filtergraph
 * escaping"). Filters with a syntax of their own inside the value (drawtext) need more.
 */
export function escapeFilterValue(value: string): string {
  return value.replace(IN_ARGUMENTS, '\\$&').replace(IN_GRAPH, '\\$&');
}

/** Between SIGTERM and SIGKILL. */
const GRACE_MILLISECONDS = 500;

const live = new Set<ChildProcess>();

/** For the end of this process: no child outlives it. */
function killAll(): void {
  for (const child of live) child.kill('SIGKILL');
}

/**
 * Registers a child until it ends. `process` has listeners only while there are children: one for
 * `disconnect` keeps a forked process alive.
 */
function register(child: ChildProcess): void {
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

/** Process ids of running children. */
export function liveChildren(): number[] {
  return [...live].flatMap((child) => child.pid ?? []);
}

/** Resolves when a child has ended and its output has been read, or when it never started. */
function gone(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => {
      if (child.pid === undefined) resolve();
    });
  });
}

/**
 * Terminates a child, and kills it after half a second. Its pipes are closed, so that neither side
 * waits for unread data.
 */
function stop(child: ChildProcess): void {
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

interface Printed {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Characters of each stream that are kept. */
const LIMIT = 16 * 1024 * 1024;
const TIMEOUT_MILLISECONDS = 60_000;

/**
 * Runs a short command (`-version`, FFprobe) without input and collects what it prints. Not through
 * fluent-ffmpeg: its FFprobe support has neither cancellation nor a protocol whitelist.
 * @param limits `milliseconds` that it may take: a minute where left out, or `Infinity`
 * @throws the system's error when it does not start, E_CANCELLED, E_TIMEOUT
 */
export async function execute(
  file: string,
  args: readonly string[],
  limits: { signal?: AbortSignal; milliseconds?: number } = {},
): Promise<Printed> {
  const { signal, milliseconds = TIMEOUT_MILLISECONDS } = limits;
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
  const late = (): void =>
    fail(new LipwireError('E_TIMEOUT', `${file} did not answer within a minute.`));
  const timer = Number.isFinite(milliseconds) ? setTimeout(late, milliseconds) : undefined;
  signal?.addEventListener('abort', onAbort, { once: true });
  child.once('error', fail);
  await gone(child);
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
  if (failure) throw failure;
  return { code: child.exitCode, ...printed };
}

/** Stops a process with a reason, also before it has started. */
class Stopper {
  reason?: Error;
  child?: ChildProcess;

  stop(reason: Error): void {
    this.reason ??= reason;
    if (this.child) stop(this.child);
  }
}
