/**
 * The events of runs. A caller observes its own run by {@link RunOptions.observe}; the diagnostics
 * channel {@link RUN_CHANNEL} carries those of all runs of this process.
 */
import { channel } from 'node:diagnostics_channel';
import { fraction, type LipwireError, type Progress } from '../contract';
import { STAGE_NAMES, type StageName } from '../stages';

export interface RunReport {
  cached: boolean;
  /** Of the job in the worker: milliseconds since the epoch, with fractions. Equal when cached. */
  startedAt: number;
  endedAt: number;
}

export type RunEvent =
  /** The first. */
  | { type: 'queued' }
  /** Work begins in the worker; not for a cached output. */
  | { type: 'started' }
  /** At most 20 times a second. */
  | { type: 'progress'; progress: Progress }
  /** The last, or else `failed`. */
  | { type: 'done'; report: RunReport }
  | { type: 'failed'; error: LipwireError };

export type RunObserver = (event: RunEvent) => void;

/** Name of the channel, for `diagnostics_channel.subscribe()`. */
export const RUN_CHANNEL = 'lipwire:run';

/** `run` numbers the runs of this process. */
export type PublishedRunEvent = RunEvent & { run: number; stage: StageName };

const runs = channel(RUN_CHANNEL);
let count = 0;

/** Publishes the events of a new run. */
export function publisher(stage: StageName): RunObserver {
  const run = (count += 1);
  return (event) => {
    if (runs.hasSubscribers) runs.publish({ run, stage, ...event } satisfies PublishedRunEvent);
  };
}

/** @param share of a stage's work that is done, 0…1; never falls. @param done pieces of `total` */
export type OnStageProgress = (
  stage: StageName,
  share: number,
  done: number,
  total: number,
) => void;

/** Sums up the runs of a pipeline by stage: progress and seconds. */
export class StageProgress {
  readonly #shares = new Map<StageName, number[]>();
  readonly #totals = new Map<StageName, number>();
  readonly #reports = new Map<StageName, RunReport[]>();

  constructor(private readonly onProgress: OnStageProgress = () => undefined) {}

  /** Sets the number of runs of stages; 1 by default. */
  expect(stages: readonly StageName[], runs: number): void {
    for (const stage of stages) this.#totals.set(stage, runs);
  }

  /** The observer of a new run. */
  observer(stage: StageName): RunObserver {
    const shares = this.#shares.get(stage) ?? [];
    this.#shares.set(stage, shares);
    const index = shares.push(0) - 1;
    const tell = (share: number): void => {
      shares[index] = Math.max(shares[index], share);
      const total = this.#totals.get(stage) ?? 1;
      const sum = shares.reduce((all, one) => all + one, 0);
      this.onProgress(stage, sum / total, shares.filter((one) => one === 1).length, total);
    };
    return (event) => {
      if (event.type === 'progress' && event.progress.type === 'running') {
        tell(fraction(event.progress));
      } else if (event.type === 'done') {
        this.#reports.set(stage, [...(this.#reports.get(stage) ?? []), event.report]);
        tell(1);
      }
    };
  }

  /** By stage, in the order of the pipeline: seconds in which at least one job ran. */
  get seconds(): { stage: StageName; seconds: number }[] {
    return STAGE_NAMES.flatMap((stage) => {
      const reports = this.#reports.get(stage);
      return reports ? [{ stage, seconds: covered(reports) / 1000 }] : [];
    });
  }
}

function covered(spans: readonly RunReport[]): number {
  let sum = 0;
  let end = -Infinity;
  for (const span of [...spans].sort((a, b) => a.startedAt - b.startedAt)) {
    if (span.endedAt <= end) continue;
    sum += span.endedAt - Math.max(span.startedAt, end);
    end = span.endedAt;
  }
  return sum;
}
