/** The public types of the studio. */
import type { InputLimits, SerializedError, ServerName, ServerSettings } from '../contract';
import type { DeviceCheck } from './worker/health';
import type { Answers } from './worker/protocol';
import type { RunObserver } from './run-events';
import type { WorkerState } from './worker/client';
import type { WebRules } from '../net/rules';
import type { StageName } from '../stages';

/** Everything has a default. */
export interface StudioOptions {
  /** Folder of the cache; empty: LIPWIRE_WORKSPACE, else a folder of the user in the system's temporary folder. */
  workspace?: string;
  /** Size that the workspace is swept down to, in bytes. */
  maxBytes?: number;
  /** Hours after their last use in which artifacts are swept. */
  maxAgeHours?: number;
  /** Folder for models; empty: LIPWIRE_MODELS, else a per-user cache folder. */
  models?: string;
  /** Path of FFmpeg; empty: environment, then PATH. */
  ffmpeg?: string;
  /** `auto`, `cpu`, `cuda`, `webgpu`, `directml` or `coreml`. */
  device?: string;
  /** Jobs at once; 0: two where there are two cores, else one. */
  jobs?: number;
  /** Most waiting messages; 0 or nothing: `LIMITS.waiting`. */
  queueLimit?: number;
  /** Multiplies the time limits of stages; 0: without limit. */
  timeLimit?: number;
  /** Of inputs; 0 or nothing: `INPUT_LIMITS`. */
  limits?: Partial<InputLimits>;
  /** Whether pictures and sounds may be downloaded. */
  acceptWeb?: boolean;
  /** Whether the licences of models for non-commercial use are accepted. */
  acceptNonCommercial?: boolean;
  /** Servers that voices may come from; what is left out comes from `LIPWIRE_<NAME>_ADDRESS`, `_KEY`, `_MODEL` and `_VOICE`. */
  servers?: Partial<Record<ServerName, Partial<ServerSettings>>>;
  /** Seconds without work after which the worker process ends. */
  idleSeconds?: number;
  log?: (level: 'debug' | 'warn', text: string) => void;
  /** A module that exports `STAGES` in place of src/stages.ts. */
  stagesModule?: string;
  /** Allowed web addresses, in place of the public internet's. */
  webRules?: WebRules;
}

export interface RunOptions {
  /** Cancels the run: the promise rejects with E_CANCELLED at once. */
  signal?: AbortSignal;
  /** Higher goes first; 0 by default. */
  priority?: number;
  /** Not called after the promise has settled. */
  observe?: RunObserver;
}

/** Since the studio was made. */
export interface StageStats {
  /** Jobs that the worker finished. */
  runs: number;
  /** Cached outputs. */
  hits: number;
  /** Runs that joined a running one. */
  shared: number;
}

export type StudioStats = Record<StageName, StageStats>;

export type Voices = Answers['voices'];
export type EngineTest = Answers['engine'];

export interface Equipment {
  ffmpeg: Diagnostics['ffmpeg'];
  devices: DeviceCheck[] | { error: SerializedError };
  /** As set. */
  device: string;
}

/** Facts for a fault report. Plain JSON. */
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
