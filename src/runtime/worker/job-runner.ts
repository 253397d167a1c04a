import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  cancelled,
  LipwireError,
  serializeError,
  type Progress,
  type StageSettings,
} from '../../contract';
import { hashFile } from '../../files/hash-file';
import { stagesOf, type Stage, type StageName } from '../../stages';
import type {
  About,
  Answers,
  FromWorker,
  JobRequest,
  JobResult,
  MadeFile,
  Question,
} from './protocol';

type Send = (message: FromWorker) => void;

/** Runs stages inside the worker process. */
export class JobRunner {
  readonly #aborts = new Map<number, AbortController>();
  readonly #running = new Set<Promise<void>>();

  constructor(
    private readonly settings: StageSettings,
    private readonly stagesModule: string,
    private readonly send: Send,
  ) {}

  /** Runs a job and reports its end; never rejects. */
  run(id: number, request: JobRequest): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    const ended = this.#run(id, request, abort.signal)
      .then((result) => this.send({ type: 'done', id, result }))
      .catch((thrown: unknown) => {
        // What fails after a cancellation counts as cancelled.
        const error = serializeError(abort.signal.aborted ? cancelled() : thrown);
        this.send({ type: 'failed', id, error });
      })
      .finally(() => {
        this.#aborts.delete(id);
        this.#running.delete(ended);
      });
    this.#running.add(ended);
    return ended;
  }

  cancel(id: number): void {
    this.#aborts.get(id)?.abort(cancelled());
  }

  /** Cancels every job and resolves when all have stopped. */
  async cancelAll(): Promise<void> {
    for (const id of this.#aborts.keys()) this.cancel(id);
    await Promise.all(this.#running);
  }

  /** Answers a question; never rejects. */
  async answer(id: number, question: Question, about?: unknown): Promise<void> {
    try {
      const find = this.#answers[question] as (about: unknown) => Promise<Answers[Question]>;
      this.send({ type: 'answer', id, answer: await find(about) });
    } catch (thrown) {
      this.send({ type: 'failed', id, error: serializeError(thrown) });
    }
  }

  readonly #answers: { [Q in Question]: (about: About<Q>) => Promise<Answers[Q]> } = {
    health: async (parts) => (await import('./health.js')).health(this.settings, parts),
    voices: async () => (await import('../../tts/voices.js')).allVoices(this.settings),
    engine: async (id) => (await import('../../tts/voices.js')).testEngine(id, this.settings),
    portrait: async (about) => {
      const { previewPortrait } = await import('../../face/preview-portrait.js');
      return previewPortrait(about, this.settings);
    },
    clip: async (about) => {
      const { previewClip } = await import('../../face/preview-clip.js');
      return previewClip(about, this.settings);
    },
  };

  async #run(id: number, request: JobRequest, signal: AbortSignal): Promise<JobResult> {
    const startedAt = now();
    const progress = throttleProgress((update) =>
      this.send({ type: 'progress', id, progress: update }),
    );
    try {
      await emptyFolder(request.folder);
      const stage = await this.#load(request.stage);
      let keepFor: number | undefined;
      const output = await stage(request.input, request.parameters, {
        signal,
        folder: request.folder,
        settings: this.settings,
        progress: (update) => progress.push(update),
        keepFor: (seconds) => (keepFor = seconds),
      });
      const files = await madeFiles(request.folder, signal);
      const kept = keepFor === undefined ? {} : { keepFor };
      return { output, files, ...kept, startedAt, endedAt: now() };
    } finally {
      progress.end();
    }
  }

  async #load<S extends StageName>(name: S): Promise<Stage<S>> {
    const entry = stagesOf(this.stagesModule)[name];
    if (!entry) throw new LipwireError('E_INTERNAL', `There is no stage called ${name}.`);
    return entry.load();
  }
}

/** Milliseconds since the epoch, monotonic. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Makes a job's folder, and empties that of a job that starts again. */
export async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/**
 * All files under a folder with sizes and hashes, in the order of their paths.
 * @throws E_INTERNAL when a stage left anything but files and folders
 */
export async function madeFiles(folder: string, signal: AbortSignal): Promise<MadeFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: MadeFile[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile()) {
      throw new LipwireError('E_INTERNAL', `A stage left ${entry.name}, which is not a file.`);
    }
    files.push({
      path: path.relative(folder, file).split(path.sep).join('/'),
      size: (await stat(file)).size,
      sha256: await hashFile(file, { signal }),
    });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Least milliseconds between two updates of one job. */
const INTERVAL = 50;

/** Passes on at most 20 updates a second, and always the last one, at `end`. */
export function throttleProgress(send: (progress: Progress) => void) {
  let held: Progress | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  function flush(): void {
    timer = undefined;
    if (!held) return;
    send(held);
    held = undefined;
    timer = setTimeout(flush, INTERVAL);
  }

  return {
    push(progress: Progress): void {
      if (ended) return;
      held = progress;
      if (!timer) flush();
    },
    end(): void {
      ended = true;
      clearTimeout(timer);
      if (held) send(held);
      held = undefined;
    },
  };
}
