import { cancelled, deserializeError } from '../../contract';
import type { EngineExit } from './engine-process';
import type { EngineState } from './engine-state';
import { Job, type SubmitOptions } from './job';
import { JobQueue } from './job-queue';
import { givenUpError, lostError, timeoutError } from './lost-error';
import type { About, Answers, FromEngine, JobRequest, JobResult, Question } from './protocol';
import { Questions } from './questions';
import { Stops } from './stops';
import { Supervisor, type SupervisorOptions } from './supervisor';
import type { StageName } from '../../stages';

export interface EngineOptions extends SupervisorOptions {
  /** Jobs at once. */
  jobs: number;
  /** Milliseconds that a job which does not stop may go on while others run beside it. */
  patience?: number;
}

/** A job that was handed over. */
export interface Submitted<S extends StageName> {
  /** Settles when the job has ended and touches its folder no more. */
  result: Promise<JobResult<S>>;
  /** Gives a waiting job a higher priority. */
  raise(priority: number): void;
}

/** The engine as its parent sees it: jobs go in, results come out, whatever becomes of the process. */
export class Engine {
  readonly #queue = new JobQueue<Job>();
  readonly #running = new Map<number, Job>();
  readonly #questions: Questions;
  readonly #supervisor: Supervisor;
  readonly #stops: Stops;
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
    this.#stops = new Stops(this.#supervisor, this.#running, options.patience);
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
    else this.#stops.stop(job, cancelled());
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
      job.start(() => this.#stops.stop(job, timeoutError(job.name, job.timeLimit)));
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
        return this.#stops.stuck(message.threads);
    }
  }

  #ended(id: number, settle: (job: Job) => void): void {
    const job = this.#running.get(id);
    this.#running.delete(id);
    if (job) settle(job);
    this.#pump();
    this.#stops.killIfAlone();
  }

  #gone(exit: EngineExit, meant: boolean): void {
    const jobs = [...this.#running.values()];
    this.#running.clear();
    this.#stops.gone();
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
