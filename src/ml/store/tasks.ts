/**
 * Long work on models that goes on without somebody waiting for it, and is asked after: what the
 * editor needs. One of these serves everybody who works with a folder.
 */
import { cancelled, serializeError, type SerializedError } from '../../contract';

/** How a piece of work is. Plain JSON. */
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

/** So many that ended are remembered. */
const MOST = 50;

export class ModelTasks {
  readonly #tasks = new Map<string, Running>();

  /** All work since the start, the latest one of each name. */
  get list(): ModelTask[] {
    return [...this.#tasks.values()].map(({ task }) => structuredClone(task));
  }

  /** Starts work; where there is some with that name already, that is what is returned. */
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

  /** Cancels work. @returns false when none of that name is running */
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

/** How far a download, a copy or a check is, in bytes. */
export interface ModelProgress {
  doing: 'downloading' | 'copying' | 'checking';
  done: number;
  total: number;
}

export interface WorkOptions {
  signal?: AbortSignal;
  /** `done` rises within one kind of work, unless a server has to start from the beginning again. */
  onProgress?: (progress: ModelProgress) => void;
}

/** A signal that is never aborted, where the caller has none. */
export function signalOf({ signal }: WorkOptions): AbortSignal {
  return signal ?? new AbortController().signal;
}
