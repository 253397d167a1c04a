/** The worker's process: started on demand, ended when idle, restarted after a crash. */
import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import {
  limitsEnvironment,
  type InputLimits,
  type SerializedError,
  type StageSettings,
} from '../../contract';
import { forgetGroup, killGroup, watchGroup } from './process-group';
import type { FromWorker, ToWorker } from './protocol';

export interface ProcessOptions {
  settings: StageSettings;
  /** See `StudioOptions.stagesModule`. */
  stagesModule?: string;
  /** Of inputs; left out: those of the environment. */
  limits?: InputLimits;
  /** Seconds without work after which the process ends. */
  idleSeconds: number;
  log?: (level: 'debug' | 'warn', text: string) => void;
}

export interface ProcessEvents {
  onReady(): void;
  /** The back-off is over: {@link WorkerProcess.need} may start the process. */
  onMayStart(): void;
  onMessage(message: FromWorker): void;
  /** The process and its children are gone. `meant`: ended on purpose. */
  onGone(exit: WorkerExit, meant: boolean): void;
  /** Too many losses in a row: it does not restart by itself. */
  onGivenUp(exit: WorkerExit): void;
}

export interface WorkerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** An uncaught exception, or why it did not start. */
  error?: SerializedError;
  /** The last lines of its output. */
  output: string[];
}

/** Milliseconds: until ready, until ended on request, and for the last output after the end. */
const TIMES = { start: 60_000, end: 900, drain: 300 } as const;

/** Milliseconds before the next start after the first, second, … loss in a row. */
const BACK_OFF = [0, 100, 500, 2000] as const;

const ENTRY = path.join(__dirname, `worker${path.extname(__filename)}`);

/** Keeps one process while it is needed; gives up after too many losses in a row. */
export class WorkerProcess {
  #child: ChildProcess | undefined;
  #state: 'stopped' | 'starting' | 'ready' | 'ending' = 'stopped';
  /** Waits for readiness, idleness, or the end. */
  #timer: NodeJS.Timeout | undefined;
  #backOff: NodeJS.Timeout | undefined;
  #lossesInARow = 0;
  #isMeant = false;
  #isClosed = false;
  #onceGone: (() => void)[] = [];
  starts = 0;
  losses = 0;

  constructor(
    private readonly options: ProcessOptions,
    private readonly events: ProcessEvents,
  ) {}

  get state(): 'stopped' | 'starting' | 'ready' {
    return this.#state === 'ending' ? 'stopped' : this.#state;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What is not delivered shows as the end of the process. */
  send(message: ToWorker): void {
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  /** There is work: starts the process, unless it exists or the back-off lasts. */
  need(): void {
    if (this.#state === 'ready') clearTimeout(this.#timer);
    if (this.#state === 'stopped' && !this.#backOff && !this.#isClosed) this.#start();
  }

  /** There is no work: ends the process after {@link ProcessOptions.idleSeconds}. */
  rest(): void {
    if (this.#state !== 'ready') return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), this.options.idleSeconds * 1000);
    this.#timer.unref();
  }

  /** Work was done: resets the count of losses in a row. */
  worked(): void {
    this.#lossesInARow = 0;
  }

  /** Kills the process and its children, on purpose. */
  kill(): void {
    this.#isMeant = true;
    this.#kill();
  }

  /** Ends the process for good: asks, then kills. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#backOff);
    this.#backOff = undefined;
    if (this.#state === 'stopped') return;
    const gone = new Promise<void>((resolve) => this.#onceGone.push(resolve));
    if (this.#state !== 'ending') this.#end();
    await gone;
  }

  #start(): void {
    const { settings, stagesModule = '', limits, log } = this.options;
    this.#state = 'starting';
    this.#isMeant = false;
    this.starts += 1;
    const child = fork(ENTRY, [], {
      execArgv: workerExecArgv(process.execArgv),
      env: { ...workerEnvironment(process.env), ...(limits && limitsEnvironment(limits)) },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Its own group, for killGroup. On Windows that would open a console window.
      detached: process.platform !== 'win32',
    });
    this.#child = child;
    if (child.pid !== undefined) watchGroup(child.pid);
    this.#follow(child);
    this.send({ type: 'open', settings, stagesModule });
    log?.('debug', `worker process ${this.pid} started`);
    this.#timer = setTimeout(() => this.#kill(), TIMES.start);
  }

  #follow(child: ChildProcess): void {
    const tail = new OutputTail((line) => this.options.log?.('debug', `worker: ${line}`));
    if (child.stdout) tail.follow(child.stdout);
    if (child.stderr) tail.follow(child.stderr);
    let fatal: SerializedError | undefined;
    child.on('message', (message: FromWorker) => {
      if (message.type === 'fatal') fatal = message.error;
      else if (message.type !== 'ready') this.events.onMessage(message);
      else if (this.#state === 'starting') {
        clearTimeout(this.#timer);
        this.#state = 'ready';
        this.events.onReady();
      }
    });
    let hasEnded = false;
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (hasEnded) return;
      hasEnded = true;
      if (child.pid !== undefined) {
        killGroup(child.pid);
        forgetGroup(child.pid);
      }
      let isTold = false;
      const tell = (): void => {
        if (isTold) return;
        isTold = true;
        clearTimeout(timer);
        this.#gone({ code, signal, output: tail.lines, ...(fatal && { error: fatal }) });
      };
      const timer = setTimeout(tell, TIMES.drain);
      child.once('close', tell);
    };
    child.on('exit', ended);
    child.on('error', (error) => {
      // Errors of sending are followed by 'exit'; a failed start is not.
      if (child.pid !== undefined) return;
      fatal = { code: 'E_INTERNAL', message: error.message };
      ended(null, null);
    });
  }

  #kill(): void {
    const { pid, exitCode, signalCode } = this.#child ?? {};
    if (pid !== undefined && exitCode === null && signalCode === null) killGroup(pid);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#state = 'ending';
    this.#isMeant = true;
    this.send({ type: 'close' });
    this.#timer = setTimeout(() => this.#kill(), TIMES.end);
  }

  #gone(exit: WorkerExit): void {
    clearTimeout(this.#timer);
    const isMeant = this.#isMeant;
    this.#state = 'stopped';
    this.#child = undefined;
    const how = exit.signal ?? exit.code;
    this.options.log?.(isMeant ? 'debug' : 'warn', `worker process ended (${how})`);
    if (!isMeant) this.#holdBack(exit);
    this.events.onGone(exit, isMeant);
    for (const resolve of this.#onceGone.splice(0)) resolve();
  }

  /** Delays the next start, longer with each loss in a row. */
  #holdBack(exit: WorkerExit): void {
    this.losses += 1;
    const wait = BACK_OFF[this.#lossesInARow++];
    if (wait === undefined) {
      this.#lossesInARow = 0;
      this.events.onGivenUp(exit);
    } else if (!this.#isClosed) {
      this.#backOff = setTimeout(() => {
        this.#backOff = undefined;
        this.events.onMayStart();
      }, wait);
    }
  }
}

/** The last lines of streams, for the details of an error. */
export class OutputTail {
  readonly #lines: string[] = [];

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly limit = 30,
    private readonly lineLength = 500,
  ) {}

  /** Reads a stream to its end. */
  follow(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, this.lineLength);
      for (const line of lines) this.#add(line);
    });
    stream.on('end', () => rest && this.#add(rest));
    stream.on('error', () => undefined);
  }

