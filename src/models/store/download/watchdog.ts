import { SourceError } from './source-error';

/** Ends a transfer in which nothing happens: aborts its signal unless it is fed in time. */
export class Watchdog {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    this.#timer = setTimeout(() => {
      const seconds = Math.round(milliseconds / 100) / 10;
      this.#abort.abort(new SourceError(`nothing came for ${seconds} s`, 'again'));
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something happened. */
  feed(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
