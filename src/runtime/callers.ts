import { cancelled } from '../contract';

/** Everybody who waits for something, so that all can be sent away at once. */
export class Callers {
  readonly #aborts = new Set<AbortController>();
  #sentAway = false;

  /**
   * A signal that is aborted with the caller's own, and by {@link cancelAll}. (AbortSignal.any would
   * do, but with a signal that lives as long as the studio it leaks in Node.js 20.)
   */
  signal(own?: AbortSignal): { signal: AbortSignal; forget: () => void } {
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(cancelled());
    if (this.#sentAway || own?.aborted) onAbort();
    own?.addEventListener('abort', onAbort, { once: true });
    this.#aborts.add(abort);
    const forget = (): void => {
      own?.removeEventListener('abort', onAbort);
      this.#aborts.delete(abort);
    };
    return { signal: abort.signal, forget };
  }

  /** Aborts all signals, also those that are asked for later. */
  cancelAll(): void {
    this.#sentAway = true;
    for (const abort of this.#aborts) abort.abort(cancelled());
  }
}
