/** The whole pipeline as one function, for the command line and scripts. */
import { setMaxListeners } from 'node:events';
import {
  cancelled,
  type ClipPayload,
  type FacePayload,
  type Note,
  type SpeechPayload,
  type VideoPayload,
  objectSource,
  resolveParameters,
  type ParameterTable,
} from '../contract';
import { StageProgress, type OnStageProgress } from './run-events';
import type { Studio } from './studio';
import type { HlsFiles } from '../hls/stage';
import {
  STAGES,
  type StageInput,
  type StageName,
  type StageOutput,
  type StageParameters,
} from '../stages';

export interface RenderRequest {
  /** Either what is said… */
  text?: string;
  /** …or a file with speech. */
  audio?: string;
  /** A picture or a video. */
  face: string;
  /** Picture of the wanted face, for `select: reference`. */
  reference?: string;
  /** Settings that differ from the defaults, by stage. */
  parameters?: { [S in StageName]?: Partial<StageParameters<S>> };
  /** Whether to make an HLS stream as well. */
  hls?: boolean;
  signal?: AbortSignal;
  onProgress?: OnStageProgress;
}

/** Seconds in which at least one job of a stage ran in the worker; 0: all was cached. */
export interface StageSeconds {
  stage: StageName;
  seconds: number;
}

export interface Rendered {
  video: VideoPayload;
  clips: ClipPayload[];
  /** Where the result will likely disappoint. */
  notes: Note[];
  stream?: HlsFiles;
  stages: StageSeconds[];
  seconds: number;
}

/**
 * Text (or a sound) and a face to a video. Segments overlap: while one is rendered the next is spoken.
 * When one fails, the others are cancelled.
 * @throws what {@link Studio.run} throws
 */
export async function renderVideo(studio: Studio, request: RenderRequest): Promise<Rendered> {
  const start = performance.now();
  const rendering = new Rendering(studio, request);
  try {
    const [face, pieces] = await Promise.all([rendering.face(), rendering.pieces()]);
    const clips = await Promise.all(pieces.map((piece) => rendering.clip(piece, face)));
    const video = await rendering.run('stitch', { clips });
    const stream = request.hls ? await rendering.run('hls-export', video) : undefined;
    const seconds = (performance.now() - start) / 1000;
    const notes = rendering.notes;
    const made = { video, clips, notes, ...(stream && { stream }) };
    return { ...made, stages: rendering.progress.seconds, seconds };
  } finally {
    rendering.end();
  }
}

type Piece = () => Promise<SpeechPayload>;

/** One rendering. */
class Rendering {
  readonly progress: StageProgress;
  readonly #abort = new AbortController();
  readonly #pins: (() => void)[] = [];
  readonly #onAbort = (): void => this.#abort.abort(cancelled());
  /** By code and text: later stages pass on what earlier ones said. */
  readonly #notes = new Map<string, Note>();

  constructor(
    private readonly studio: Studio,
    private readonly request: RenderRequest,
  ) {
    // One listener a segment.
    setMaxListeners(0, this.#abort.signal);
    this.progress = new StageProgress(request.onProgress);
    if (request.signal?.aborted) this.#onAbort();
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Cancels what still runs after a failure, and unpins the files. */
  end(): void {
    this.request.signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort();
    for (const unpin of this.#pins) unpin();
  }

  /** What the results of all stages say. */
  get notes(): Note[] {
    return [...this.#notes.values()];
  }

  face(): Promise<FacePayload> {
    const { face: file, reference } = this.request;
    return this.run('face-detect', { kind: 'file', file, ...(reference && { reference }) });
  }

  async pieces(): Promise<Piece[]> {
    const { text = '', audio } = this.request;
    if (audio !== undefined) return [() => this.run('loudnorm', { kind: 'file', file: audio })];
    const { segments } = await this.run('text-segment', { kind: 'text', text });
    this.progress.expect(['tts', 'loudnorm', 'wav2lip'], segments.length);
    return segments.map(
      (segment) => async () => this.run('loudnorm', await this.run('tts', segment)),
    );
  }

  async clip(piece: Piece, face: FacePayload): Promise<ClipPayload> {
    const clip = await this.run('wav2lip', { speech: await piece(), face });
    for (const file of [clip.file, clip.master ?? clip.file])
      this.#pins.push(this.studio.pin(file));
    return clip;
  }

  async run<S extends StageName>(stage: S, input: StageInput<S>): Promise<StageOutput<S>> {
    try {
      const made = await this.studio.run(stage, input, this.#parameters(stage), {
        signal: this.#abort.signal,
        observe: this.progress.observer(stage),
      });
      const { notes } = made as { notes?: Note[] | null };
      for (const note of notes ?? []) this.#notes.set(`${note.code} ${note.text}`, note);
      return made;
    } catch (error) {
      // The first failure is reported; the rest stops.
      this.#onAbort();
      throw error;
    }
  }

  #parameters<S extends StageName>(stage: S): StageParameters<S> {
    const table: ParameterTable = STAGES[stage].parameters;
    const given = objectSource(`${stage}.`, this.request.parameters?.[stage] ?? {});
    return resolveParameters(table, [given]) as StageParameters<S>;
  }
}
