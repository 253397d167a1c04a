import { fraction, type LipwireError, type Progress } from '../media';
import type { Queued } from './job-queue';
import type { JobRequest, JobResult } from './protocol';

export interface SubmitOptions {
  /** Higher goes first. */
  priority: number;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
}

/** A job of the engine, from its submission to its end. */
export class Job implements Queued {
  readonly result: Promise<JobResult>;
  priority: number;
  /** Nobody wants its result any more. */
  cancelled = false;
  #settle!: { resolve(result: JobResult): void; reject(error: LipwireError): void };
  #furthest = 0;

  constructor(
    readonly id: number,
    readonly request: JobRequest,
    private readonly options: SubmitOptions,
  ) {
    this.priority = options.priority;
    this.result = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  get name(): string {
    return this.request.stage;
  }

  onPosition(position: number): void {
    this.progress({ type: 'queued', position });
  }

  /** Passes progress on. A job that had to begin again is silent until it is further than before. */
  progress(progress: Progress): void {
    if (this.cancelled) return;
    if (progress.type === 'running') {
      const share = fraction(progress);
      if (share < this.#furthest) return;
      this.#furthest = share;
    }
    this.options.onProgress(progress);
  }

  finish(result: JobResult): void {
    this.#settle.resolve(result);
  }

  fail(error: LipwireError): void {
    this.#settle.reject(error);
  }
}
