/** Messages whose rules are still being looked up; they are taken in the order they came. */
import type { Delivery } from '../shared/job';
import { sequenceOf } from '../shared/parts';
import { ReadingLine } from '../shared/reading-line';
import type { Rules } from './collector';

/** A message, or news of a lost segment, that waits for its rules. */
interface Arrival {
  delivery?: Delivery;
  /** Aborted when it is given up. */
  abort: AbortController;
}

export class Arrivals {
  readonly #line = new ReadingLine();
  readonly #waiting = new Set<Arrival>();

  /**
   * Acts by the rules when all that came before has been taken: at once where nothing has to be looked
   * up. What was given up meanwhile is not taken any more, and holds up nobody.
   * @param delivery the message that waits for them; none for news
   * @throws what looking them up or acting throws
   */
  take(
    delivery: Delivery | undefined,
    look: () => Rules | Promise<Rules>,
    act: (rules: Rules) => void,
  ): Promise<void> | void {
    const found = look();
    if (!(found instanceof Promise)) {
      act(found);
      return;
    }
    // It may fail before its turn has come, which is no reason to end Node-RED.
    found.catch(() => undefined);
    const arrival: Arrival = { ...(delivery && { delivery }), abort: new AbortController() };
    this.#waiting.add(arrival);
    return this.#wait(arrival, found, act);
  }

  async #wait(arrival: Arrival, found: Promise<Rules>, act: (rules: Rules) => void): Promise<void> {
    const { signal } = arrival.abort;
    try {
      await this.#line.next(async () => {
        const rules = await found;
        if (!signal.aborted) act(rules);
      }, signal);
    } catch (error) {
      // The message of what was given up has been ended by whoever did that.
      if (!signal.aborted) throw error;
    } finally {
      this.#waiting.delete(arrival);
    }
  }

  /** Gives up what waits, except for that sequence; the caller ends the messages. */
  clear(except?: string): Delivery[][] {
    const released: Delivery[][] = [];
    for (const { delivery, abort } of this.#waiting) {
      if (except !== undefined && (!delivery || sequenceOf(delivery.msg) === except)) continue;
      abort.abort();
      if (delivery) released.push([delivery]);
    }
    return released;
  }
}
