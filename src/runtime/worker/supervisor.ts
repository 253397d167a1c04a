import type { InputLimits, StageSettings } from '../../contract';
import { EngineProcess, type EngineExit } from './engine-process';
import type { FromEngine, ToEngine } from './protocol';

export interface SupervisorOptions {
  settings: StageSettings;
  /** A module that exports `STAGES` in place of the catalogue; empty: the catalogue. */
  stagesModule?: string;
  /** Of what comes from outside; left out: those of the environment. */
  limits?: InputLimits;
  /** The process ends after so many seconds without work. */
  idleSeconds: number;
  log?: (level: 'debug' | 'warn', text: string) => void;
}

export interface SupervisorEvents {
  onReady(): void;
  /** A process may be started again; {@link Supervisor.need} does it. */
  onMayStart(): void;
  onMessage(message: FromEngine): void;
  /** The process is gone. `meant`: it was ended on purpose. */
  onGone(exit: EngineExit, meant: boolean): void;
  /** It was lost so often in a row that it is not started again by itself. */
  onGivenUp(exit: EngineExit): void;
}

/** Milliseconds that a process gets to be ready, and to end when asked. */
const TIMES = { start: 60_000, end: 900 } as const;

/** Milliseconds before the next start after the first, second, … loss in a row. */
const BACK_OFF = [0, 100, 500, 2000] as const;

/**
 * Keeps one engine process alive for as long as it is needed: started on demand, ended when idle,
 * started again, ever later, when it is lost, and given up after too many losses in a row.
 */
export class Supervisor {
  #process: EngineProcess | undefined;
  #state: 'stopped' | 'starting' | 'ready' | 'ending' = 'stopped';
  /** Ends a wait: for readiness, for idleness, for the end. */
  #timer: NodeJS.Timeout | undefined;
  #backOff: NodeJS.Timeout | undefined;
  #lossesInARow = 0;
  #meant = false;
  #closed = false;
  #onceGone: (() => void)[] = [];
  starts = 0;
  losses = 0;

  constructor(
    private readonly options: SupervisorOptions,
    private readonly events: SupervisorEvents,
  ) {}

  get state(): 'stopped' | 'starting' | 'ready' {
    return this.#state === 'ending' ? 'stopped' : this.#state;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  send(message: ToEngine): void {
    this.#process?.send(message);
  }

  /** There is work: starts the process unless it is there, or its next start is waited for. */
  need(): void {
    if (this.#state === 'ready') clearTimeout(this.#timer);
    if (this.#state === 'stopped' && !this.#backOff && !this.#closed) this.#start();
  }

  /** There is no work: the process ends after a while. */
  rest(): void {
    if (this.#state !== 'ready') return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), this.options.idleSeconds * 1000);
    this.#timer.unref();
  }

  /** Work was done: earlier losses are forgotten. */
  worked(): void {
    this.#lossesInARow = 0;
  }

  /** Ends the process at once, on purpose. */
  kill(): void {
    this.#meant = true;
    this.#process?.kill();
  }

  /** Ends the process for good: asks, then kills. Resolves when it is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#backOff);
    this.#backOff = undefined;
    if (this.#state === 'stopped') return;
    const gone = new Promise<void>((resolve) => this.#onceGone.push(resolve));
    if (this.#state !== 'ending') this.#end();
    await gone;
  }

  #start(): void {
    this.#state = 'starting';
    this.#meant = false;
    this.starts += 1;
    this.#process = new EngineProcess({
      settings: this.options.settings,
      stagesModule: this.options.stagesModule ?? '',
      ...(this.options.limits && { limits: this.options.limits }),
      onMessage: (message) => this.#receive(message),
      onExit: (exit) => this.#gone(exit),
      onLine: (line) => this.options.log?.('debug', `engine: ${line}`),
    });
    this.options.log?.('debug', `engine process ${this.pid} started`);
    this.#timer = setTimeout(() => this.#process?.kill(), TIMES.start);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#state = 'ending';
    this.#meant = true;
    this.send({ type: 'close' });
    this.#timer = setTimeout(() => this.#process?.kill(), TIMES.end);
  }

  #receive(message: FromEngine): void {
    if (message.type !== 'ready') return this.events.onMessage(message);
    if (this.#state !== 'starting') return;
    clearTimeout(this.#timer);
    this.#state = 'ready';
    this.events.onReady();
  }

  #gone(exit: EngineExit): void {
    clearTimeout(this.#timer);
    const meant = this.#meant;
    this.#state = 'stopped';
    this.#process = undefined;
    this.options.log?.(
      meant ? 'debug' : 'warn',
      `engine process ended (${exit.signal ?? exit.code})`,
    );
    if (!meant) this.#holdBack(exit);
    this.events.onGone(exit, meant);
    for (const resolve of this.#onceGone.splice(0)) resolve();
  }

  /** Makes the next start wait, the longer the more losses there were in a row. */
  #holdBack(exit: EngineExit): void {
    this.losses += 1;
    const wait = BACK_OFF[this.#lossesInARow++];
    if (wait === undefined) {
      this.#lossesInARow = 0;
      this.events.onGivenUp(exit);
    } else if (!this.#closed) {
      this.#backOff = setTimeout(() => {
        this.#backOff = undefined;
        this.events.onMayStart();
      }, wait);
    }
  }
}
