/** The running and the last ended jobs of all stage nodes, for the editor's sidebar. */
import {
  cancelled,
  serializeError,
  type LipwireError,
  type Note,
  type Progress,
  fraction,
} from '../../src/contract';
import type { RunObserver, RunReport } from '../../src/runtime/run-events';
import { STAGES, type StageName, type StageInput, type StageOutput } from '../../src/stages';
import path from 'node:path';
import type { NodeMessage } from 'node-red';
import { partsOf } from './parts';

/** Ended jobs that are kept. */
const REMEMBERED = 200;

export type JobState = 'queued' | 'preparing' | 'running' | 'done' | 'failed' | 'cancelled';

export interface NewJob {
  node: { id: string; name?: string };
  stage: StageName;
  text: string;
  stop(error: LipwireError): void;
}

/** Times are milliseconds since the epoch. */
interface JobEntry extends NewJob {
  id: string;
  state: JobState;
  progress: Progress;
  cameAt: number;
  startedAt?: number;
  endedAt?: number;
  /** Of the sound or video that it reads, or made. */
  seconds?: number;
  report?: RunReport;
  error?: { code: string; message: string };
  /** Sound or video that it made. */
  file?: string;
  /** Path of the player page, under Node-RED's HTTP root. */
  watchUrl?: string;
  notes?: Note[];
}

/** `live` and `ended` are cut short; `counts` are of all. */
export interface BoardView {
  counts: Record<JobState, number>;
  /** Running first, then waiting, oldest first. */
  live: ShownJob[];
  /** Newest first. */
  ended: ShownJob[];
}

/** By which a node reports on its job. */
export interface JobWatch {
  observe: RunObserver;
  takes(seconds: number | undefined): void;
  /** The job has not ended yet. */
  made(result: Pick<JobEntry, 'file' | 'watchUrl' | 'seconds' | 'notes'>): void;
  /** @param error undefined: done where {@link made} was called, else cancelled */
  end(error?: Error): void;
}

export class JobBoard {
  readonly #live = new Map<string, JobEntry>();
  /** Newest last. */
  readonly #ended = new Map<string, JobEntry>();
  readonly #listeners = new Set<() => void>();
  #count = 0;

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
        // It refers to the message.
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

  /** @param most jobs of either kind */
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

  /** Number of jobs that have not ended. */
  get live(): number {
    return this.#live.size;
  }

  fileOf(id: string): string | undefined {
    return this.#ended.get(id)?.file;
  }

