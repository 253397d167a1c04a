import type { FrameRate } from '../../contract';
import type { SoundFeatures } from '../sound/analysis';
import type { MouthNetwork } from './mouth-network';

/** What Wav2Lip is given for a picture and for a video alike. */
export interface EngineOptions {
  network: MouthNetwork;
  /** The mel window of every frame. */
  windows: AsyncIterable<Float32Array>;
  features: SoundFeatures;
  rate: FrameRate;
  frameCount: number;
  /** Seconds by which the mouth is late; for the gate, the windows have it already. */
  offset: number;
  silenceGate: boolean;
  /** Frames computed at once. */
  batch: number;
}

/** Frames between two turns of the event loop, so that a cancellation is heard. */
export const FRAMES_A_TURN = 8;
