/** The messages between the worker process and its parent; plain JSON. */
import type { Progress, SerializedError, StageSettings } from '../../contract';
import type { EngineTest, Voices } from '../../tts/voices';
import type { HealthPart, WorkerHealth } from './health';
import type { Previews } from '../../face/previews';
import type { StageInput, StageName, StageOutput, StageParameters } from '../../stages';

/** `folder` is the job's own, emptied before the stage starts. */
export interface JobRequest<S extends StageName = StageName> {
  stage: S;
  input: StageInput<S>;
  parameters: StageParameters<S>;
  folder: string;
}

/** `path` is relative to the job's folder, with `/`. */
export interface MadeFile {
  path: string;
  size: number;
  /** Hexadecimal. */
  sha256: string;
}

export interface JobResult<S extends StageName = StageName> {
  output: StageOutput<S>;
  files: MadeFile[];
  /** Seconds for which the cache gives it; left out: always. */
  keepFor?: number;
  /** Milliseconds since the epoch, with fractions, by the worker's clock. */
  startedAt: number;
  endedAt: number;
}

/** Questions to the worker beside jobs. */
export interface Answers {
  /** The requested parts. */
  health: Partial<WorkerHealth>;
  voices: Voices;
  engine: EngineTest;
  portrait: Previews['portrait']['answer'];
  clip: Previews['clip']['answer'];
}

export type Question = keyof Answers;

export type About<Q extends Question> = Q extends keyof Previews
  ? Previews[Q]['about']
  : Q extends 'health'
    ? readonly HealthPart[] | undefined
    : Q extends 'engine'
      ? string
      : undefined;

/** Parent to worker; `open` first and once. */
export type ToWorker =
  | { type: 'open'; settings: StageSettings; stagesModule: string }
  | { type: 'run'; id: number; request: JobRequest }
  | { type: 'cancel'; id: number }
  | { type: 'ask'; id: number; question: Question; about?: unknown }
  /** Cancel everything and end. */
  | { type: 'close' };

/** Worker to parent. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'progress'; id: number; progress: Progress }
  | { type: 'done'; id: number; result: JobResult }
  | { type: 'answer'; id: number; answer: Answers[Question] }
  /** Ends a job or question. */
  | { type: 'failed'; id: number; error: SerializedError }
  /** Number of threads with abandoned work that cannot be interrupted. */
  | { type: 'stuck'; threads: number }
  /** An uncaught exception; the process then ends. */
  | { type: 'fatal'; error: SerializedError };
