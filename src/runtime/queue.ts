/** The queue of a studio: which run is worked on next, and which job the worker does next. */
import { cancelled, fraction, LipwireError, toLipwireError, type Progress } from '../contract';
import { STAGE_NAMES, type StageName } from '../stages';
import type { RunObserver } from './run-events';
import type { JobRequest, JobResult } from './worker/protocol';

/**
 * Priority, then later stage, then first in, first out. Later stages go first so that texts are
 * finished one by one, and a text that waits to be split stays one message, not hundreds of segments.
 */
export interface Urgency {
  /** Higher goes first; 0 by default. */
  priority: number;
  /** The place of the stage in the pipeline. */
  rank: number;
}

export function urgencyOf(stage: StageName, priority: number): Urgency {
  return { priority, rank: STAGE_NAMES.indexOf(stage) };
}

/** Above 0: `a` goes first; 0: first in, first out. */
export function compareUrgency(a: Urgency, b: Urgency): number {
  return a.priority === b.priority ? a.rank - b.rank : a.priority - b.priority;
}

/** One stage to run. Plain data, so that it can be sent to another machine. */
export interface Job<S extends StageName = StageName> extends JobRequest<S> {
  /** Of its artifact; equal jobs have equal keys. */
  key: string;
  priority: number;
  /** Seconds from its start in the worker; 0: without limit. */
  timeLimit: number;
}

export interface JobOptions {
  signal: AbortSignal;
  /** Gets `started` (again after a restart of the job) and `progress`. */
  observe: RunObserver;
}

export interface SubmittedJob<S extends StageName = StageName> {
  /**
   * Settles when the job has ended and its folder is no longer written to. Rejects with E_ENGINE_LOST, E_CANCELLED, E_TIMEOUT or the stage's error.
   */
  result: Promise<JobResult<S>>;
  /** Gives a waiting job a higher priority. */
  raise(priority: number): void;
}

export interface Admission {
  /** Runs that waited before it. */
  position: number;
  /** Resolves when it is admitted; rejects with E_CANCELLED when the signal is aborted before. */
  entered: Promise<void>;
  /** To be called when the run is over, also when it was never admitted. */
  leave(): void;
}

/**
 * {@link LocalQueue} hands jobs to the worker of this process; another implementation may hand them to
 * other machines, where artifacts travel by their key. The contract:
 *
 * - Order: {@link Urgency}, both of runs that wait for admission and of jobs that wait for a worker.
 * - Bounds: at most a given number waits for admission, one more is refused with E_BUSY. Few runs are
 *   admitted at once, as only those hold their inputs in memory; more urgent ones are admitted beside
 *   them.
 * - Of jobs with equal keys only one runs, on whatever machine.
 * - A job's files are in its `folder` when its result resolves, wherever they were made.
 * - Positions (0 is next) and progress are reported as progress; the share never falls, also when a
 *   job starts again because its worker was killed for another job's sake.
 * - A cancelled job rejects with E_CANCELLED: at once while it waits, soon while it runs.
 * - The time limit counts from the start of the work.
 */
export interface RunQueue {
  /** Runs that wait for admission, and jobs that wait for a worker. */
  readonly waiting: number;
  /** @throws E_BUSY naming the limit */
  enter(urgency: Urgency, signal: AbortSignal): Admission;
  submit<S extends StageName>(job: Job<S>, options: JobOptions): SubmittedJob<S>;
}

/** A priority queue for thousands of members; equally urgent ones first in, first out. */
export class Line<T extends { urgency: Urgency }> {
  /** Most urgent first; no group is empty. */
  readonly #groups: { urgency: Urgency; members: Set<T> }[] = [];
  size = 0;

  get first(): T | undefined {
    return this.#groups[0]?.members.values().next().value;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { members } of this.#groups) yield* members;
  }

  /** @param before whether it precedes equally urgent ones */
  add(member: T, before = false): void {
    const { urgency } = member;
    const at = this.#groups.findIndex((group) => compareUrgency(group.urgency, urgency) <= 0);
    const group = this.#groups[at];
    this.size += 1;
    if (!group || compareUrgency(group.urgency, urgency) !== 0) {
      const place = at < 0 ? this.#groups.length : at;
      this.#groups.splice(place, 0, { urgency, members: new Set([member]) });
    } else if (before) group.members = new Set([member, ...group.members]);
    else group.members.add(member);
  }

  /** False when it is not here. */
  delete(member: T): boolean {
    const at = this.#groups.findIndex(({ members }) => members.delete(member));
    if (at < 0) return false;
    if (this.#groups[at].members.size === 0) this.#groups.splice(at, 1);
    this.size -= 1;
    return true;
  }
}

/** Longest delay of a timer, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A job from its submission to its end. */
export class QueuedJob {
  readonly result: Promise<JobResult>;
  urgency: Urgency;
  /** Why it must stop while it runs: cancelled, or out of time. */
  stopped: LipwireError | undefined;
  #onStop: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settle!: { resolve(result: JobResult): void; reject(error: LipwireError): void };
  #place = -1;
  #furthest = 0;

