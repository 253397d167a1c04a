/**
 * A true-peak limiter that looks ahead, worked out on the contour: where the sound would exceed the
 * ceiling its gain goes down smoothly before the peak and recovers after it. (Minimum over a window,
 * exponential release, then a mean over the same window: the mean cannot exceed the gain that any
 * peak in reach needs.)
 */
import type { Contour } from '../av/loudness/contour';

/** Cells (milliseconds) on each side over which the gain goes down. */
const ATTACK = 5;
/** Time constant of the recovery, in cells. */
const RELEASE = 80;
const RECOVERY = 1 - Math.exp(-1 / RELEASE);
/** Raised cosine over the attack, sum 1. */
const SMOOTHING = raisedCosine(ATTACK);

/**
 * Limits `gains` (linear, at the start of every cell and at the end of the last one) so that no peak
 * exceeds `ceiling` (linear). Gives new gains; those that need no limiting are as they were.
 */
export function limit({ peak }: Contour, gains: Float32Array, ceiling: number): Float32Array {
  const needed = new Float32Array(gains.length).fill(1);
  for (let cell = 0; cell < peak.length; cell++) {
    const gain = Math.max(gains[cell], gains[cell + 1]);
    const share = Math.min(1, ceiling / (peak[cell] * gain));
    needed[cell] = Math.min(needed[cell], share);
    needed[cell + 1] = share;
  }
  const held = slidingMinimum(needed, ATTACK);
  for (let i = 1; i < held.length; i++) {
    const before = held[i - 1];
    held[i] = Math.min(held[i], before + (1 - before) * RECOVERY);
  }
  return smoothed(held).map((share, i) => share * gains[i]);
}

/** Smallest value within so many on each side. */
function slidingMinimum(values: Float32Array, reach: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length).fill(1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === 1) continue;
    const last = Math.min(values.length - 1, i + reach);
    for (let j = Math.max(0, i - reach); j <= last; j++) {
      if (value < result[j]) result[j] = value;
    }
  }
  return result;
}

function smoothed(values: Float32Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    let sum = 0;
    for (let k = -ATTACK; k <= ATTACK; k++) {
      const at = Math.min(values.length - 1, Math.max(0, i + k));
      sum += SMOOTHING[k + ATTACK] * values[at];
    }
    result[i] = sum;
  }
  return result;
}

function raisedCosine(reach: number): number[] {
  const raw = Array.from(
    { length: 2 * reach + 1 },
    (_unused, i) => 1 + Math.cos((Math.PI * (i - reach)) / (reach + 1)),
  );
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => value / sum);
}
