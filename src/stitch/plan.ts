/** The timeline of a stitched video; arithmetic only. */
import { even, OUTPUT_SAMPLE_RATE } from '../av/encoding';
import {
  type ClipBackdrop,
  crossFadeFrames,
  fpsOf,
  type FrameRate,
  framesForDuration,
  LIMITS,
  samplesForFrames,
  stitchedFrames,
  stitchedStarts,
} from '../contract';

export interface SourceClip {
  file: string;
  width: number;
  height: number;
  rate: FrameRate;
  frames: number;
  hasSound: boolean;
  /** Written by writeClip: colours and time stamps are known to be right. */
  isMaster: boolean;
  /** The still picture behind the frames, where these are only the moving part. */
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

interface StitchWishes {
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

/** At most half of the shortest clip, so that no two cross-fades overlap. */
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

/** Least audible RMS: −50 dBFS, some 34 dB below speech at −16 LUFS. */
const AUDIBLE = 32768 * 10 ** (-50 / 20);
/** Samples per channel that are judged together: 10 ms at 48 kHz. */
const WINDOW = 480;

/** Fades `from` out while `to` comes in, both equally long, with constant power. */
export function crossFade(from: Int16Array, to: Int16Array, channels: number): Int16Array {
  const result = new Int16Array(to.length);
  const samples = to.length / channels;
  for (let i = 0; i < result.length; i++) {
    const angle = ((Math.floor(i / channels) + 0.5) / samples) * (Math.PI / 2);
    const sum = (from[i] ?? 0) * Math.cos(angle) + to[i] * Math.sin(angle);
    result[i] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return result;
}

/** Samples per channel, in windows of 10 ms, in which one of two sounds is audible (RMS). */
export function audibleSamples(a: Int16Array, b: Int16Array, channels: number): number {
  const step = WINDOW * channels;
  let audible = 0;
  for (let start = 0; start < a.length; start += step) {
    const parts = [a, b].map((sound) => sound.subarray(start, start + step));
    if (parts.some((part) => rms(part) > AUDIBLE)) {
      audible += parts[0].length / channels;
    }
  }
  return audible;
}

function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}

export interface Section {
  /** Frames of the video; `end` is not included. */
  start: number;
  end: number;
  /** Clips with a part in it; `endClip` is not included. */
  firstClip: number;
  endClip: number;
}

/** Clips that begin in a section, roughly. */
const CLIPS_PER_SECTION = 8;

/**
 * Cuts a plan into sections, one FFmpeg process each, so that memory, command lines and open files do
 * not grow with the number of clips. Sections begin on key frames, across which the encoder does not
 * look: joined, they are byte for byte what one long run gives.
 * @param keyFrames frames between key frames
 */
export function sections({ clips, frames }: StitchPlan, keyFrames: number): Section[] {
  const borders = [0];
  for (let index = CLIPS_PER_SECTION; index < clips.length; index += CLIPS_PER_SECTION) {
    const border = Math.floor((clips[index]?.startFrame ?? 0) / keyFrames) * keyFrames;
    if (border > (borders.at(-1) as number)) borders.push(border);
  }
  return borders.map((start, index) => {
    const end = borders[index + 1] ?? frames;
    const firstClip = clips.findIndex((clip) => clip.startFrame + clip.outFrames > start);
    const after = clips.findIndex((clip) => clip.startFrame >= end);
    return { start, end, firstClip, endClip: after === -1 ? clips.length : after };
  });
}