  constructor(
    readonly job: Job,
    private readonly options: JobOptions,
  ) {
    this.urgency = urgencyOf(job.stage, job.priority);
    this.result = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  /** The worker starts it. @param onStop called when {@link stopped} is set */
  start(onStop: () => void): void {
    this.#onStop = onStop;
    this.options.observe({ type: 'started' });
    const { stage, timeLimit } = this.job;
    if (timeLimit <= 0) return;
    const onTimeout = (): void => this.stop(timeoutError(stage, timeLimit));
    this.#timer = setTimeout(onTimeout, Math.min(timeLimit * 1000, LONGEST_TIMER));
    this.#timer.unref();
  }

  /** Has the worker stop it; the job fails with that error. */
  stop(reason: LipwireError): void {
    this.stopped ??= reason;
    this.#onStop?.();
  }

  /** It waits again, and will start anew. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#onStop = undefined;
  }

  place(position: number): void {
    if (this.#place === position) return;
    this.#place = position;
    this.progress({ type: 'queued', position });
  }

  /** A job that starts again reports nothing until it is further than before. */
  progress(progress: Progress): void {
    if (this.stopped) return;
    if (progress.type === 'running') {
      const share = fraction(progress);
      if (share < this.#furthest) return;
      this.#furthest = share;
    }
    this.options.observe({ type: 'progress', progress });
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

/** Urgent runs are admitted up to so many times the usual number. */
const CROWD = 4;

interface Arrival {
  urgency: Urgency;
  admit(): void;
}

/** The queue of this process's worker, which takes jobs one by one. */
export class LocalQueue implements RunQueue {
  readonly #arrivals = new Line<Arrival>();
  readonly #inside = new Set<Arrival>();
  readonly #jobs = new Line<QueuedJob>();
  #isClosed = false;
  /** Set by the worker: there is a job to take. */
  onJob: () => void = () => undefined;

  /**
   * @param places runs admitted at once; more urgent ones are admitted beside them
   * @param limit most runs that wait for admission
   */
  constructor(
    private readonly places: number,
    private readonly limit: number,
  ) {}

  get waiting(): number {
    return this.#arrivals.size + this.#jobs.size;
  }

  /** Jobs that wait for the worker. */
  get jobs(): number {
    return this.#jobs.size;
  }

  enter(urgency: Urgency, signal: AbortSignal): Admission {
    const position = this.#arrivals.size;
    if (position >= this.limit) throw full(this.limit);
    const arrival: Arrival = { urgency, admit: () => undefined };
    const entered = new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        if (this.#arrivals.delete(arrival)) reject(cancelled());
      };
      arrival.admit = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#arrivals.add(arrival);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    this.#admit();
    const leave = (): void => {
      if (this.#inside.delete(arrival)) this.#admit();
    };
    return { position, entered, leave };
  }

  submit<S extends StageName>(job: Job<S>, options: JobOptions): SubmittedJob<S> {
    const { signal } = options;
    const queued = new QueuedJob(job as unknown as Job, options);
    if (this.#isClosed || signal.aborted) queued.fail(cancelled());
    else {
      const onAbort = (): void => {
        if (this.#take(queued)) queued.fail(cancelled());
        else queued.stop(cancelled());
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const forget = (): void => signal.removeEventListener('abort', onAbort);
      queued.result.then(forget, forget);
      this.#jobs.add(queued);
      this.#tellPlaces();
      this.onJob();
    }
    const raise = (priority: number): void => {
      const { rank, priority: before } = queued.urgency;
      if (priority <= before || !this.#jobs.delete(queued)) return;
      queued.urgency = { priority, rank };
      this.#jobs.add(queued);
      this.#tellPlaces();
    };
    return { result: queued.result as Promise<JobResult<S>>, raise };
  }

  take(): QueuedJob | undefined {
    const { first } = this.#jobs;
    if (first) this.#take(first);
    return first;
  }

  /** Puts taken jobs back, before equally urgent ones. */
  putBack(jobs: readonly QueuedJob[]): void {
    for (const job of [...jobs].reverse()) {
      job.pause();
      this.#jobs.add(job, true);
    }
    this.#tellPlaces();
  }

  /** Fails all waiting jobs. */
  fail(error: unknown): void {
    const jobs = [...this.#jobs];
    for (const job of jobs) this.#jobs.delete(job);
    for (const job of jobs) job.fail(toLipwireError(error));
  }

  /** Cancels all waiting and later jobs. */
  close(): void {
    this.#isClosed = true;
    this.fail(cancelled());
  }

  #take(job: QueuedJob): boolean {
    const isHere = this.#jobs.delete(job);
    if (isHere) this.#tellPlaces();
    return isHere;
  }

  #tellPlaces(): void {
    let place = 0;
    for (const job of this.#jobs) job.place(place++);
  }

  #admit(): void {
    let next: Arrival | undefined;
    while ((next = this.#arrivals.first) && this.#isRoomFor(next)) {
      this.#arrivals.delete(next);
      this.#inside.add(next);
      next.admit();
    }
  }

  #isRoomFor({ urgency }: Arrival): boolean {
    if (this.#inside.size < this.places) return true;
    if (this.#inside.size >= CROWD * this.places) return false;
    const ahead = [...this.#inside].filter((one) => compareUrgency(one.urgency, urgency) >= 0);
    return ahead.length < this.places;
  }
}

function full(limit: number): LipwireError {
  return new LipwireError(
    'E_BUSY',
    `Expected at most ${limit} waiting messages (the queue limit of the studio) but as many wait ` +
      'already; send messages more slowly, or raise the limit.',
    { details: { limit } },
  );
}

function timeoutError(stage: string, limit: number): LipwireError {
  const seconds = limit < 10 ? limit.toFixed(1) : Math.round(limit);
  return new LipwireError(
    'E_TIMEOUT',
    `Expected ${stage} to be done within ${seconds} s but it still runs; ` +
      'send the message again, or raise the time limit of the studio where the machine is that slow.',
    { details: { limit } },
  );
}
