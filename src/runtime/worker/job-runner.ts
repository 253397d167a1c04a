import { openFfmpeg } from '../../av/ffmpeg/open';
import { cancelled, LipwireError, serializeError, type StageSettings } from '../../contract';
import { STAGES, type Stage, type StageName } from '../../stages';
import { emptyFolder, madeFiles } from './made-files';
import type { About, Answers, FromEngine, JobRequest, JobResult, Question } from './protocol';
import { throttleProgress } from './throttle';

type Send = (message: FromEngine) => void;

/** Runs stages inside the engine process. */
export class JobRunner {
  readonly #aborts = new Map<number, AbortController>();
  readonly #running = new Set<Promise<void>>();

  /** @param stagesModule a module that exports `STAGES`; empty: the catalogue of stages */
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
        // What fails after a cancellation fails because of it.
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

  /** Answers a question and never rejects. */
  async answer(id: number, question: Question, about?: unknown): Promise<void> {
    try {
      const find = this.#answers[question] as (about: unknown) => Promise<Answers[Question]>;
      this.send({ type: 'answer', id, answer: await find(about) });
    } catch (thrown) {
      this.send({ type: 'failed', id, error: serializeError(thrown) });
    }
  }

  readonly #answers: { [Q in Question]: (about: About<Q>) => Promise<Answers[Q]> } = {
    ffmpeg: async () => {
      const { version, ffmpegPath, ffprobePath } = await openFfmpeg(this.settings.ffmpegPath);
      return { version, ffmpegPath, ffprobePath };
    },
    health: async () => (await import('./health.js')).health(this.settings.ffmpegPath),
    voices: async () => (await import('../../tts/voices.js')).allVoices(),
    devices: async () => (await import('../../ml/onnx/device-checks.js')).deviceChecks(),
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
      const output = await stage(request.input, request.parameters, {
        signal,
        folder: request.folder,
        settings: this.settings,
        progress: (update) => progress.push(update),
      });
      const files = await madeFiles(request.folder, signal);
      return { output, files, startedAt, endedAt: now() };
    } finally {
      progress.end();
    }
  }

  async #load<S extends StageName>(name: S): Promise<Stage<S>> {
    const stages = this.stagesModule
      ? ((await import(this.stagesModule)) as { STAGES: typeof STAGES }).STAGES
      : STAGES;
    const entry = stages[name];
    if (!entry) throw new LipwireError('E_INTERNAL', `There is no stage called ${name}.`);
    return entry.load();
  }
}

/** Milliseconds since the epoch, on a clock that never goes back. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
