import { SharedRun } from './shared-run';
import type { Statistics } from './statistics';
import type { House } from './house';
import type { Delivery, Order } from './workshop';

/** Orders that are being filled. Equal ones share one run. */
export class Runs {
  readonly #underWay = new Map<string, SharedRun<Delivery>>();

  constructor(private readonly statistics: Statistics) {}

  /** The run that fills an order: one that is under way already, or a new one. */
  for({ workshop, sweeps }: House, order: Order, priority: number): SharedRun<Delivery> {
    const { key, stage } = order;
    const underWay = this.#underWay.get(key);
    if (underWay && !underWay.abandoned) {
      this.statistics.count(stage, 'shared');
      return underWay;
    }
    const run = new SharedRun<Delivery>(async (self) => {
      const delivery = await workshop.fill(order, self);
      this.statistics.count(stage, delivery.report.cached ? 'hits' : 'runs');
      if (!delivery.report.cached) sweeps.soon();
      return delivery;
    }, priority);
    this.#underWay.set(key, run);
    const forget = (): void => {
      if (this.#underWay.get(key) === run) this.#underWay.delete(key);
    };
    run.result.then(forget, forget);
    return run;
  }

  /** Cancels all; the function waits until they have deleted their temporary folders. */
  cancel(): () => Promise<unknown> {
    const runs = [...this.#underWay.values()];
    for (const run of runs) run.cancel();
    return () => Promise.allSettled(runs.map((run) => run.result));
  }
}
