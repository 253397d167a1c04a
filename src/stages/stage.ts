/** What a stage is: a pure step from artifacts and parameters to artifacts (docs/design.md section 3). */
import type { Ffmpeg } from '../ffmpeg';
import type {
  ClipPayload,
  FacePayload,
  Progress,
  Rendition,
  SpeechPayload,
  TextPayload,
  VideoPayload,
} from '../media';
import type { STAGE_PARAMETERS, ValuesOf } from './parameters';

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

/** What hls-export makes, before a node publishes it under a URL. */
export interface HlsFiles {
  kind: 'hls';
  folder: string;
  /** Master playlist. */
  playlist: string;
  /** First frame, JPEG, for the player. */
  poster: string;
  duration: number;
  renditions: Rendition[];
  segments: number;
}

/** Input and output of every stage. */
export interface StageTypes {
  'text-segment': { input: TextPayload; output: { segments: TextPayload[] } };
  tts: { input: TextPayload; output: SpeechPayload };
  loudnorm: { input: SpeechPayload | MediaFile; output: SpeechPayload };
  'face-detect': { input: PortraitFile; output: FacePayload };
  wav2lip: { input: { speech: SpeechPayload | MediaFile; face: FacePayload }; output: ClipPayload };
  stitch: { input: { clips: ClipPayload[] }; output: VideoPayload };
  'hls-export': { input: VideoPayload | ClipPayload | MediaFile; output: HlsFiles };
}

export type StageName = keyof StageTypes;
export type StageInput<S extends StageName> = StageTypes[S]['input'];
export type StageOutput<S extends StageName> = StageTypes[S]['output'];
export type StageParameters<S extends StageName> = ValuesOf<(typeof STAGE_PARAMETERS)[S]>;

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
  /** Aborted when the job is cancelled; the stage then stops soon and throws E_CANCELLED. */
  readonly signal: AbortSignal;
  /** An empty folder of this job's own; published whole when the stage returns. */
  readonly folder: string;
  readonly settings: StageSettings;
  progress(update: Progress): void;
  /** FFmpeg, checked once; throws E_FFMPEG_MISSING or E_FFMPEG_VERSION. */
  ffmpeg(): Promise<Ffmpeg>;
}

/** A stage's implementation; it runs in the engine process only. */
export type Stage<S extends StageName> = (
  input: StageInput<S>,
  parameters: StageParameters<S>,
  context: StageContext,
) => Promise<StageOutput<S>>;
