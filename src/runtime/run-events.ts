/**
 * What becomes of runs: one kind of event for everybody who watches. A caller watches its own run by
 * {@link RunOptions.observe}; the diagnostics channel {@link RUN_CHANNEL} tells of all runs of this
 * process. Nothing is published where nobody listens.
 */
import { channel } from 'node:diagnostics_channel';
import { fraction, type LipwireError, type Progress } from '../contract';
import { STAGE_NAMES, type StageName } from '../stages';

/** How a run came by its output. */
export interface RunReport {
  /** True when nothing had to be done. */
  cached: boolean;
  /** When the job ran in the worker: milliseconds since the epoch, with fractions. Equal when cached. */
  startedAt: number;
  endedAt: number;
}

export type RunEvent =
  /** The first: the run was asked for. */
  | { type: 'queued' }
  /** Work begins in the worker; not where the output was there already. */
  | { type: 'started' }
  /** At most 20 times a second. */
  | { type: 'progress'; progress: Progress }
  /** The last, or else `failed`. */
  | { type: 'done'; report: RunReport }
  | { type: 'failed'; error: LipwireError };

export type RunObserver = (event: RunEvent) => void;

/** Name of the channel, for `diagnostics_channel.subscribe()`. */
export const RUN_CHANNEL = 'lipwire:run';

/** What is published there; `run` is a number of its own for every run of this process. */
export type PublishedRunEvent = RunEvent & { run: number; stage: StageName };

const runs = channel(RUN_CHANNEL);
let count = 0;

/** What publishes the events of a new run of a stage. */
export function publisher(stage: StageName): RunObserver {
  const run = (count += 1);
  return (event) => {
    if (runs.hasSubscribers) runs.publish({ run, stage, ...event } satisfies PublishedRunEvent);
  };
}

/** Told the share of a stage's work that is done, 0…1 (it never falls), and how many of its pieces. */
export type OnStageProgress = (
  stage: StageName,
  share: number,
  done: number,
  total: number,
) => void;

/** Adds up the runs of a pipeline by stage: how far they are, and how long they took. */
export class StageProgress {
  readonly #shares = new Map<StageName, number[]>();
  readonly #totals = new Map<StageName, number>();
  readonly #reports = new Map<StageName, RunReport[]>();

  constructor(private readonly onProgress: OnStageProgress = () => undefined) {}

  /** Says how many runs stages will have; one where nothing is said. */
  expect(stages: readonly StageName[], runs: number): void {
    for (const stage of stages) this.#totals.set(stage, runs);
  }

  /** What observes a new run. */
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

  /**
   * Seconds of every stage that was used, in the order of the pipeline. Jobs of one stage that ran
   * side by side count once.
   */
  get seconds(): { stage: StageName; seconds: number }[] {
    return STAGE_NAMES.flatMap((stage) => {
      const reports = this.#reports.get(stage);
      return reports ? [{ stage, seconds: covered(reports) / 1000 }] : [];
    });
  }
}

/** Milliseconds that are covered by at least one span. */
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
