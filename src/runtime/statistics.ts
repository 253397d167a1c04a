import { STAGE_NAMES, type StageName } from '../stages';
import type { StageStats, StudioStats } from './types';

/** Counts work done and saved. */
export class Statistics {
  readonly #stats = Object.fromEntries(
    STAGE_NAMES.map((name) => [name, { runs: 0, hits: 0, shared: 0 }]),
  ) as StudioStats;

  count(stage: StageName, what: keyof StageStats): void {
    this.#stats[stage][what] += 1;
  }

  get copy(): StudioStats {
    return structuredClone(this.#stats);
  }
}
