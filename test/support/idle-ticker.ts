/** How often a thread with nothing to do gets its turn: what the machine itself allows meanwhile. */
import { Worker } from 'node:worker_threads';

/** Of the ticks of a 10 ms timer, on a machine that has nothing else to do. */
const LEAST_SHARE = 0.8;
/** What an idle thread gets of its ticks where nothing else runs. */
const QUIET = 0.95;

const WORK = `
  const counter = new Int32Array(require('node:worker_threads').workerData);
  setInterval(() => Atomics.add(counter, 0, 1), 10);`;

export class IdleTicker {
  readonly #counter = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker = new Worker(WORK, { eval: true, workerData: this.#counter.buffer });
  #start = 0;
  #ticks = 0;

  /** Begins to count. */
  begin(): void {
    this.#start = performance.now();
    this.#ticks = Atomics.load(this.#counter, 0);
  }

  /**
   * The share of ticks that a thread must keep since {@link begin}: 80 %, and less only as far as
   * other programs left no time to a thread that does nothing at all.
   */
  leastShare(): number {
    const possible = (performance.now() - this.#start) / 10;
    const share = (Atomics.load(this.#counter, 0) - this.#ticks) / possible;
    return LEAST_SHARE * Math.min(1, share / QUIET);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
