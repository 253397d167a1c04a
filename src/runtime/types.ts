/** The public types of the studio. */
import type { InputLimits, SerializedError } from '../contract';
import type { DeviceCheck } from './worker/health';
import type { Answers } from './worker/protocol';
import type { RunObserver } from './run-events';
import type { WorkerState } from './worker/client';
import type { WebRules } from '../net/rules';
import type { StageName } from '../stages';

/** Settings of a studio; everything has a default. */
export interface StudioOptions {
  /** Folder for everything that is made; empty: LIPWIRE_WORKSPACE, else a folder of the user's own in the system's temporary folder. */
  workspace?: string;
  /** Size that the workspace is swept down to, in bytes. */
  maxBytes?: number;
  /** Artifacts that nobody used for so long are swept, in hours. */
  maxAgeHours?: number;
  /** Folder for models; empty: LIPWIRE_MODELS, else a per-user cache folder. */
  models?: string;
  /** Path of FFmpeg; empty: environment, then PATH. */
  ffmpeg?: string;
  /** `auto`, `cpu`, `cuda`, `webgpu`, `directml` or `coreml`. */
  device?: string;
  /** Jobs at once; 0: two where there are two cores, else one. */
  jobs?: number;
  /** Most messages that wait; 0 and nothing: `LIMITS.waiting`. */
  queueLimit?: number;
  /** Multiplies the time that stages may take (see their definitions); 0: without limit. */
  timeLimit?: number;
  /** Limits of what comes from outside; 0 and nothing: `INPUT_LIMITS`. */
  limits?: Partial<InputLimits>;
  /** Whether pictures and sounds may be got from web addresses. */
  acceptWeb?: boolean;
  /** Whether the licences of models for non-commercial use are accepted. */
  acceptNonCommercial?: boolean;
  /** The worker process ends after so many seconds without work. */
  idleSeconds?: number;
  /** Takes what is of interest to somebody who looks for a fault; nothing is printed otherwise. */
  log?: (level: 'debug' | 'warn', text: string) => void;
  /** A module that exports `STAGES` as src/stages.ts does, in its place. */
  stagesModule?: string;
  /** Which web addresses may be asked, in place of those of the public internet. */
  webRules?: WebRules;
}

/** How one run is done and watched. */
export interface RunOptions {
  /** Aborting it cancels the run: the promise rejects with E_CANCELLED at once. */
  signal?: AbortSignal;
  /** Higher runs first; equals run in the order they came. 0 when left out. */
  priority?: number;
  /** Told what becomes of the run; never after the promise has settled. */
  observe?: RunObserver;
}

/** Work done and saved since the studio was made. */
export interface StageStats {
  /** Jobs that the worker did to their end. */
  runs: number;
  /** Outputs that were there already. */
  hits: number;
  /** Runs that joined one in progress. */
  shared: number;
}

export type StudioStats = Record<StageName, StageStats>;

/** The voices of tts, and the variants that go with each of them. */
export type Voices = Answers['voices'];

/** What a studio has to work with. */
export interface Equipment {
  ffmpeg: Diagnostics['ffmpeg'];
  devices: DeviceCheck[] | { error: SerializedError };
  /** The device that is set. */
  device: string;
}

/** What a person who helps somebody else wants to know. Plain JSON. */
export interface Diagnostics {
  lipwire: string;
  node: string;
  platform: string;
  cpus: number;
  memoryBytes: number;
  /** Installed versions of the libraries; null: not installed. */
  libraries: Record<string, string | null>;
  ffmpeg: { version: string; ffmpegPath: string; ffprobePath: string } | { error: SerializedError };
  engine: WorkerState;
  workspace:
    | { folder: string; bytes: number; artifacts: number; maxBytes: number; maxAgeHours: number }
    | { error: SerializedError };
  modelsFolder: string;
  stats: StudioStats;
}
