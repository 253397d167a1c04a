/** What an engine is given, and what it gives to the stage. */
import type { listen } from './sound/listen';
import type {
  ClipReport,
  FacePayload,
  FrameRate,
  ClipEngine,
  SpeechPayload,
  StageContext,
} from '../contract';
import type { Backdrop } from '../av/clip-writer';
import type { Portrait } from './portrait';
import type { Footage } from './footage';
import type { LipsyncParameters } from './stage';

export interface Scene {
  face: FacePayload;
  /** WAV file. */
  sound: string;
  heard: Awaited<ReturnType<typeof listen>>;
  cues: SpeechPayload['cues'];
  rate: FrameRate;
  /** The frames that hold the whole speech. */
  frameCount: number;
  parameters: LipsyncParameters;
  context: StageContext;
}

export interface StillScene extends Scene {
  portrait: Portrait;
}

export interface VideoScene extends Scene {
  footage: Footage;
}

/** Renders a face that speaks. */
export interface Actor {
  engine: ClipEngine;
  frameCount: number;
  /** Of the clip; even. */
  width: number;
  height: number;
  /** Behind the part that moves, where the rest stands still. */
  backdrop?: Backdrop;
  /** rgb24 of the backdrop's part; without a backdrop, whole frames in yuv420p. */
  frames(signal: AbortSignal): AsyncIterable<Buffer>;
  /** What is known once all frames are made. */
  report(): Partial<ClipReport> & Pick<ClipReport, 'drivenBy'>;
  close(): Promise<void>;
}
