import { cancelled, deserializeError, LipwireError } from '../media';
import type { StageName } from '../stages';
import type { EngineExit } from './engine-process';
import { Job, type SubmitOptions } from './job';
import { JobQueue } from './job-queue';
import { givenUpError, lostError } from './lost-error';
import type { Answers, FromEngine, JobRequest, JobResult, Question } from './protocol';
import { Supervisor, type SupervisorOptions } from './supervisor';

export interface EngineOptions extends SupervisorOptions {
  /** Jobs at once. */
  jobs: number;
}

/** State of the engine, for diagnostics. */
export interface EngineState {
  state: 'stopped' | 'starting' | 'ready';
  pid?: number;
  jobs: number;
  running: number;
  queued: number;
  /** Times the process was started, and times it was lost. */
  starts: number;
  losses: number;
}

/** The state of an engine that was not needed yet. */
export function stoppedEngine(jobs: number): EngineState {
  return { state: 'stopped', jobs, running: 0, queued: 0, starts: 0, losses: 0 };
}

/** A job that was handed over. */
export interface Submitted<S extends StageName> {
  /** Settles when the job has ended and touches its folder no more. */
  result: Promise<JobResult<S>>;
  /** Gives a waiting job a higher priority. */
  raise(priority: number): void;
}

interface Asked {
  question: Question;
  resolve(answer: Answers[Question]): void;
  reject(error: LipwireError): void;
}

/** Milliseconds that a cancelled job gets to stop before the whole process is killed. */
const GRACE = 2000;

/** Most jobs that may wait. */
const MOST_WAITING = 20_000;

/** The engine as its parent sees it: jobs go in, results come out, whatever becomes of the process. */
export class Engine {
  readonly #queue = new JobQueue<Job>();
  readonly #running = new Map<number, Job>();
  readonly #asked = new Map<number, Asked>();
  readonly #supervisor: Supervisor;
  #nextId = 1;
  #closing: Promise<void> | undefined;

  constructor(private readonly options: EngineOptions) {
    this.#supervisor = new Supervisor(options, {
      onReady: () => this.#ready(),
      onMayStart: () => this.#pump(),
      onMessage: (message) => this.#receive(message),
      onGone: (exit, meant) => this.#gone(exit, meant),
      onGivenUp: (exit) => this.#givenUp(exit),
    });
  }

  get state(): EngineState {
    const { state, pid, starts, losses } = this.#supervisor;
    return {
      state,
      ...(pid !== undefined && { pid }),
      jobs: this.options.jobs,
      running: this.#running.size,
      queued: this.#queue.length,
      starts,
      losses,
    };
  }

  /**
   * Queues a job.
   * Its result rejects with E_ENGINE_LOST, E_CANCELLED, E_BUSY (too many wait) or the stage's error.
   */
  submit<S extends StageName>(request: JobRequest<S>, options: SubmitOptions): Submitted<S> {
    const job = new Job(this.#nextId++, request as unknown as JobRequest, options);
    if (this.#closing || options.signal.aborted) job.fail(cancelled());
    else if (this.#queue.length >= MOST_WAITING) job.fail(busy());
    else this.#accept(job, options.signal);
    return {
      result: job.result as Promise<JobResult<S>>,
      raise: (priority) => this.#queue.raise(job, priority),
    };
  }

  /** Asks the engine process something; starts it when it is not there. */
  ask<Q extends Question>(question: Q): Promise<Answers[Q]> {
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(cancelled());
      const asked = { question, resolve: resolve as Asked['resolve'], reject };
      const id = this.#nextId++;
      this.#asked.set(id, asked);
      if (this.#supervisor.state === 'ready') this.#put(id, question);
      this.#pump();
    });
  }

  /** Cancels everything and ends the process. May be called again; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const job of this.#queue.clear()) job.fail(cancelled());
    for (const job of this.#running.values()) job.cancelled = true;
    await this.#supervisor.close();
    this.#failAsked(cancelled());
  }

  #accept(job: Job, signal: AbortSignal): void {
    const onAbort = (): void => this.#cancel(job);
    signal.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => signal.removeEventListener('abort', onAbort);
    job.result.then(forget, forget);
    this.#queue.add(job);
    this.#pump();
  }

  #cancel(job: Job): void {
    if (this.#queue.remove(job)) return job.fail(cancelled());
    job.cancelled = true;
    this.#supervisor.send({ type: 'cancel', id: job.id });
    // Native code that blocks the process does not hear it.
    const timer = setTimeout(() => this.#supervisor.kill(), GRACE);
    const stop = (): void => clearTimeout(timer);
    job.result.then(stop, stop);
  }

  #ready(): void {
    for (const [id, { question }] of this.#asked) this.#put(id, question);
    this.#pump();
  }

  #put(id: number, question: Question): void {
    this.#supervisor.send({ type: 'ask', id, question });
  }

  #failAsked(error: LipwireError): void {
    for (const asked of this.#asked.values()) asked.reject(error);
    this.#asked.clear();
  }

  /** Hands out what may run, and says whether the process is needed. */
  #pump(): void {
    while (this.#supervisor.state === 'ready' && this.#running.size < this.options.jobs) {
      const job = this.#queue.take();
      if (!job) break;
      this.#running.set(job.id, job);
      this.#supervisor.send({ type: 'run', id: job.id, request: job.request });
    }
    const busyNow = this.#running.size + this.#queue.length + this.#asked.size > 0;
    if (busyNow) this.#supervisor.need();
    else this.#supervisor.rest();
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'progress':
        return this.#running.get(message.id)?.progress(message.progress);
      case 'done':
        this.#supervisor.worked();
        return this.#ended(message.id, (job) => job.finish(message.result));
      case 'failed': {
        const error = deserializeError(message.error);
        this.#supervisor.worked();
        this.#answered(message.id)?.reject(error);
        return this.#ended(message.id, (job) => job.fail(error));
      }
      case 'answer':
        this.#answered(message.id)?.resolve(message.answer);
        return this.#pump();
    }
  }

  #ended(id: number, settle: (job: Job) => void): void {
    const job = this.#running.get(id);
    this.#running.delete(id);
    if (job) settle(job);
    this.#pump();
  }

  #answered(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #gone(exit: EngineExit, meant: boolean): void {
    const jobs = [...this.#running.values()];
    this.#running.clear();
    const lost = jobs.filter((job) => job.cancelled || !meant);
    for (const job of lost) job.fail(job.cancelled ? cancelled() : lostError(job.name, exit));
    // Killed because of another job that would not stop: these begin again.
    this.#queue.putBack(jobs.filter((job) => !lost.includes(job)));
    if (!meant) this.#failAsked(lostError('an enquiry', exit));
    if (!this.#closing) this.#pump();
  }

  #givenUp(exit: EngineExit): void {
    for (const job of this.#queue.clear()) job.fail(givenUpError(exit));
  }
}

function busy(): LipwireError {
  return new LipwireError(
    'E_BUSY',
    `Expected at most ${MOST_WAITING} waiting jobs but there are as many already; send messages more slowly.`,
  );
}
