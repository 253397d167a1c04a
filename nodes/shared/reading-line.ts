/** Downloads of one node beside its line. */
const MOST_ASIDE = 4;

/**
 * Reads the inputs of a node one after the other, so that messages keep their order. A download steps
 * aside: a slow server delays only its own message.
 */
export class ReadingLine {
  #last: Promise<unknown> = Promise.resolve();
  #aside = 0;

  /**
   * @param read called when all before have been read or have stepped aside; its argument lets the next
   *   ones go on, where not too many are aside
   * @param signal ends the wait; those behind still wait for those before
   * @throws what `read` throws; the signal's reason
   */
  next<T>(read: (stepAside: () => void) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last;
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    let isAside = false;
    const stepAside = (): void => {
      if (isAside || this.#aside >= MOST_ASIDE) return;
      isAside = true;
      this.#aside++;
      leave();
    };
    const reading = before
      .then(() => read(stepAside))
      .finally(() => {
        if (isAside) this.#aside--;
        leave();
      });
    this.#last = left;
    return signal
      ? Promise.race([reading, untilAborted(signal, () => void before.then(leave))])
      : reading;
  }
}

/** Never resolves. */
function untilAborted(signal: AbortSignal, leave: () => void): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => {
      leave();
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
