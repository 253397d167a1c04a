/** Decides, on the contour alone, what is done to a sound so that it meets its targets. */
import {
  fromDecibels,
  hops,
  integrated,
  shortLoudness,
  toDecibels,
  truePeak,
  type Contour,
} from '../av/loudness/contour';
import { level } from './leveller';
import { limit } from './limiter';

export interface LoudnessTarget {
  /** LUFS. */
  integrated: number;
  /** dBTP. */
  truePeak: number;
  /** LU. */
  range: number;
}

/** What is done: one gain for the whole, or one for every millisecond. */
export interface Plan {
  /** dB; before limiting, where there is limiting. */
  gain: number;
  /** Linear gains at the start of every cell and at the end of the last one. */
  curve?: Float32Array;
  isLevelled: boolean;
  /** The most that the limiter takes away, in dB. */
  limited: number;
  /** The target is out of reach under the true-peak limit. */
  isExhausted: boolean;
}

/** Kept free under the true-peak limit: a moving gain and rounding to 16 bit shift peaks a little. */
const MARGIN = 0.05;
/**
 * dB by which the gain before the limiter may exceed what linear gain would be. More makes a sound
 * that is flat rather than loud; a target beyond that is out of reach.
 */
const MOST_DRIVE = 12;
const STEPS = 16;
const CLOSE_ENOUGH = 0.01;

/** Loudness of a contour in LUFS: integrated, or the plain level of one shorter than 0.4 s. */
export function loudnessOf(contour: Contour, gains?: Float32Array): number | null {
  const isShort = contour.frames < 0.4 * contour.sampleRate;
  return isShort ? shortLoudness(contour, gains) : integrated(hops(contour, gains));
}

/**
 * The least invasive way to the target: one gain where the peaks allow it; a levelled sound where
 * its loudness range is too wide; a true-peak limiter where peaks would exceed the limit, with the
 * gain before it raised by what limiting takes away.
 * @param correction dB added to the loudness target and to the ceiling, after a first rendering
 * @returns undefined for a sound that is too quiet to measure
 */
export function makePlan(
  contour: Contour,
  target: LoudnessTarget,
  correction = { gain: 0, ceiling: 0 },
): Plan | undefined {
  const wanted = target.integrated + correction.gain;
  const levels = level(contour, target.range);
  const base = levels ?? new Float32Array(contour.energy.length + 1).fill(1);
  const gain = gainTo(wanted, contour, base);
  if (gain === undefined) return undefined;
  const ceiling = fromDecibels(target.truePeak - MARGIN + correction.ceiling);
  if (!levels && truePeak(contour) * fromDecibels(gain) <= ceiling) {
    return { gain, isLevelled: false, limited: 0, isExhausted: false };
  }
  const at = (drive: number): Float32Array => limit(contour, scaled(base, gain + drive), ceiling);
  const drive = solve((decibels) => (loudnessOf(contour, at(decibels)) ?? -Infinity) - wanted);
  const curve = at(drive);
  return {
    gain: gain + drive,
    curve,
    isLevelled: levels !== undefined,
    limited: reduction(scaled(base, gain + drive), curve),
    isExhausted: drive >= MOST_DRIVE,
  };
}

/** The most that the second gains take away from the first, in dB. */
function reduction(given: Float32Array, limited: Float32Array): number {
  let least = 1;
  limited.forEach((value, i) => (least = Math.min(least, value / given[i])));
  return Math.max(0, -toDecibels(least));
}

/**
 * The gain in dB that brings a contour, under gains of its own, to a loudness. The absolute gate
 * stands still while the sound is raised, so that what it left out of a quiet sound counts in the
 * raised one: the gain is therefore found on the raised sound.
 * @returns undefined for a sound that is too quiet to measure
 */
function gainTo(wanted: number, contour: Contour, base: Float32Array): number | undefined {
  const loudness = loudnessOf(contour, base);
  if (loudness === null) return undefined;
  let gain = wanted - loudness;
  for (let step = 0; step < STEPS; step++) {
    const missed = wanted - (loudnessOf(contour, scaled(base, gain)) ?? wanted);
    if (Math.abs(missed) <= CLOSE_ENOUGH) break;
    gain += missed;
  }
  return gain;
}

function scaled(gains: Float32Array, decibels: number): Float32Array {
  const factor = fromDecibels(decibels);
  return gains.map((value) => value * factor);
}

/** The least value from 0 to {@link MOST_DRIVE} at which a rising function reaches 0, or the most. */
function solve(rising: (decibels: number) => number): number {
  let low = 0;
  let error = rising(low);
  if (error >= -CLOSE_ENOUGH) return low;
  let high = Math.min(MOST_DRIVE, -1.5 * error + 0.1);
  while (rising(high) < 0) {
    if (high >= MOST_DRIVE) return MOST_DRIVE;
    low = high;
    high = Math.min(MOST_DRIVE, high * 2);
  }
  for (let step = 0; step < STEPS && high - low > CLOSE_ENOUGH; step++) {
    const middle = (low + high) / 2;
    error = rising(middle);
    if (error < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The same plan, quieter by so many dB throughout. */
export function lowered(plan: Plan, decibels: number): Plan {
  const curve = plan.curve && scaled(plan.curve, -decibels);
  return { ...plan, gain: plan.gain - decibels, ...(curve && { curve }) };
}