  /** Cancels one job, or all. @returns how many */
  cancel(id?: string): number {
    const one = this.#live.get(id ?? '');
    const jobs = id === undefined ? [...this.#live.values()] : one ? [one] : [];
    for (const { stop } of jobs) stop(cancelled('The job was cancelled in the sidebar.'));
    return jobs.length;
  }

  /** @returns ends the listening */
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

/** One for the process; outlives a deploy. */
export const board = new JobBoard();

/** Share of the work below which the time left is not estimated. */
const ENOUGH = 0.02;

/** A job as the sidebar gets it: plain JSON, without paths. */
export interface ShownJob {
  id: string;
  node: { id: string; name?: string };
  stage: string;
  text: string;
  state: JobState;
  /** 0…1. */
  share: number;
  /** Milliseconds since the epoch. */
  cameAt: number;
  endedAt?: number;
  /** Seconds of work so far. */
  took?: number;
  /** Estimated seconds of work left. */
  left?: number;
  /** Seconds of sound or video a second of work. */
  speed?: number;
  cached?: boolean;
  error?: { code: string; message: string };
  media?: 'audio' | 'video';
  watchUrl?: string;
  /** Where the result will likely disappoint. */
  notes?: Note[];
}

/** @param now milliseconds since the epoch */
function shownJob(entry: JobEntry, now: number): ShownJob {
  const { id, node, stage, text, state, progress, cameAt, endedAt, error, watchUrl } = entry;
  const { notes } = entry;
  const share = state === 'done' ? 1 : fraction(progress);
  const took = tookOf(entry, now);
  const { file, report } = entry;
  return {
    ...{ id, node, stage, text, state, share, cameAt, endedAt, error, watchUrl, took },
    ...(state === 'running' && took && share > ENOUGH && { left: (took * (1 - share)) / share }),
    ...speedOf(entry, took, share),
    ...(report?.cached && { cached: true }),
    ...(notes && { notes }),
    ...(file && state === 'done' && { media: mediaOf(file) }),
  };
}

/** Seconds, by the worker's clock where known. */
function tookOf({ report, startedAt, endedAt }: JobEntry, now: number): number | undefined {
  if (report) return report.cached ? undefined : (report.endedAt - report.startedAt) / 1000;
  return startedAt === undefined ? undefined : ((endedAt ?? now) - startedAt) / 1000;
}

function speedOf(
  { state, seconds }: JobEntry,
  took: number | undefined,
  share: number,
): { speed?: number } {
  const isKnown = state === 'done' || (state === 'running' && share > ENOUGH);
  return isKnown && took && seconds ? { speed: (seconds * share) / took } : {};
}

function mediaOf(file: string): 'audio' | 'video' {
  const isSound = ['.wav', '.mp3', '.flac', '.ogg', '.m4a'].includes(path.extname(file));
  return isSound ? 'audio' : 'video';
}

/** Characters of a text that are shown. */
const LONGEST = 160;

/** Fields of any payload. */
interface Known {
  kind?: unknown;
  text?: unknown;
  file?: unknown;
  duration?: unknown;
  watchUrl?: unknown;
  title?: unknown;
  chapters?: unknown;
}

/** The text of messages, in order, cut short. */
export function textOf(messages: readonly NodeMessage[]): string {
  const index = (msg: NodeMessage): number => Number(partsOf(msg)?.index ?? 0);
  const sorted = [...messages].sort((a, b) => index(a) - index(b));
  const texts = sorted.flatMap(({ payload }) => (Array.isArray(payload) ? payload : [payload]));
  const all = texts.map((payload: unknown) => {
    if (typeof payload === 'string') return payload;
    const { text, chapters } = known(payload);
    if (typeof text === 'string') return text;
    const titles = Array.isArray(chapters) ? chapters.map((each) => known(each).title) : [];
    return titles.filter((title) => typeof title === 'string').join(' ');
  });
  const text = all
    .join(' ')
    .slice(0, 2 * LONGEST)
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Seconds of the sound or video that a stage reads. */
export function secondsOf<S extends StageName>(stage: S, input: StageInput<S>): number | undefined {
  return known(input).kind === 'text' ? undefined : numberOf(STAGES[stage].length(input));
}

/** What a stage made that can be played. */
export function resultOf<S extends StageName>(
  stage: S,
  result: StageOutput<S>,
  input: StageInput<S>,
  messages: readonly NodeMessage[],
): Pick<JobEntry, 'file' | 'watchUrl' | 'seconds' | 'notes'> {
  // A playlist is not one file; the video that it was made from is.
  const { file } = known(stage === 'hls-export' ? input : result);
  const { watchUrl } = known(messages[0]?.payload);
  const notes = notesOf(result);
  const isPlayable = !['text-segment', 'face-detect'].includes(stage);
  return {
    seconds: numberOf(known(result).duration),
    ...(notes && { notes }),
    ...(isPlayable && typeof file === 'string' && { file }),
    ...(typeof watchUrl === 'string' && watchUrl.startsWith('/') && { watchUrl }),
  };
}

/** Notes that are shown of a result. */
const MOST_NOTES = 20;

/** What a result says of itself; undefined where nothing. */
export function notesOf(result: unknown): Note[] | undefined {
  const { notes } = (result ?? {}) as { notes?: unknown };
  if (!Array.isArray(notes)) return undefined;
  const whole = (notes as (Partial<Note> | null)[]).filter((note): note is Note => {
    return typeof note?.code === 'string' && typeof note.text === 'string';
  });
  return whole.length > 0 ? whole.slice(0, MOST_NOTES) : undefined;
}

function known(value: unknown): Known {
  return typeof value === 'object' && value !== null ? value : {};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
