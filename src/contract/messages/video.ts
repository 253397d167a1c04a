import type { LoudnessMeasure } from './loudness';

export interface Chapter {
  title: string;
  start: number;
  end: number;
}

/** The finished video. */
export interface VideoPayload {
  kind: 'video';
  /** MP4 with fast start. */
  file: string;
  duration: number;
  fps: number;
  frames: number;
  width: number;
  height: number;
  chapters: Chapter[];
  /** WebVTT file. */
  captions?: string;
  /** BCP 47 language of the captions. */
  language?: string;
  loudness?: LoudnessMeasure;
  /** What stitching noticed. */
  report?: StitchReport;
}

export interface StitchReport {
  clips: number;
  /** Cross-fade in frames; 0 is a cut. */
  crossFadeFrames: number;
  /** Seconds of audible speech that lie under a cross-fade. */
  fadedSpeech: number;
  notes: string[];
}
