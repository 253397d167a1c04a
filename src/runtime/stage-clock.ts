import { STAGE_NAMES, type StageName } from '../stages';
import type { RunReport } from './types';

/** Adds up how long stages ran. Jobs of one stage that ran side by side count once. */
export class StageClock {
  readonly #spans = new Map<StageName, RunReport[]>();

  add(stage: StageName, report: RunReport): void {
    const spans = this.#spans.get(stage) ?? [];
    this.#spans.set(stage, [...spans, report]);
  }

  /** Every stage that was used, in the order of the pipeline. */
  get seconds(): { stage: StageName; seconds: number }[] {
    return STAGE_NAMES.flatMap((stage) => {
      const spans = this.#spans.get(stage);
      return spans ? [{ stage, seconds: covered(spans) / 1000 }] : [];
    });
  }
}

/** Milliseconds that are covered by at least one span. */
function covered(spans: readonly RunReport[]): number {
  const sorted = [...spans].sort((a, b) => a.startedAt - b.startedAt);
  let sum = 0;
  let end = -Infinity;
  for (const span of sorted) {
    if (span.endedAt <= end) continue;
    sum += span.endedAt - Math.max(span.startedAt, end);
    end = span.endedAt;
  }
  return sum;
}
