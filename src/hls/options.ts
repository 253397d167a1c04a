import type { Ffmpeg } from '../av/ffmpeg/types';
import type { LadderStep } from './ladder';
import type { HlsSource } from './source';

export interface HlsOptions {
  ffmpeg: Ffmpeg;
  source: HlsSource;
  steps: readonly LadderStep[];
  /** Frames of a segment. */
  segmentFrames: number;
  /** The source's own groups of pictures fit into segments. */
  keepsGroups: boolean;
  container: 'fmp4' | 'ts';
  captions: string | undefined;
  language: string | undefined;
  folder: string;
  signal: AbortSignal;
  /** Called with the seconds that are written. */
  onProgress(seconds: number): void;
}

/** The file name of each playlist but the master. */
export const MEDIA_PLAYLIST = 'index.m3u8';