  get lines(): string[] {
    return [...this.#lines];
  }

  #add(line: string): void {
    const text = line.trimEnd().slice(0, this.lineLength);
    if (!text) return;
    this.#lines.push(text);
    if (this.#lines.length > this.limit) this.#lines.shift();
    this.onLine(text);
  }
}

/** Variables that the worker gets; none is a secret of flows or of Node-RED. */
const NAMES = new Set(
  [
    'PATH PATHEXT HOME USER LOGNAME LANG TZ TMPDIR TMP TEMP SHELL',
    'LD_LIBRARY_PATH DYLD_LIBRARY_PATH FFMPEG_PATH FFPROBE_PATH NODE_OPTIONS NODE_PATH NODE_ENV',
    'SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES USERPROFILE',
    'UV_THREADPOOL_SIZE MALLOC_ARENA_MAX',
  ]
    .join(' ')
    .split(' '),
);

/** Prefixes: ours, locale, per-user folders, and the settings of native libraries. */
const PREFIXES = /^(LIPWIRE_|LC_|XDG_|CUDA_|NVIDIA_|ORT_|OMP_|VIPS_|TSX_)/;

/** Keys of servers, which the worker is told where it needs them: FFmpeg inherits its environment. */
const SECRETS = /_KEY$/i;

/** The part of the environment that the worker needs. */
export function workerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => (NAMES.has(name.toUpperCase()) || PREFIXES.test(name)) && !SECRETS.test(name),
  );
  // ONNX Runtime reads its telemetry switch when it loads. glibc would keep libvips' freed pictures in
  // an arena for each thread (see sharp's documentation).
  const result: NodeJS.ProcessEnv = {
    ORT_DISABLE_TELEMETRY: '1',
    MALLOC_ARENA_MAX: '2',
    ...Object.fromEntries(kept),
  };
  // The parent occupies the debugger's port.
  if (result['NODE_OPTIONS']?.includes('--inspect')) delete result['NODE_OPTIONS'];
  return result;
}

/** Options of node itself that the worker inherits: no script to evaluate, no debugger. */
export function workerExecArgv(execArgv: readonly string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const option = execArgv[i];
    if (/^(-e|--eval|-p|--print|-pe)$/.test(option)) i++;
    else if (
      !/^(--inspect|--debug|--eval=|--print=|--watch|--test|-i$|--interactive$)/.test(option)
    ) {
      result.push(option);
    }
  }
  return result;
}
