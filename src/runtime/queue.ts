/** The queue of a studio: which run is worked on next, and which job the worker does next. */
import { cancelled, fraction, LipwireError, toLipwireError, type Progress } from '../contract';
import { STAGE_NAMES, type StageName } from '../stages';
import type { RunObserver } from './run-events';
import type { JobRequest, JobResult } from './worker/protocol';

/**
 * Priority, then later stage, then first in, first out. Later stages go first so that texts are
 * finished one by one: a text that is split only when nothing else is to be done waits as one
 * message, not as hundreds of segments.
 */
export interface Urgency {
  /** Higher goes first; 0 where a message says nothing. */
  priority: number;
  /** The place of the stage in the pipeline. */
  rank: number;
}

export function urgencyOf(stage: StageName, priority: number): Urgency {
  return { priority, rank: STAGE_NAMES.indexOf(stage) };
}

/** Above 0 where `a` goes before `b`, 0 where they go in the order in which they came. */
export function compareUrgency(a: Urgency, b: Urgency): number {
  return a.priority === b.priority ? a.rank - b.rank : a.priority - b.priority;
}

/** One stage to be run. Plain data, so that it can travel to another machine. */
export interface Job<S extends StageName = StageName> extends JobRequest<S> {
  /** Of the artifact that it makes; equal jobs have equal keys. */
  key: string;
  priority: number;
  /** Seconds that it may run, counted from its start in the worker; 0: without limit. */
  timeLimit: number;
}

export interface JobOptions {
  /** Aborting it cancels the job. */
  signal: AbortSignal;
  /** Told of `started` (again where the job has to begin again) and `progress`. */
  observe: RunObserver;
}

export interface SubmittedJob<S extends StageName = StageName> {
  /**
   * Settles when the job has ended and its folder is not written to any more.
   * Rejects with E_ENGINE_LOST, E_CANCELLED, E_TIMEOUT or the stage's error.
   */
  result: Promise<JobResult<S>>;
  /** Gives a waiting job a higher priority. */
  raise(priority: number): void;
}

/** A run's place among those that are worked on. */
export interface Admission {
  /** How many waited when it came. */
  position: number;
  /** Resolves when it is let in; rejects with E_CANCELLED when the signal is aborted before. */
  entered: Promise<void>;
  /** To be called when the run is over, also when it was never let in. */
  leave(): void;
}

/**
 * Where runs wait. {@link LocalQueue} hands jobs to the worker of this process; another
 * implementation may hand them to other machines, where artifacts travel by their key. It promises:
 *
 * - Order: {@link Urgency}, both of runs that wait to be let in and of jobs that wait for a worker.
 * - Bounds: at most a given number waits to be let in, one more is refused with E_BUSY. Few runs are
 *   let in at once, because only those hold their inputs in memory; more urgent ones are let in
 *   beside them.
 * - A job with the key of one that is under way, on whatever machine, is not done twice.
 * - A job's files lie in its `folder` when its result resolves, wherever they were made.
 * - Positions (0 is next) and progress are told as progress; the share never falls, also
 *   where a job has to begin again because its worker ended for another job's sake.
 * - A cancelled job rejects with E_CANCELLED: at once while it waits, soon when it runs.
 * - The time limit counts from the start of the work, not from the submission.
 */
export interface RunQueue {
  /** Runs that wait to be let in, and jobs that wait for a worker. */
  readonly waiting: number;
  /** @throws E_BUSY naming the limit, when as many wait already */
  enter(urgency: Urgency, signal: AbortSignal): Admission;
  submit<S extends StageName>(job: Job<S>, options: JobOptions): SubmittedJob<S>;
}

/** Thousands of members: the most urgent first, equally urgent ones in the order they came. */
export class Line<T extends { urgency: Urgency }> {
  /** The most urgent first; none is empty. */
  readonly #groups: { urgency: Urgency; members: Set<T> }[] = [];
  size = 0;

  get first(): T | undefined {
    return this.#groups[0]?.members.values().next().value;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { members } of this.#groups) yield* members;
  }

  /** @param before whether it goes before those that are as urgent */
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

/** Longest time that a timer can measure, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A job from its submission to its end. */
export class QueuedJob {
  readonly result: Promise<JobResult>;
  urgency: Urgency;
  /** Why it has to end although the worker works on it: cancelled, or out of time. */
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

  /** The worker has it now. @param onStop called when it has to be stopped: see {@link stopped} */
  start(onStop: () => void): void {
    this.#onStop = onStop;
    this.options.observe({ type: 'started' });
    const { stage, timeLimit } = this.job;
    if (timeLimit <= 0) return;
    const onTimeout = (): void => this.stop(timeoutError(stage, timeLimit));
    this.#timer = setTimeout(onTimeout, Math.min(timeLimit * 1000, LONGEST_TIMER));
    this.#timer.unref();
  }

  /** Has the worker end it with that error, whatever else becomes of it. */
  stop(reason: LipwireError): void {
    this.stopped ??= reason;
    this.#onStop?.();
  }

  /** It waits again, and begins anew later. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#onStop = undefined;
  }

  /** Tells the position where it changed. */
  place(position: number): void {
    if (this.#place === position) return;
    this.#place = position;
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

/** However urgent they are, so many times the usual number of runs are let in at most. */
const CROWD = 4;

/** A run that waits to be let in, or was. */
interface Arrival {
  urgency: Urgency;
  letIn(): void;
}

/** The queue before the worker of this process, which takes the jobs out one by one. */
export class LocalQueue implements RunQueue {
  readonly #arrivals = new Line<Arrival>();
  readonly #inside = new Set<Arrival>();
  readonly #jobs = new Line<QueuedJob>();
  #isClosed = false;
  /** Set by the worker: there is a job to take. */
  onJob: () => void = () => undefined;

  /**
   * @param places runs that are let in at once; more urgent ones are let in beside them
   * @param limit most that may wait to be let in
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
    const arrival: Arrival = { urgency, letIn: () => undefined };
    const entered = new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        if (this.#arrivals.delete(arrival)) reject(cancelled());
      };
      arrival.letIn = () => {
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

  /** Takes the next job out. */
  take(): QueuedJob | undefined {
    const { first } = this.#jobs;
    if (first) this.#take(first);
    return first;
  }

  /** Puts jobs back that had been taken: before all others that are as urgent. */
  putBack(jobs: readonly QueuedJob[]): void {
    for (const job of [...jobs].reverse()) {
      job.pause();
      this.#jobs.add(job, true);
    }
    this.#tellPlaces();
  }

  /** Fails all jobs that wait. */
  fail(error: unknown): void {
    const jobs = [...this.#jobs];
    for (const job of jobs) this.#jobs.delete(job);
    for (const job of jobs) job.fail(toLipwireError(error));
  }

  /** Cancels all jobs that wait, and those that come later. */
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
    for (
      let next = this.#arrivals.first;
      next && this.#isRoomFor(next);
      next = this.#arrivals.first
    ) {
      this.#arrivals.delete(next);
      this.#inside.add(next);
      next.letIn();
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

/** A job that takes longer than it may, such as one whose FFmpeg hangs. */
function timeoutError(stage: string, limit: number): LipwireError {
  const seconds = limit < 10 ? limit.toFixed(1) : Math.round(limit);
  return new LipwireError(
    'E_TIMEOUT',
    `Expected ${stage} to be done within ${seconds} s but it still runs; ` +
      'send the message again, or raise the time limit of the studio where the machine is that slow.',
    { details: { limit } },
  );
}
