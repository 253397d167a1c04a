/** The parent's side of the worker: hands it jobs and questions, and survives its process. */
import { cancelled, deserializeError, LipwireError } from '../../contract';
import type { LocalQueue, QueuedJob } from '../queue';
import { WorkerProcess, type ProcessOptions, type WorkerExit } from './process';
import type { About, Answers, FromWorker, Question } from './protocol';

export interface WorkerOptions extends ProcessOptions {
  /** Jobs at once. */
  jobs: number;
  /** Milliseconds that a stopped job may go on while others run beside it. */
  patience?: number;
}

export interface WorkerState {
  state: 'stopped' | 'starting' | 'ready';
  pid?: number;
  jobs: number;
  running: number;
  queued: number;
  /** Starts and losses of the process. */
  starts: number;
  losses: number;
}

interface Asked {
  question: Question;
  about: unknown;
  resolve(answer: Answers[Question]): void;
  reject(error: LipwireError): void;
}

/**
 * Milliseconds that a job gets to stop before the process is killed: {@link GRACE} where it runs alone,
 * {@link PATIENCE} beside others, which would have to start again. Most of what cannot be interrupted
 * (decoding a picture, one run of a network, loading a library) is over by then.
 */
const GRACE = 800;
const PATIENCE = 5000;

/** Threads that may be stuck beside jobs, of the four in the process's pool. */
const MOST_STUCK = 1;

/** Runs the jobs of a queue in one child process. */
export class WorkerClient {
  readonly #running = new Map<number, QueuedJob>();
  readonly #asked = new Map<number, Asked>();
  /** Jobs that have not stopped in time. */
  readonly #late = new Set<QueuedJob>();
  readonly #process: WorkerProcess;
  /** Threads of the process with abandoned work that cannot be interrupted. */
  #stuck = 0;
  #nextId = 1;
  #closing: Promise<void> | undefined;

