/** Reads that may be on their way from the web beside the line of one node. */
const MOST_ASIDE = 4;

/**
 * The inputs of a node, read one after the other, so that messages reach the studio in the order they
 * came. What comes from the web steps aside: a slow server holds up nobody but its own message.
 */
export class ReadingLine {
  #last: Promise<unknown> = Promise.resolve();
  #aside = 0;

  /**
   * Reads when all before have been read, or have stepped aside.
   * @param read is given a function that lets the next ones go on, where not too many are aside
   * @param signal ends the reading for everybody: what never answers holds up no other. Those behind it
   *   still wait for those before it.
   * @throws what reading throws; the signal's reason
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
