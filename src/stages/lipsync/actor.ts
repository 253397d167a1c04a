/** What an engine is given, and what it gives to the stage. */
import type { listen } from '../../lipsync';
import type { ClipReport, FacePayload, FrameRate, LipsyncEngine, SpeechPayload } from '../../media';
import type { Backdrop } from '../../video';
import type { Portrait } from '../portrait';
import type { StageContext, StageParameters } from '../stage';
import type { Footage } from './footage';

export interface Scene {
  face: FacePayload;
  /** WAV file. */
  sound: string;
  heard: Awaited<ReturnType<typeof listen>>;
  cues: SpeechPayload['cues'];
  rate: FrameRate;
  /** The frames that hold the whole speech. */
  frameCount: number;
  parameters: StageParameters<'wav2lip'>;
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
  engine: LipsyncEngine;
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
