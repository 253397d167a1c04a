/** What a stage is: a pure step from artifacts and parameters to artifacts (docs/design.md section 3). */
import type { ParameterTable, ValuesOf } from './parameters';
import { serializeError, type ErrorCode } from './errors';
import type { Cue } from './payloads';
import type { Servers } from './servers';

export type Progress =
  /** Waiting; `position` 0 is next. */
  | { type: 'queued'; position: number }
  /** Preparation, such as converting a model on first use. */
  | { type: 'preparing'; what: string }
  /** `done` never falls and never exceeds `total` within one job. */
  | {
      type: 'running';
      done: number;
      total: number;
      unit: 'frames' | 'seconds' | 'segments' | 'steps';
    };

/** Share of the work, 0…1. */
export function fraction(progress: Progress): number {
  if (progress.type !== 'running' || progress.total <= 0) return 0;
  return Math.min(1, Math.max(0, progress.done / progress.total));
}

/** A user's sound, picture or video file. */
export interface MediaFile {
  kind: 'file';
  file: string;
}

/** A sound, with the cues that somebody has for it. */
export interface SoundFile extends MediaFile {
  cues?: Cue[];
}

/** A portrait. */
export interface PortraitFile extends MediaFile {
  /** Picture of the wanted face, for `select: reference`. */
  reference?: string;
}

/** Settings of the studio that stages need. */
export interface StageSettings {
  /** Path of FFmpeg from the studio's setting; empty: environment, then PATH. */
  ffmpegPath: string;
  /** Folder for models and for networks converted on first use. */
  modelsFolder: string;
  /** `auto`, `cpu`, `cuda`, `webgpu`, `directml` or `coreml`. */
  device: string;
  acceptNonCommercial: boolean;
  /** Servers that voices may come from; none where left out. */
  servers?: Servers;
}

export interface StageContext {
  /** Aborted when the run is cancelled; the stage then stops soon and throws E_CANCELLED. */
  readonly signal: AbortSignal;
  /** The run's own empty folder; published whole when the stage returns. */
  readonly folder: string;
  readonly settings: StageSettings;
  progress(update: Progress): void;
  /** What is made is taken from the cache for so many seconds only: it stands in for something better. */
  keepFor?(seconds: number): void;
}

/** A file of unknown length: as long as its size allows. */
export interface UnknownLength {
  file: string;
  holds: 'sound' | 'video';
}

/** What Node-RED's thread knows of a stage without loading its work. */
export interface StageDefinition<Input, Output, Table extends ParameterTable> {
  name: string;
  /** Part of every cache key: raise it when the same input gives another output. */
  version: number;
  parameters: Table;
  /**
   * Seconds: `base`, and `each` for every unit of {@link length}. Far more than slow machines need:
   * what takes longer hangs. A studio's setting multiplies it.
   */
  timeLimit: { base: number; each: number };
  /** Length of the work: thousands of characters of text, or seconds of sound or video. */
  length(input: Input): number | UnknownLength;
  /** For its type; never set. */
  readonly output?: Output;
  /** Files that the stage reads; their content is part of the cache key. */
  files(input: Input): string[];
  /**
   * What the output depends on besides input and parameters: settings, and models by their content.
   * @returns plain JSON, part of the cache key
   */
  cacheKey?(
    parameters: ValuesOf<Table>,
    settings: StageSettings,
    signal: AbortSignal,
  ): Promise<unknown>;
}

export type StageRun<Input, Output, Values> = (
  input: Input,
  parameters: Values,
  context: StageContext,
) => Promise<Output>;

/** The work that belongs to a definition. */
export type RunOf<Definition> =
  Definition extends StageDefinition<infer Input, infer Output, infer Table>
    ? StageRun<Input, Output, ValuesOf<Table>>
    : never;

/** Facts, or the error's code and sentence. */
export type Health<Facts = object> =
  ({ usable: true } & Facts) | { usable: false; code: ErrorCode; sentence: string };

/** Never rejects. */
export async function healthOf<Facts extends object>(
  look: () => Facts | Promise<Facts>,
): Promise<Health<Facts>> {
  try {
    return { usable: true, ...(await look()) };
  } catch (thrown) {
    const { code, message } = serializeError(thrown);
    return { usable: false, code, sentence: message };
  }
}
