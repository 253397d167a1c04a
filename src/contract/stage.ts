/** What a stage is: a pure step from artifacts and parameters to artifacts (docs/design.md section 3). */
import type { ParameterTable, ValuesOf } from './parameters';
import { serializeError, type ErrorCode } from './errors';

/** Progress of a job, as a union that is told apart by `type`. */
export type Progress =
  /** Waiting; `position` 0 is next. */
  | { type: 'queued'; position: number }
  /** Work that comes before the work, such as converting a model on first use. */
  | { type: 'preparing'; what: string }
  /** `done` never falls and never exceeds `total` within one job. */
  | {
      type: 'running';
      done: number;
      total: number;
      unit: 'frames' | 'seconds' | 'segments' | 'steps';
    };

/** Share of the work that is done, 0…1. */
export function fraction(progress: Progress): number {
  if (progress.type !== 'running' || progress.total <= 0) return 0;
  return Math.min(1, Math.max(0, progress.done / progress.total));
}

/** Any sound, picture or video file that a user names. */
export interface MediaFile {
  kind: 'file';
  file: string;
}

/** A portrait. */
export interface PortraitFile extends MediaFile {
  /** Picture of the face that is meant, for `select: reference`. */
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
}

/** What a stage works with. */
export interface StageContext {
  /** Aborted when the run is cancelled; the stage then stops soon and throws E_CANCELLED. */
  readonly signal: AbortSignal;
  /** An empty folder of this run's own; published whole when the stage returns. */
  readonly folder: string;
  readonly settings: StageSettings;
  progress(update: Progress): void;
}

/** A file whose length is not known: at most what so large a file can hold. */
export interface UnknownLength {
  file: string;
  holds: 'sound' | 'video';
}

/** What is known of a stage without loading its work: Node-RED's own thread reads it. */
export interface StageDefinition<Input, Output, Table extends ParameterTable> {
  name: string;
  /** Part of every cache key: raise it when the same input gives another output. */
  version: number;
  parameters: Table;
  /**
   * Longest time that it may take, in seconds: `base`, and `each` for every unit of {@link length}. Far
   * more than slow machines need, so that what takes longer hangs. A studio's setting multiplies it.
   */
  timeLimit: { base: number; each: number };
  /** Length of the work: thousands of characters of text, or seconds of sound or video. */
  length(input: Input): number | UnknownLength;
  /** Carries the type of the output; never set. */
  readonly output?: Output;
  /** Files that the stage reads; their content is part of the cache key. */
  files(input: Input): string[];
  /**
   * What the output depends on besides the input and the parameters: the studio's settings, and
   * models by their content.
   * @returns plain JSON data, part of the cache key
   */
  cacheKey?(
    parameters: ValuesOf<Table>,
    settings: StageSettings,
    signal: AbortSignal,
  ): Promise<unknown>;
}

/** The work of a stage. */
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

/** Whether something can be used, with a few facts; if not, why, and what to do, in one sentence. */
export type Health<Facts = object> =
  ({ usable: true } & Facts) | { usable: false; code: ErrorCode; sentence: string };

/** The health of what `look` tries out: its facts, or the error that it throws. Never rejects. */
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
