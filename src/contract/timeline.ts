/** Exact timeline arithmetic (docs/design.md section 4). Frame rates are rationals: 29.97 is 30000/1001. */
import { inputError } from './errors';

/** A frame rate as a fraction: `num / den` frames a second. */
export interface FrameRate {
  readonly num: number;
  readonly den: number;
}

export const FRAME_RATE_LIMITS = { min: 1, max: 120 } as const;

/** Broadcast rates that are multiples of 1000/1001. */
const NTSC = [24, 30, 48, 60, 120];

/**
 * The exact frame rate that a decimal number stands for: 23.976 → 24000/1001, 25 → 25/1.
 * @throws E_INPUT when it is not a number from 1 to 120
 */
export function frameRate(fps: number): FrameRate {
  if (!Number.isFinite(fps) || fps < FRAME_RATE_LIMITS.min || fps > FRAME_RATE_LIMITS.max) {
    const remedy = 'usual values are 24, 25, 30, 50 and 60';
    throw inputError('fps', 'a number from 1 to 120', fps, remedy);
  }
  if (Number.isInteger(fps)) return { num: fps, den: 1 };
  for (const whole of NTSC) {
    if (Math.abs(fps - (whole * 1000) / 1001) < 0.005) return { num: whole * 1000, den: 1001 };
  }
  const num = Math.round(fps * 1000);
  const divisor = greatestCommonDivisor(num, 1000);
  return { num: num / divisor, den: 1000 / divisor };
}

/** The rate as a decimal, as in messages. */
export function fpsOf(rate: FrameRate): number {
  return rate.num / rate.den;
}

/** The rate as FFmpeg writes it, for example `30000/1001`. */
export function rateText(rate: FrameRate): string {
  return `${rate.num}/${rate.den}`;
}

/**
 * Frames of a clip: `ceil(samples / sampleRate × rate)`, exactly, and at least one.
 * @param samples samples per channel
 */
export function framesForSamples(samples: number, sampleRate: number, rate: FrameRate): number {
  const numerator = BigInt(Math.round(samples)) * BigInt(rate.num);
  const denominator = BigInt(Math.round(sampleRate)) * BigInt(rate.den);
  const frames = (numerator + denominator - 1n) / denominator;
  return Math.max(1, Number(frames));
}

/** {@link framesForSamples} for a duration in seconds, forgiving rounding below a millionth of a frame. */
export function framesForDuration(duration: number, rate: FrameRate): number {
  return Math.max(1, Math.ceil((duration * rate.num) / rate.den - 1e-6));
}

/** Samples per channel that fill exactly so many frames, to the nearest sample. */
export function samplesForFrames(frames: number, rate: FrameRate, sampleRate: number): number {
  return Math.round((frames * rate.den * sampleRate) / rate.num);
}

/** Start of a frame in seconds. */
export function frameTime(frame: number, rate: FrameRate): number {
  return (frame * rate.den) / rate.num;
}

/** Frames of a cross-fade: whole frames that fit into `seconds`. */
export function crossFadeFrames(seconds: number, rate: FrameRate): number {
  return Math.max(0, Math.floor((seconds * rate.num) / rate.den + 1e-6));
}

/** Frames of a stitched video: Σ frames − (n − 1) · cross-fade. */
export function stitchedFrames(frames: readonly number[], crossFade: number): number {
  if (frames.length === 0) return 0;
  return frames.reduce((sum, n) => sum + n, 0) - (frames.length - 1) * crossFade;
}

/** First frame of every clip in the stitched video. */
export function stitchedStarts(frames: readonly number[], crossFade: number): number[] {
  let start = 0;
  return frames.map((n) => {
    const here = start;
    start += n - crossFade;
    return here;
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