  constructor(
    private readonly options: WorkerOptions,
    private readonly queue: LocalQueue,
  ) {
    this.#process = new WorkerProcess(options, {
      onReady: () => {
        for (const [id, { question, about }] of this.#asked) this.#ask(id, question, about);
        this.#pump();
      },
      onMayStart: () => this.#pump(),
      onMessage: (message) => this.#receive(message),
      onGone: (exit, isMeant) => this.#gone(exit, isMeant),
      onGivenUp: (exit) => queue.fail(givenUpError(exit)),
    });
    queue.onJob = () => this.#pump();
  }

  get state(): WorkerState {
    const { state, pid, starts, losses } = this.#process;
    return {
      state,
      ...(pid !== undefined && { pid }),
      jobs: this.options.jobs,
      running: this.#running.size,
      queued: this.queue.jobs,
      starts,
      losses,
    };
  }

  /** Asks the worker, beside its jobs; starts it where needed. */
  ask<Q extends Question>(
    question: Q,
    ...[about]: About<Q> extends undefined ? [] : [About<Q>]
  ): Promise<Answers[Q]> {
    if (this.#closing) return Promise.reject(cancelled());
    const id = this.#nextId++;
    const answer = new Promise<Answers[Q]>((resolve, reject) => {
      this.#asked.set(id, { question, about, resolve: resolve as Asked['resolve'], reject });
    });
    if (this.#process.state === 'ready') this.#ask(id, question, about);
    this.#pump();
    return answer;
  }

  /** Cancels everything and ends the process. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.queue.close();
    for (const job of this.#running.values()) job.stopped ??= cancelled();
    await this.#process.close();
    this.#failQuestions(cancelled());
  }

  /** Starts waiting jobs; keeps the process, or lets it idle. */
  #pump(): void {
    while (this.#process.state === 'ready' && this.#running.size < this.options.jobs) {
      const job = this.queue.take();
      if (!job) break;
      const id = this.#nextId++;
      this.#running.set(id, job);
      job.start(() => this.#stop(id, job));
      const { stage, input, parameters, folder } = job.job;
      this.#process.send({ type: 'run', id, request: { stage, input, parameters, folder } });
    }
    if (this.#running.size + this.queue.jobs + this.#asked.size > 0) this.#process.need();
    else this.#process.rest();
  }

  #ask(id: number, question: Question, about: unknown): void {
    this.#process.send({ type: 'ask', id, question, about });
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'progress':
        return this.#running.get(message.id)?.progress(message.progress);
      case 'done':
        this.#process.worked();
        return this.#ended(message.id, (job) => job.finish(message.result));
      case 'failed': {
        const error = deserializeError(message.error);
        this.#process.worked();
        this.#answered(message.id)?.reject(error);
        return this.#ended(message.id, (job) => job.fail(job.stopped ?? error));
      }
      case 'answer':
        this.#answered(message.id)?.resolve(message.answer);
        return this.#pump();
      case 'stuck':
        this.#stuck = message.threads;
        return this.#killIfAlone();
    }
  }

  #answered(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #failQuestions(error: LipwireError): void {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  #ended(id: number, settle: (job: QueuedJob) => void): void {
    const job = this.#running.get(id);
    this.#running.delete(id);
    if (job) settle(job);
    this.#pump();
    this.#killIfAlone();
  }

  #stop(id: number, job: QueuedJob): void {
    this.#process.send({ type: 'cancel', id });
    // Native code that blocks the process does not notice.
    const late = setTimeout(() => {
      this.#late.add(job);
      this.#killIfAlone();
    }, GRACE);
    const patience = Math.max(GRACE, this.options.patience ?? PATIENCE);
    const over = setTimeout(() => this.#process.kill(), patience);
    const forget = (): void => {
      clearTimeout(late);
      clearTimeout(over);
      this.#late.delete(job);
    };
    job.result.then(forget, forget);
  }

  /**
   * Kills the process where only stopped jobs run and one is late, or too many threads are stuck. Other
   * jobs start again in the next process.
   */
  #killIfAlone(): void {
    const running = [...this.#running.values()];
    const isAlone = running.every((job) => job.stopped);
    const isLate = this.#stuck > 0 || running.some((job) => this.#late.has(job));
    if ((isAlone && isLate) || this.#stuck > MOST_STUCK) this.#process.kill();
  }

  #gone(exit: WorkerExit, isMeant: boolean): void {
    const jobs = [...this.#running.values()];
    this.#running.clear();
    this.#stuck = 0;
    const innocent: QueuedJob[] = [];
    for (const job of jobs) {
      if (job.stopped || !isMeant) job.fail(job.stopped ?? lostError(job.job.stage, exit));
      else innocent.push(job);
    }
    // Killed for another job's sake: these start again.
    this.queue.putBack(innocent);
    if (!isMeant) this.#failQuestions(lostError('an enquiry', exit));
    if (!this.#closing) this.#pump();
  }
}

function lostError(doing: string, exit: WorkerExit): LipwireError {
  return engineLost(
    `Expected the engine process to finish ${doing} but it ended`,
    exit,
    'send the message again, and if it happens again free some memory or set fewer jobs at once',
  );
}

function givenUpError(exit: WorkerExit): LipwireError {
  return engineLost(
    'Expected the engine process to start but it ended several times',
    exit,
    'see the details of this error for what it printed, then send the message again',
  );
}

function engineLost(sentence: string, exit: WorkerExit, remedy: string): LipwireError {
  const { signal, code, error, output } = exit;
  const how = signal ? `signal ${signal}` : `exit code ${code ?? 'unknown'}`;
  const why = error ? `, ${error.message.replace(/\.$/, '')}` : '';
  return new LipwireError('E_ENGINE_LOST', `${sentence} (${how}${why}); ${remedy}.`, {
    details: { signal, exitCode: code, output, cause: error },
  });
}
