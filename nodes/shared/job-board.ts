/** The jobs of all stage nodes of this process, for the editor's sidebar: those under way, and the last that ended. */
import { cancelled, serializeError, type LipwireError, type Progress } from '../../src/contract';
import type { RunObserver, RunReport } from '../../src/runtime/run-events';
import { shownJob, type ShownJob } from './shown-job';
import type { StageName } from '../../src/stages';

/** Ended jobs that are remembered. */
const REMEMBERED = 200;

export type JobState = 'queued' | 'preparing' | 'running' | 'done' | 'failed' | 'cancelled';

/** What a node says of a job when it takes it. */
export interface NewJob {
  node: { id: string; name?: string };
  stage: StageName;
  text: string;
  /** Ends the job with that error. */
  stop(error: LipwireError): void;
}

/** What is known of a job. Times are milliseconds since the epoch. */
export interface JobEntry extends NewJob {
  id: string;
  state: JobState;
  progress: Progress;
  cameAt: number;
  startedAt?: number;
  endedAt?: number;
  /** Seconds of what it works on, or made. */
  seconds?: number;
  report?: RunReport;
  error?: { code: string; message: string };
  /** Sound or video that it made. */
  file?: string;
  /** Path of the player page, under Node-RED's HTTP root. */
  watchUrl?: string;
}

/** What the sidebar is shown: not all where there are very many, but all are counted. */
export interface BoardView {
  counts: Record<JobState, number>;
  /** Running first, then waiting in the order they came. */
  live: ShownJob[];
  /** The newest first. */
  ended: ShownJob[];
}

/** By which a node tells how its job goes. */
export interface JobWatch {
  /** Watches the run of its stage. */
  observe: RunObserver;
  /** What it works on. */
  takes(seconds: number | undefined): void;
  /** What it made; it has not ended with that. */
  made(result: Pick<JobEntry, 'file' | 'watchUrl' | 'seconds'>): void;
  /** @param error undefined: what it made was sent, or else it was cancelled */
  end(error?: Error): void;
}

export class JobBoard {
  readonly #live = new Map<string, JobEntry>();
  /** The newest last. */
  readonly #ended = new Map<string, JobEntry>();
  readonly #listeners = new Set<() => void>();
  #count = 0;

  /** A job has come. */
  add(job: NewJob): JobWatch {
    const id = String((this.#count += 1));
    const progress: Progress = { type: 'queued', position: 0 };
    const entry: JobEntry = { ...job, id, state: 'queued', progress, cameAt: Date.now() };
    this.#live.set(id, entry);
    let isMade = false;
    const change = (update: Partial<JobEntry>): void => {
      if (!this.#live.has(id)) return;
      Object.assign(entry, update);
      this.#tell();
    };
    this.#tell();
    return {
      observe: (event) => {
        if (event.type === 'started') change({ startedAt: Date.now() });
        if (event.type === 'progress') {
          change({ progress: event.progress, state: event.progress.type });
        }
        if (event.type === 'done') change({ report: event.report });
      },
      takes: (seconds) => change({ seconds }),
      made: (result) => {
        isMade = true;
        change({ ...result, seconds: result.seconds ?? entry.seconds });
      },
      end: (error) => {
        if (!this.#live.delete(id)) return;
        const failure = error && serializeError(error);
        entry.state = stateOf(failure?.code, isMade);
        entry.endedAt = Date.now();
        // It would hold on to the message.
        entry.stop = () => undefined;
        if (failure && entry.state === 'failed') {
          entry.error = { code: failure.code, message: failure.message };
        }
        this.#ended.set(id, entry);
        for (const oldest of this.#ended.keys()) {
          if (this.#ended.size <= REMEMBERED) break;
          this.#ended.delete(oldest);
        }
        this.#tell();
      },
    };
  }

  /** What the sidebar shows, with at most so many jobs of either kind. */
  view(most: number): BoardView {
    const counts = { queued: 0, preparing: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
    const working: JobEntry[] = [];
    const waiting: JobEntry[] = [];
    for (const entry of this.#live.values()) {
      counts[entry.state] += 1;
      (entry.state === 'queued' ? waiting : working).push(entry);
    }
    for (const { state } of this.#ended.values()) counts[state] += 1;
    const live = [...working, ...waiting].slice(0, most);
    const ended = [...this.#ended.values()].reverse().slice(0, most);
    const now = Date.now();
    const shown = (entry: JobEntry): ShownJob => shownJob(entry, now);
    return { counts, live: live.map(shown), ended: ended.map(shown) };
  }

  /** How many have not ended. */
  get live(): number {
    return this.#live.size;
  }

  /** The sound or video that a job made. */
  fileOf(id: string): string | undefined {
    return this.#ended.get(id)?.file;
  }

  /** Cancels one job, or all that have not ended; says how many that were. */
  cancel(id?: string): number {
    const one = this.#live.get(id ?? '');
    const jobs = id === undefined ? [...this.#live.values()] : one ? [one] : [];
    for (const { stop } of jobs) stop(cancelled('The job was cancelled in the sidebar.'));
    return jobs.length;
  }

  /** Calls back after every change, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function stateOf(code: string | undefined, isMade: boolean): JobState {
  if (code === 'E_CANCELLED') return 'cancelled';
  if (code) return 'failed';
  return isMade ? 'done' : 'cancelled';
}

/** One board for the whole process; it outlives a deploy. */
export const board = new JobBoard();
