/** Background work on models, polled by the editor; one list per models folder. */
import { cancelled, type SerializedError, serializeError } from '../../contract';

/** Plain JSON. */
export interface ModelTask {
  /** The model's name, or for a file that is added its file name. */
  name: string;
  work: 'pull' | 'add' | 'verify';
  state: 'running' | 'done' | 'failed' | 'cancelled';
  progress: ModelProgress | null;
  error: Pick<SerializedError, 'code' | 'message'> | null;
}

interface Running {
  task: ModelTask;
  abort: AbortController;
  ended: Promise<void>;
}

/** Most tasks that are remembered. */
const MOST = 50;

export class ModelTasks {
  readonly #tasks = new Map<string, Running>();

  /** The latest task of each name. */
  get list(): ModelTask[] {
    return [...this.#tasks.values()].map(({ task }) => structuredClone(task));
  }

  /** Starts a task; returns the one that runs under that name already. */
  start(
    work: ModelTask['work'],
    name: string,
    run: (options: WorkOptions) => Promise<unknown>,
  ): ModelTask {
    const there = this.#tasks.get(name);
    if (there?.task.state === 'running') return structuredClone(there.task);
    this.#tasks.delete(name);
    const task: ModelTask = { name, work, state: 'running', progress: null, error: null };
    const abort = new AbortController();
    const onProgress = (progress: ModelProgress): void => {
      task.progress = progress;
    };
    const ended = run({ signal: abort.signal, onProgress }).then(
      () => {
        task.state = 'done';
      },
      (error: unknown) => {
        const { code, message } = serializeError(error);
        task.state = code === 'E_CANCELLED' ? 'cancelled' : 'failed';
        task.error = { code, message };
      },
    );
    this.#tasks.set(name, { task, abort, ended });
    this.#forgetOld();
    return structuredClone(task);
  }

  /** @returns false when none of that name is running */
  cancel(name: string): boolean {
    const there = this.#tasks.get(name);
    if (there?.task.state !== 'running') return false;
    there.abort.abort(cancelled());
    return true;
  }

  /** Cancels everything and resolves when it has ended. */
  async close(): Promise<void> {
    const all = [...this.#tasks.values()];
    for (const { abort } of all) abort.abort(cancelled());
    await Promise.all(all.map(({ ended }) => ended));
  }

  #forgetOld(): void {
    for (const [name, { task }] of this.#tasks) {
      if (this.#tasks.size <= MOST) return;
      if (task.state !== 'running') this.#tasks.delete(name);
    }
  }
}

/** In bytes. */
export interface ModelProgress {
  doing: 'downloading' | 'copying' | 'checking';
  done: number;
  total: number;
}

export interface WorkOptions {
  signal?: AbortSignal;
  /** `done` rises while `doing` stays, unless a server starts again from the beginning. */
  onProgress?: (progress: ModelProgress) => void;
}

/** A signal that is never aborted, where the caller has none. */
export function signalOf({ signal }: WorkOptions): AbortSignal {
  return signal ?? new AbortController().signal;
}
