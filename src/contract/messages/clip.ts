import type { SpeechLoudness } from './loudness';

/** What ran the lip-sync. */
export interface LipsyncEngine {
  model: string;
  device: string;
  /** Of Wav2Lip: `fp32`, `fp16` or `int8`. */
  precision?: string;
  /** Why this model, device or precision was taken, where `auto` chose. */
  reason?: string;
}

/** How the rendering went. */
export interface ClipReport {
  /** Seconds that the stage took. */
  seconds: number;
  /** Seconds of video a second of work. */
  speed: number;
  /** Frames in which no face was found; they are the video's own. */
  framesWithoutFace: number;
  /** First and last frame of each such part of the clip; the first hundred. */
  withoutFace?: [first: number, last: number][];
  /** Mouth openness of the clip, 0…1; of the built-in engine. */
  openness?: { mean: number; max: number };
  /** Where the mouth shapes came from. */
  drivenBy: 'cues' | 'sound';
  /** Shift of the picture against the sound, in seconds. */
  offset: number;
  /** Frames that show the portrait's own mouth because nobody speaks; of Wav2Lip. */
  silentFrames?: number;
  /** Mean difference of neighbouring pixels where the new mouth ends, and before it was there; of 255. */
  seam?: { seam: number; original: number };
  /**
   * dB in which the network agrees with fp32 on the CPU, where it is not that: of int8 on the frames
   * that it was calibrated on.
   */
  psnr?: number;
  /** What was out of the ordinary, in sentences. */
  notes?: string[];
}

/** The still picture behind the part of a clip that moves. */
export interface ClipBackdrop {
  /** One picture of the clip's size: bare yuv420p (BT.709, limited range). */
  file: string;
  /** Where the moving part lies on it, in pixels; all four even. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A rendered segment: picture and sound of one piece of speech. */
export interface ClipPayload {
  kind: 'clip';
  /** MP4 that a browser plays. */
  file: string;
  /** The same picture and sound without loss; stitch reads this, so that only it encodes. */
  master?: string;
  /** Where set, the master's frames are only the part that moves, and lie on this picture. */
  backdrop?: ClipBackdrop;
  duration: number;
  fps: number;
  frames: number;
  width: number;
  height: number;
  text?: string;
  language?: string;
  loudness?: SpeechLoudness;
  engine: LipsyncEngine;
  report: ClipReport;
}
