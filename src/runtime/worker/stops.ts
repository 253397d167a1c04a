import type { LipwireError } from '../../contract';
import type { Job } from './job';
import type { Supervisor } from './supervisor';

/**
 * Milliseconds that a job gets to stop before the whole process is killed: within a second where it
 * runs alone. Jobs that run beside it would lose what they have done so far, so it gets longer then; its
 * result is thrown away, and whoever cancelled it has been told so long ago. Most of what cannot stop
 * (decoding a picture, one run of a network, loading a library) is over by then.
 */
const GRACE = 800;
const PATIENCE = 5000;

/** Of the four threads that a process has for files and native work, so many may be lost beside jobs. */
const MOST_STUCK = 1;

/** Ends running jobs that should stop, and the whole process where it does not hear. */
export class Stops {
  /** Jobs that should have stopped by now. */
  readonly #late = new Set<Job>();
  /** Threads of the process that do work which nobody waits for and that cannot be stopped. */
  #stuck = 0;

  /**
   * @param running what the process works on
   * @param patience milliseconds that a job which does not stop may go on while others run beside it
   */
  constructor(
    private readonly supervisor: Supervisor,
    private readonly running: ReadonlyMap<number, Job>,
    private readonly patience = PATIENCE,
  ) {}

  /** Ends a running job with that error, whatever else becomes of it. */
  stop(job: Job, reason: LipwireError): void {
    job.stopped ??= reason;
    this.supervisor.send({ type: 'cancel', id: job.id });
    // Native code that blocks the process, or waits for one that hangs, does not hear it.
    const late = setTimeout(() => {
      this.#late.add(job);
      this.killIfAlone();
    }, GRACE);
    const over = setTimeout(() => this.supervisor.kill(), Math.max(GRACE, this.patience));
    const stop = (): void => {
      clearTimeout(late);
      clearTimeout(over);
      this.#late.delete(job);
    };
    job.result.then(stop, stop);
  }

  /** So many threads are lost to work that cannot be stopped. */
  stuck(threads: number): void {
    this.#stuck = threads;
    this.killIfAlone();
  }

  /** The process is gone, and its threads with it. */
  gone(): void {
    this.#stuck = 0;
  }

  /**
   * Kills the process where nothing but what should have stopped runs, or too much of that. Jobs beside
   * it begin again in the next one.
   */
  killIfAlone(): void {
    const running = [...this.running.values()];
    const isAlone = running.every((job) => job.stopped);
    const isLate = this.#stuck > 0 || running.some((job) => this.#late.has(job));
    if ((isAlone && isLate) || this.#stuck > MOST_STUCK) this.supervisor.kill();
  }
}
