import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import {
  limitsEnvironment,
  type InputLimits,
  type SerializedError,
  type StageSettings,
} from '../../contract';
import { engineEnvironment, engineExecArgv } from './environment';
import { OutputTail } from './output-tail';
import { forgetGroup, killGroup, watchGroup } from './process-group';
import type { FromEngine, ToEngine } from './protocol';

/** How an engine process ended. */
export interface EngineExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why, where the process could still say it or could not be started. */
  error?: SerializedError;
  /** The last lines that it printed. */
  output: string[];
}

export interface EngineProcessOptions {
  settings: StageSettings;
  stagesModule: string;
  /** Of what comes from outside; left out: those of the environment. */
  limits?: InputLimits;
  onMessage(message: FromEngine): void;
  /** Called once; everything that the process started is dead by then. */
  onExit(exit: EngineExit): void;
  onLine(line: string): void;
}

/** Milliseconds after the end of the process in which its last output may still arrive. */
const DRAIN = 300;

/** The server beside this module: TypeScript from sources, JavaScript once compiled. */
const SERVER = path.join(__dirname, `server${path.extname(__filename)}`);

/** One child process and, as far as they live, its FFmpegs. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #tail: OutputTail;
  #fatal: SerializedError | undefined;
  #ended = false;

  constructor(private readonly options: EngineProcessOptions) {
    this.#tail = new OutputTail(options.onLine);
    const { settings, stagesModule, limits } = options;
    this.#child = fork(SERVER, [], {
      execArgv: engineExecArgv(process.execArgv),
      env: { ...engineEnvironment(process.env), ...(limits && limitsEnvironment(limits)) },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: see killGroup. (On Windows it would be a console window of its own.)
      detached: process.platform !== 'win32',
    });
    if (this.pid !== undefined) watchGroup(this.pid);
    if (this.#child.stdout) this.#tail.follow(this.#child.stdout);
    if (this.#child.stderr) this.#tail.follow(this.#child.stderr);
    this.#child.on('message', (message) => this.#receive(message as FromEngine));
    this.#child.on('exit', (code, signal) => this.#exited(code, signal));
    this.#child.on('error', (error) => this.#failed(error));
    this.send({ type: 'open', settings, stagesModule });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends where there is somebody to hear; what is lost shows as the end of the process. */
  send(message: ToEngine): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Ends the process and all that it started, at once. */
  kill(): void {
    if (this.pid !== undefined && !this.#ended) killGroup(this.pid);
  }

  #receive(message: FromEngine): void {
    if (message.type === 'fatal') this.#fatal = message.error;
    else this.options.onMessage(message);
  }

  #failed(error: Error): void {
    // Errors of sending are followed by 'exit'; only a process that never started is not.
    if (this.pid !== undefined) return;
    this.#fatal = { code: 'E_INTERNAL', message: error.message };
    this.#exited(null, null);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.pid !== undefined) {
      killGroup(this.pid);
      forgetGroup(this.pid);
    }
    let told = false;
    const tell = (): void => {
      if (told) return;
      told = true;
      clearTimeout(timer);
      const error = this.#fatal;
      this.options.onExit({ code, signal, output: this.#tail.lines, ...(error && { error }) });
    };
    const timer = setTimeout(tell, DRAIN);
    this.#child.once('close', tell);
  }
}
