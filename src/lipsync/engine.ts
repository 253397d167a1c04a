/**
 * What a lip-sync engine is: a way of moving a face by a speech. An engine's definition is light, for
 * Node-RED's own thread reads it; its work is loaded in the worker process only (see engines.ts).
 */
import type { Backdrop } from '../av/clip-writer';
import type {
  ClipEngine,
  ClipReport,
  FacePayload,
  FaceSource,
  FrameRate,
  Health,
  Note,
  ParameterTable,
  SpeechPayload,
  StageContext,
  StageSettings,
  ValuesOf,
} from '../contract';
import type { SoundFeatures } from './sound';

export interface LipsyncEngine<Table extends ParameterTable = ParameterTable> {
  id: string;
  /** As a sentence calls it. */
  title: string;
  /** Those of {@link COMMON_PARAMETERS} that it heeds, and its own. */
  parameters: Table;
  /** What kinds of faces it moves. */
  accepts: Record<FaceSource['type'], boolean>;
  /** Its values of the setting `model`, the best first. It may know others, such as users' files. */
  models: readonly string[];
  /**
   * Whether a model can run now.
   * @returns undefined for a name that means nothing to this engine
   */
  health(
    model: string,
    settings: EngineSettings,
    signal?: AbortSignal,
  ): Promise<Health | undefined>;
  /**
   * What decides the pixels besides the parameters and the inputs, for example the hash of the
   * weights. Only called for a model that can run.
   */
  cacheKey(
    model: string,
    settings: StageSettings,
    signal: AbortSignal,
  ): Promise<Record<string, string>>;
}

/**
 * Prepares a face for any number of speeches.
 * @throws E_MODEL_INVALID, E_NATIVE; E_NO_FACE, E_INPUT for a face or parameters of no use
 */
export type OpenRenderer<Engine> =
  Engine extends LipsyncEngine<infer Table>
    ? (
        face: EngineFace,
        parameters: { model: string } & ValuesOf<Table>,
        context: StageContext,
      ) => Promise<Renderer>
    : never;

export type EngineSettings = Pick<StageSettings, 'modelsFolder' | 'acceptNonCommercial'>;

export interface EngineFace {
  face: FacePayload;
  /** Of the frames that are rendered. */
  rate: FrameRate;
}

/** A face that speaks one speech after the other. */
export interface Renderer {
  /** What runs, as the clip says it. */
  engine: ClipEngine;
  /** Of the clip; even. */
  width: number;
  height: number;
  /** Behind the part that moves, where the rest stands still. */
  backdrop?: Backdrop;
  /** Why clips of this face will likely disappoint. */
  notes?: Note[];
  render(speech: Speech, signal: AbortSignal): Promise<Rendering>;
  close(): Promise<void>;
}

export interface Speech {
  /** WAV file. */
  file: string;
  features: SoundFeatures;
  cues: SpeechPayload['cues'];
  /** The frames that hold the whole speech. */
  frameCount: number;
}

interface Rendering {
  frameCount: number;
  /**
   * rgb24 of the backdrop's part, in a buffer that is used again once the next frame is asked for;
   * without a backdrop, whole frames in yuv420p.
   */
  frames: AsyncIterable<Buffer>;
  /** What is known once all frames are made. */
  report(): Partial<ClipReport> & Pick<ClipReport, 'drivenBy'>;
}

/** In the dialog, for a model that may be the built-in engine. */
export const BUILTIN_ONLY = {
  section: 'builtin',
  when: { parameter: 'model', is: ['auto', 'builtin'] },
} as const;

/** Parameters that several engines heed. */
export const COMMON_PARAMETERS = {
  blinks: { type: 'flag', default: true, ...BUILTIN_ONLY },
  headMotion: { type: 'flag', default: false, ...BUILTIN_ONLY },
  /** Seconds by which the mouth is late (positive) or early (negative) against the sound. */
  offset: { type: 'number', default: 0, min: -1, max: 1, unit: 's', icon: 'fa-arrows-h' },
} as const satisfies ParameterTable;
