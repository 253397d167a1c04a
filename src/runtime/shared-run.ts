import { cancelled, type Progress } from '../contract';
import type { RunOptions } from './types';

/** Somebody who waits for the result. */
type Waiter = Pick<RunOptions, 'onProgress' | 'onStart'>;

/** One piece of work that several callers wait for. It is cancelled when none is left. */
export class SharedRun<T> {
  readonly result: Promise<T>;
  readonly #abort = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #last: Progress | undefined;
  #priority: number;
  #isStarted = false;
  /** Set by the work once it can be hastened. */
  onRaise: ((priority: number) => void) | undefined;

  constructor(work: (run: SharedRun<T>) => Promise<T>, priority: number) {
    this.#priority = priority;
    this.result = work(this);
    // Each waiter has its own promise; this one may have none left.
    this.result.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get priority(): number {
    return this.#priority;
  }

  /** True when everybody has left; nobody may join any more. */
  get abandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  readonly progress = (progress: Progress): void => {
    this.#last = progress;
    for (const waiter of this.#waiters) waiter.onProgress?.(progress);
  };

  readonly started = (): void => {
    this.#isStarted = true;
    for (const waiter of this.#waiters) waiter.onStart?.();
  };

  /** Waits for the result; rejects with E_CANCELLED as soon as the signal is aborted. */
  async join({ signal, onProgress, onStart, priority = 0 }: RunOptions): Promise<T> {
    if (priority > this.#priority) {
      this.#priority = priority;
      this.onRaise?.(priority);
    }
    // An object of its own: the same callback may be given by two callers.
    const waiter: Waiter = { onProgress, onStart };
    this.#waiters.add(waiter);
    if (this.#isStarted) onStart?.();
    if (this.#last) onProgress?.(this.#last);
    let onAbort: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      onAbort = () => reject(cancelled());
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([this.result, left]);
    } finally {
      if (onAbort) signal?.removeEventListener('abort', onAbort);
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) this.cancel();
    }
  }

  cancel(): void {
    this.#abort.abort(cancelled());
  }
}
