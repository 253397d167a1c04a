/**
 * What the worker process and its parent say to each other. Both directions are unions that are told
 * apart by `type`. Everything is plain JSON.
 */
import type { Progress, SerializedError, StageSettings } from '../../contract';
import type { Voices } from '../../tts/voices';
import type { HealthPart, WorkerHealth } from './health';
import type { Previews } from '../../face/previews';
import type { StageInput, StageName, StageOutput, StageParameters } from '../../stages';

/** One piece of work. `folder` is the job's own and is emptied before the stage starts. */
export interface JobRequest<S extends StageName = StageName> {
  stage: S;
  input: StageInput<S>;
  parameters: StageParameters<S>;
  folder: string;
}

/** A file that a stage made; `path` is relative to the job's folder, with `/` between its parts. */
export interface MadeFile {
  path: string;
  size: number;
  /** Of its content, in hexadecimal digits. */
  sha256: string;
}

/** What a finished job hands back. */
export interface JobResult<S extends StageName = StageName> {
  output: StageOutput<S>;
  files: MadeFile[];
  /** Milliseconds since the epoch, with fractions, by the worker's clock. */
  startedAt: number;
  endedAt: number;
}

/** What can be asked of the worker beside jobs, and what it answers. */
export interface Answers {
  /** The parts that were asked for. */
  health: Partial<WorkerHealth>;
  voices: Voices;
  portrait: Previews['portrait']['answer'];
  clip: Previews['clip']['answer'];
}

export type Question = keyof Answers;

/** What a question is about; plain JSON. Most are about nothing. */
export type About<Q extends Question> = Q extends keyof Previews
  ? Previews[Q]['about']
  : Q extends 'health'
    ? readonly HealthPart[] | undefined
    : undefined;

/** Parent to worker. `open` comes first and once. */
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
  /** The end of a job or question that could not be done. */
  | { type: 'failed'; id: number; error: SerializedError }
  /** So many threads do work that nobody waits for and that cannot be stopped. */
  | { type: 'stuck'; threads: number }
  /** The last words before the process ends because of a defect. */
  | { type: 'fatal'; error: SerializedError };
