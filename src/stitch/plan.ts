/** What goes where in a stitched video; arithmetic only. */
import {
  crossFadeFrames,
  fpsOf,
  framesForDuration,
  LIMITS,
  samplesForFrames,
  stitchedFrames,
  stitchedStarts,
  type ClipBackdrop,
  type FrameRate,
} from '../contract';
import { OUTPUT_SAMPLE_RATE } from '../av/encoding';
import { even } from '../av/encoding';

/** A clip as it comes. */
export interface SourceClip {
  file: string;
  width: number;
  height: number;
  rate: FrameRate;
  frames: number;
  hasSound: boolean;
  /** Written by writeClip: colours and time stamps are known to be right. */
  isMaster: boolean;
  /** What the file's frames lie on, where they are only the part that moves. */
  backdrop?: ClipBackdrop;
}

export interface PlannedClip extends SourceClip {
  /** Frames at the video's rate. */
  outFrames: number;
  /** First frame, and first sample, in the video. */
  startFrame: number;
  startSample: number;
  /** Samples per channel. */
  samples: number;
}

export interface StitchWishes {
  transition: string;
  /** Seconds. */
  transitionLength: number;
  /** Pixels; 0 is by the largest clip. */
  width: number;
  height: number;
  fit: 'contain' | 'cover' | 'stretch';
  /** 0 is the first clip's. */
  rate: FrameRate | undefined;
}

export interface StitchPlan {
  clips: PlannedClip[];
  width: number;
  height: number;
  fit: StitchWishes['fit'];
  rate: FrameRate;
  /** `cut`, or one of xfade's. */
  transition: string;
  crossFade: number;
  frames: number;
  /** Samples per channel. */
  samples: number;
  /** Set where all clips move on one backdrop: they are joined without it. */
  shared: ClipBackdrop | undefined;
  notes: string[];
}

/**
 * Lays out at least one clip.
 * @param backdrop the one that all clips have
 */
export function planStitch(
  sources: readonly SourceClip[],
  wishes: StitchWishes,
  backdrop?: ClipBackdrop,
): StitchPlan {
  const notes: string[] = [];
  const rate = wishes.rate ?? sources[0].rate;
  const counts = sources.map((clip) => convertedFrames(clip, rate));
  const crossFade = chooseCrossFade(counts, rate, wishes, notes);
  const starts = stitchedStarts(counts, crossFade);
  const at = (frame: number): number => samplesForFrames(frame, rate, OUTPUT_SAMPLE_RATE);
  const clips = sources.map((clip, index) => {
    const outFrames = counts[index];
    const startFrame = starts[index];
    const startSample = at(startFrame);
    const samples = at(startFrame + outFrames) - startSample;
    return { ...clip, outFrames, startFrame, startSample, samples };
  });
  const frames = stitchedFrames(counts, crossFade);
  const transition = crossFade === 0 ? 'cut' : wishes.transition;
  const size = chooseSize(sources, wishes, notes);
  const keepsSize = clips.every((clip) => isAlike(size, clip));
  return {
    ...{ clips, rate, transition, crossFade, frames, notes, fit: wishes.fit },
    ...size,
    shared: keepsSize && PIXELWISE.includes(transition) ? backdrop : undefined,
    samples: at(frames),
  };
}

/** Transitions that mix each pixel with the other clip's at the same place, and nothing else. */
const PIXELWISE = ['cut', 'fade'];

/** Whether a clip's pixels are the video's as they are. */
export function isAlike(size: { width: number; height: number }, clip: SourceClip): boolean {
  return clip.isMaster && clip.width === size.width && clip.height === size.height;
}

/** Frames of a clip at another rate: enough to hold all of it, none at the same rate. */
function convertedFrames({ frames, rate }: SourceClip, to: FrameRate): number {
  if (rate.num * to.den === to.num * rate.den) return frames;
  return framesForDuration((frames * rate.den) / rate.num, to);
}

/** Half of the shortest clip at most, so that no moment lies under two cross-fades. */
function chooseCrossFade(
  counts: readonly number[],
  rate: FrameRate,
  { transition, transitionLength }: StitchWishes,
  notes: string[],
): number {
  if (counts.length < 2 || transition === 'cut') return 0;
  const wanted = crossFadeFrames(transitionLength, rate);
  const most = Math.floor(counts.reduce((a, b) => Math.min(a, b)) / 2);
  if (wanted <= most) return wanted;
  const seconds = (most / fpsOf(rate)).toFixed(2);
  notes.push(
    `The cross-fade was shortened from ${wanted} to ${most} frames (${seconds} s), half of the shortest clip.`,
  );
  return most;
}

/** Even, within 1080p either way up; a missing side follows from the largest clip's shape. */
function chooseSize(
  sources: readonly SourceClip[],
  wishes: StitchWishes,
  notes: string[],
): { width: number; height: number } {
  const largest = sources.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
  const shape = largest.width / largest.height;
  const width = wishes.width || (wishes.height ? wishes.height * shape : largest.width);
  const height = wishes.height || (wishes.width ? wishes.width / shape : largest.height);
  const { renderedLongSide, renderedShortSide } = LIMITS;
  const scale = Math.min(
    1,
    renderedLongSide / Math.max(width, height),
    renderedShortSide / Math.min(width, height),
  );
  const size = { width: even(width * scale), height: even(height * scale) };
  if (scale < 1) {
    const from = `${Math.round(width)}×${Math.round(height)}`;
    notes.push(`The picture was limited from ${from} to ${size.width}×${size.height}.`);
  }
  return size;
}
