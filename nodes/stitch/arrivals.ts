/** Messages whose rules are still being looked up; they are taken in the order they came. */
import type { Delivery } from '../common/job';
import { sequenceOf } from '../common/parts';
import { ReadingLine } from '../common/reading-line';
import type { Rules } from './collector';

export class Arrivals {
  readonly #line = new ReadingLine();
  readonly #waiting = new Set<Delivery>();

  /**
   * Acts by the rules when all that came before has been taken: at once where nothing has to be looked
   * up. What was released meanwhile is not taken any more.
   * @param delivery the message that waits for them; none for news
   * @throws what looking them up or acting throws
   */
  take(
    delivery: Delivery | undefined,
    look: () => Rules | Promise<Rules>,
    act: (rules: Rules) => void,
  ): Promise<void> | void {
    const found = look();
    if (!(found instanceof Promise)) return act(found);
    // It may fail before its turn has come, which is no reason to end Node-RED.
    found.catch(() => undefined);
    if (delivery) this.#waiting.add(delivery);
    const isStillHere = (): boolean => !delivery || this.#waiting.delete(delivery);
    return this.#line.next(async () => {
      let rules: Rules;
      try {
        rules = await found;
      } catch (error) {
        if (isStillHere()) throw error;
        return;
      }
      if (isStillHere()) act(rules);
    });
  }

  /** Gives up what waits, except for that sequence; the caller ends the messages. */
  clear(except?: string): Delivery[][] {
    const released = [...this.#waiting].filter(
      ({ msg }) => except === undefined || sequenceOf(msg) !== except,
    );
    for (const delivery of released) this.#waiting.delete(delivery);
    return released.map((delivery) => [delivery]);
  }
}
