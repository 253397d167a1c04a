import type { StageName } from '../stages';

/** Told the share of a stage's work that is done, 0…1 (it never falls), and how many of its pieces. */
export type OnStageProgress = (
  stage: StageName,
  share: number,
  done: number,
  total: number,
) => void;

/** Adds up the progress of a stage's pieces. */
export class PipelineProgress {
  readonly #shares = new Map<StageName, number[]>();
  readonly #totals = new Map<StageName, number>();

  constructor(private readonly onProgress: OnStageProgress = () => undefined) {}

  /** Says how many pieces stages will have; one where nothing is said. */
  expect(stages: readonly StageName[], pieces: number): void {
    for (const stage of stages) this.#totals.set(stage, pieces);
  }

  /** A piece begins; the function takes its share from then on. */
  begin(stage: StageName): (share: number) => void {
    const shares = this.#shares.get(stage) ?? [];
    this.#shares.set(stage, shares);
    const index = shares.push(0) - 1;
    return (share) => {
      shares[index] = Math.max(shares[index] ?? 0, share);
      const total = this.#totals.get(stage) ?? 1;
      const sum = shares.reduce((all, one) => all + one, 0);
      this.onProgress(stage, sum / total, shares.filter((one) => one === 1).length, total);
    };
  }
}
