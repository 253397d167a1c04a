/** Reports a node's status: what its jobs do, at most twice a second. */
import type { NodeStatus, NodeAPI } from 'node-red';
import {
  fraction,
  type ErrorCode,
  type Note,
  type Progress,
  isCancelled,
  toLipwireError,
} from '../../src/contract';
import type { RunObserver } from '../../src/runtime/run-events';

/** Least time between two updates, in milliseconds. */
const INTERVAL = 500;
/** Milliseconds; shorter work shows only its result. */
const PATIENCE = 150;

/** What the status shows when nothing runs. */
type Outcome =
  | { type: 'done'; key?: string; values?: TextValues; note?: string }
  | { type: 'collecting'; held: number; count?: number }
  | { type: 'cancelled' }
  | { type: 'failed'; code: ErrorCode };

/** A piece of a text. */
export interface Piece {
  index: number;
  count: number;
}

/** By which a job reports its status. */
export interface JobStatus {
  observe: RunObserver;
  end(outcome: Outcome): void;
}

interface ActiveJob {
  piece?: Piece;
  progress: Progress;
}

export class StatusReporter {
  readonly #jobs = new Set<ActiveJob>();
  #outcome: Outcome | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #shownAt = -Infinity;
  #shown = '';
  #closed = false;

  constructor(
    private readonly show: (status: NodeStatus) => void,
    private readonly translate: Translate,
  ) {}

  /** Adds a job, which waits. */
  start(piece?: Piece): JobStatus {
    const job: ActiveJob = { piece, progress: { type: 'queued', position: 0 } };
    this.#jobs.add(job);
    this.#schedule();
    return {
      observe: (event) => {
        if (event.type !== 'progress') return;
        job.progress = event.progress;
        if (this.#jobs.has(job)) this.#schedule();
      },
      end: (outcome) => {
        if (!this.#jobs.delete(job)) return;
        this.#outcome = outcome;
        this.#schedule();
      },
    };
  }

  /** Shows how many pieces stitch has collected; 0: nothing. */
  collecting(held: number, count?: number): void {
    this.#outcome = held > 0 ? { type: 'collecting', held, count } : undefined;
    this.#schedule();
  }

  /** Clears the status for good. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.show({});
  }

  #schedule(): void {
    if (this.#closed) return;
    const now = performance.now();
    const patience = this.#jobs.size > 0 ? PATIENCE : 0;
    const due = Math.max(this.#shownAt + INTERVAL, now + patience);
    if (this.#timer && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, due - now));
    this.#timer.unref();
  }

  #flush(): void {
    this.#timer = undefined;
    const status = this.#current();
    const text = JSON.stringify(status);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#shownAt = performance.now();
    this.show(status);
  }

  #current(): NodeStatus {
    const jobs = [...this.#jobs];
    if (jobs.length === 0) return this.#final();
    const running = firstOf(jobs, 'running');
    if (running) return { fill: 'blue', shape: 'dot', text: this.#progressText(running) };
    if (firstOf(jobs, 'preparing')) {
      return { fill: 'yellow', shape: 'ring', text: this.translate('status.preparing') };
    }
    const text = this.translate('status.queued', { total: jobs.length });
    return { fill: 'blue', shape: 'ring', text };
  }

  #progressText({ piece, progress }: ActiveJob): string {
    const percent = Math.floor(fraction(progress) * 100);
    if (!piece || piece.count < 2) return this.translate('status.running', { percent });
    const { index, count } = piece;
    return this.translate('status.piece', { number: index + 1, total: count, percent });
  }

  #final(): NodeStatus {
    const outcome = this.#outcome;
    switch (outcome?.type) {
      case undefined:
        return {};
      case 'cancelled':
        return { fill: 'grey', shape: 'ring', text: this.translate('status.cancelled') };
      case 'failed':
        return { fill: 'red', shape: 'ring', text: this.translate(`failed.${outcome.code}`) };
      case 'collecting': {
        const { held, count: total } = outcome;
        const text = total
          ? this.translate('status.collectingOf', { held, total })
          : this.translate('status.collecting', { held });
        return { fill: 'blue', shape: 'ring', text };
      }
      case 'done': {
        const { key = 'done', values, note } = outcome;
        const text = this.translate(`status.${key}`, values);
        return { fill: 'green', shape: 'dot', text: note ? `${text} (${note})` : text };
      }
    }
  }
}

/** The job in that state whose piece comes first. */
function firstOf(jobs: readonly ActiveJob[], type: Progress['type']): ActiveJob | undefined {
  return jobs
    .filter((job) => job.progress.type === type)
    .sort((a, b) => (a.piece?.index ?? 0) - (b.piece?.index ?? 0))[0];
}

/** Catalogue of the shared texts: package name, then the studio's entry in package.json. */
const SHARED_TEXTS = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio';

export type TextValues = Record<string, string | number>;
type Translate = (key: string, values?: TextValues) => string;

/** A translator of the shared texts, for example `translate('status.done')`. */
export function sharedTexts(RED: NodeAPI): Translate {
  return (key, values = {}) => RED._(`${SHARED_TEXTS}.${key}`, values);
}

/** Notes that WebAssembly computed, which is several times slower. */
export function runtimeNote(engine: { device: string } | undefined): { note?: string } {
  return engine?.device === 'wasm' ? { note: 'WebAssembly' } : {};
}

/** Without an error: cancelled. */
export function outcomeOf(error: unknown): Outcome {
  if (error === undefined || isCancelled(error)) return { type: 'cancelled' };
  return { type: 'failed', code: toLipwireError(error).code };
}

/** The beginning of the first note of a result, as the note of a status. */
export function firstNote(notes: readonly Note[] | undefined): { note?: string } {
  const [first] = notes ?? [];
  // What carries a sentence is told without its head.
  const [short] = String(first?.values?.['what'] ?? first?.text ?? '').split(/[:;,]/);
  return short ? { note: short.length > 60 ? `${short.slice(0, 60)}…` : short } : {};
}
