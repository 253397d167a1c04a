/** What an engine is given, and what it gives to the stage. */
import type { listen } from '../../lipsync';
import type { ClipReport, FrameRate, LipsyncEngine, SpeechPayload } from '../../media';
import type { Portrait } from '../portrait';
import type { StageContext, StageParameters } from '../stage';

export interface Scene {
  portrait: Portrait;
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

/** Renders the part of the portrait that moves. */
export interface Actor {
  engine: LipsyncEngine;
  frameCount: number;
  region: { x: number; y: number; width: number; height: number };
  /** rgb24 of the region's size. */
  frames(signal: AbortSignal): AsyncIterable<Buffer>;
  /** What is known once all frames are made. */
  report(): Pick<ClipReport, 'openness' | 'drivenBy' | 'silentFrames' | 'seam'>;
}
