import { fraction, type LipwireError, type Progress } from '../../contract';
import type { Queued } from './job-queue';
import type { JobRequest, JobResult } from './protocol';
import { urgencyOf } from './urgency';

export interface SubmitOptions {
  /** Higher goes first. */
  priority: number;
  signal: AbortSignal;
  /** Seconds that it may run, counted from its start in the engine process; 0: without limit. */
  timeLimit?: number;
  /** Called when work on it begins. */
  onStart?(): void;
  onProgress(progress: Progress): void;
}

/** Longest time that a timer can measure, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A job of the engine, from its submission to its end. */
export class Job implements Queued {
  readonly result: Promise<JobResult>;
  priority: number;
  readonly rank: number;
  /** Why it has to end although the engine works on it: cancelled, or out of time. */
  stopped: LipwireError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settle!: { resolve(result: JobResult): void; reject(error: LipwireError): void };
  #furthest = 0;

  constructor(
    readonly id: number,
    readonly request: JobRequest,
    private readonly options: SubmitOptions,
  ) {
    const { priority, rank } = urgencyOf(request.stage, options.priority);
    this.priority = priority;
    this.rank = rank;
    this.result = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  get name(): string {
    return this.request.stage;
  }

  /** Seconds; 0: without limit. */
  get timeLimit(): number {
    return this.options.timeLimit ?? 0;
  }

  /** The engine process has it now; `onTimeout` is called when it takes longer than it may. */
  start(onTimeout: () => void): void {
    this.options.onStart?.();
    if (this.timeLimit <= 0) return;
    this.#timer = setTimeout(onTimeout, Math.min(this.timeLimit * 1000, LONGEST_TIMER));
    this.#timer.unref();
  }

  /** It waits again, and begins anew later. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  onPosition(position: number): void {
    this.progress({ type: 'queued', position });
  }

  /** Passes progress on. A job that had to begin again is silent until it is further than before. */
  progress(progress: Progress): void {
    if (this.stopped) return;
    if (progress.type === 'running') {
      const share = fraction(progress);
      if (share < this.#furthest) return;
      this.#furthest = share;
    }
    this.options.onProgress(progress);
  }

  finish(result: JobResult): void {
    this.pause();
    this.#settle.resolve(result);
  }

  fail(error: LipwireError): void {
    this.pause();
    this.#settle.reject(error);
  }
}
