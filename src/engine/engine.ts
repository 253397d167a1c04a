import { cancelled, deserializeError, type LipwireError } from '../media';
import type { StageName } from '../stages';
import type { EngineExit } from './engine-process';
import { Job, type SubmitOptions } from './job';
import { JobQueue } from './job-queue';
import { givenUpError, lostError, timeoutError } from './lost-error';
import type { About, Answers, FromEngine, JobRequest, JobResult, Question } from './protocol';
import { Questions } from './questions';
import { Supervisor, type SupervisorOptions } from './supervisor';

export interface EngineOptions extends SupervisorOptions {
  /** Jobs at once. */
  jobs: number;
  /** Milliseconds that a job which does not stop may go on while others run beside it. */
  patience?: number;
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

/** The engine as its parent sees it: jobs go in, results come out, whatever becomes of the process. */
export class Engine {
  readonly #queue = new JobQueue<Job>();
  readonly #running = new Map<number, Job>();
  /** Jobs that should have stopped by now. */
  readonly #late = new Set<Job>();
  /** Threads of the process that do work which nobody waits for and that cannot be stopped. */
  #stuck = 0;
  readonly #questions: Questions;
  readonly #supervisor: Supervisor;
  #nextId = 1;
  #closing: Promise<void> | undefined;

  constructor(private readonly options: EngineOptions) {
    this.#questions = new Questions((id, question, about) =>
      this.#supervisor.send({ type: 'ask', id, question, about }),
    );
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
   * Its result rejects with E_ENGINE_LOST, E_CANCELLED, E_TIMEOUT or the stage's error.
   */
  submit<S extends StageName>(request: JobRequest<S>, options: SubmitOptions): Submitted<S> {
    const job = new Job(this.#nextId++, request as unknown as JobRequest, options);
    if (this.#closing || options.signal.aborted) job.fail(cancelled());
    else this.#accept(job, options.signal);
    return {
      result: job.result as Promise<JobResult<S>>,
      raise: (priority) => this.#queue.raise(job, priority),
    };
  }

  /** Asks the engine process something; starts it when it is not there. */
  ask<Q extends Question>(
    question: Q,
    ...[about]: About<Q> extends undefined ? [] : [About<Q>]
  ): Promise<Answers[Q]> {
    if (this.#closing) return Promise.reject(cancelled());
    const isReady = this.#supervisor.state === 'ready';
    const answer = this.#questions.ask(this.#nextId++, question, about as About<Q>, isReady);
    this.#pump();
    return answer;
  }

  /** Cancels everything and ends the process. May be called again; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const job of this.#queue.clear()) job.fail(cancelled());
    for (const job of this.#running.values()) job.stopped ??= cancelled();
    await this.#supervisor.close();
    this.#questions.fail(cancelled());
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
    if (this.#queue.remove(job)) job.fail(cancelled());
    else this.#stop(job, cancelled());
  }

  /** Ends a running job with that error, whatever else becomes of it. */
  #stop(job: Job, reason: LipwireError): void {
    job.stopped ??= reason;
    this.#supervisor.send({ type: 'cancel', id: job.id });
    // Native code that blocks the process, or waits for one that hangs, does not hear it.
    const { patience = PATIENCE } = this.options;
    const late = setTimeout(() => {
      this.#late.add(job);
      this.#killIfAlone();
    }, GRACE);
    const over = setTimeout(() => this.#supervisor.kill(), Math.max(GRACE, patience));
    const stop = (): void => {
      clearTimeout(late);
      clearTimeout(over);
      this.#late.delete(job);
    };
    job.result.then(stop, stop);
  }

  /**
   * Kills the process where nothing but what should have stopped runs, or too much of that. Jobs beside
   * it begin again in the next one.
   */
  #killIfAlone(): void {
    const running = [...this.#running.values()];
    const isAlone = running.every((job) => job.stopped);
    const isLate = this.#stuck > 0 || running.some((job) => this.#late.has(job));
    if ((isAlone && isLate) || this.#stuck > MOST_STUCK) this.#supervisor.kill();
  }

  #ready(): void {
    this.#questions.askAgain();
    this.#pump();
  }

  /** Hands out what may run, and says whether the process is needed. */
  #pump(): void {
    while (this.#supervisor.state === 'ready' && this.#running.size < this.options.jobs) {
      const job = this.#queue.take();
      if (!job) break;
      this.#running.set(job.id, job);
      job.start(() => this.#stop(job, timeoutError(job.name, job.timeLimit)));
      this.#supervisor.send({ type: 'run', id: job.id, request: job.request });
    }
    const busyNow = this.#running.size + this.#queue.length + this.#questions.open > 0;
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
        this.#questions.reject(message.id, error);
        return this.#ended(message.id, (job) => job.fail(job.stopped ?? error));
      }
      case 'answer':
        this.#questions.resolve(message.id, message.answer);
        return this.#pump();
      case 'stuck':
        this.#stuck = message.threads;
        return this.#killIfAlone();
    }
  }

  #ended(id: number, settle: (job: Job) => void): void {
    const job = this.#running.get(id);
    this.#running.delete(id);
    if (job) settle(job);
    this.#pump();
    this.#killIfAlone();
  }

  #gone(exit: EngineExit, meant: boolean): void {
    const jobs = [...this.#running.values()];
    this.#running.clear();
    this.#stuck = 0;
    const lost = jobs.filter((job) => job.stopped || !meant);
    for (const job of lost) job.fail(job.stopped ?? lostError(job.name, exit));
    // Killed because of another job that would not stop: these begin again.
    const innocent = jobs.filter((job) => !lost.includes(job));
    for (const job of innocent) job.pause();
    this.#queue.putBack(innocent);
    if (!meant) this.#questions.fail(lostError('an enquiry', exit));
    if (!this.#closing) this.#pump();
  }

  #givenUp(exit: EngineExit): void {
    for (const job of this.#queue.clear()) job.fail(givenUpError(exit));
  }
}
