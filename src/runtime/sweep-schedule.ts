import { toLipwireError } from '../contract';
import type { Contents, Sweeper } from './sweeper';

/** Milliseconds: shortest time between two sweeps, and between two signs of life for leases. */
const BETWEEN_SWEEPS = 3 * 60_000;
const BETWEEN_TOUCHES = 5 * 60_000;
/** A studio without work sweeps as well, for age. */
const BETWEEN_IDLE_SWEEPS = 3600_000;

/** Says when the workspace is swept: at the start, after publications, and every hour. */
export class SweepSchedule {
  readonly #abort = new AbortController();
  readonly #timers: NodeJS.Timeout[];
  #lastSweep = -Infinity;
  #sweeping: Promise<void> | undefined;

  constructor(
    private readonly sweeper: Sweeper,
    private readonly log?: (level: 'debug' | 'warn', text: string) => void,
  ) {
    const touch = (): void => void this.sweeper.touchLeased();
    this.#timers = [
      setInterval(touch, BETWEEN_TOUCHES),
      setInterval(() => this.soon(), BETWEEN_IDLE_SWEEPS),
    ];
    for (const timer of this.#timers) timer.unref();
    this.soon();
  }

  /** Sweeps in the background, unless one is under way or was not long ago. */
  soon(): void {
    if (performance.now() - this.#lastSweep >= BETWEEN_SWEEPS) void this.now();
  }

  /** Sweeps, or waits for the sweep that is under way. Never rejects. */
  now(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#lastSweep = performance.now();
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  /**
   * Deletes all that may be deleted, whatever the limits say, and says what is left. A later sweep
   * waits for it.
   */
  async clear(): Promise<Contents> {
    await this.#sweeping;
    const clearing = this.sweeper.sweep(this.#abort.signal, { maxBytes: 0, maxAgeHours: 0 });
    this.#sweeping ??= clearing.then(ignore, ignore).finally(() => (this.#sweeping = undefined));
    return clearing;
  }

  /** Stops for good; resolves when nothing is being deleted any more. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#abort.abort();
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    try {
      const { bytes, artifacts } = await this.sweeper.sweep(this.#abort.signal);
      this.log?.('debug', `workspace swept: ${artifacts} artifacts, ${bytes} bytes`);
    } catch (error) {
      this.log?.('warn', `the workspace could not be swept: ${toLipwireError(error).message}`);
    }
  }
}

function ignore(): void {}
