/** Ends work in which nothing happens: aborts its signal unless it is fed in time. */
export class Watchdog {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** @param reason the error that the signal is aborted with, by the seconds without a sign of life */
  constructor(milliseconds: number, reason: (seconds: number) => Error) {
    this.#timer = setTimeout(() => {
      this.#abort.abort(reason(Math.round(milliseconds / 100) / 10));
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
