/** Progress of a job, as a union that is told apart by `type`. */
export type Progress =
  /** Waiting; `position` 0 is next. */
  | { type: 'queued'; position: number }
  /** Work that comes before the work, such as converting a model on first use. */
  | { type: 'preparing'; what: string }
  /** `done` never falls and never exceeds `total` within one job. */
  | {
      type: 'running';
      done: number;
      total: number;
      unit: 'frames' | 'seconds' | 'segments' | 'steps';
    };

/** Share of the work that is done, 0…1. */
export function fraction(progress: Progress): number {
  if (progress.type !== 'running' || progress.total <= 0) return 0;
  return Math.min(1, Math.max(0, progress.done / progress.total));
}
