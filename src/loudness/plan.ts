/** Plans, on the contour alone, the gains that bring a sound to its targets. */
import {
  type Contour,
  fromDecibels,
  hops,
  integrated,
  range,
  shortLoudness,
  shortTerm,
  toDecibels,
  toLoudness,
  truePeak,
} from '../av/loudness/contour';

export interface LoudnessTarget {
  /** LUFS. */
  integrated: number;
  /** dBTP. */
  truePeak: number;
  /** LU. */
  range: number;
}

/** One gain for the whole, or one for every millisecond. */
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

/** dB below the true-peak limit: a moving gain and rounding to 16 bit shift peaks slightly. */
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

const CELLS_PER_HOP = 100;
/** From the start of a 3 s window to its middle, in hops. */
const HALF_WINDOW = 15;
const LEVELLING_STEPS = 12;
/** What is so far under the integrated loudness is a pause (EBU Tech 3342's relative gate). */
const PAUSE = 20;

/**
 * Evens out the loudness range as a hand on the fader would: slowly, by short-term loudness (3 s),
 * no more than needed. Pauses keep the level of what surrounds them, so their noise is not raised.
 *
 * Gains that bring the loudness range to `target` LU: linear, at the start of every cell and at the
 * end of the last one. Undefined where the range is within the target already or cannot be measured.
 */
function level(contour: Contour, target: number): Float32Array | undefined {
  const energies = hops(contour);
  const before = range(energies);
  const centre = integrated(energies);
  if (before === null || centre === null || before <= target) return undefined;
  const deviations = deviationsFrom(centre, energies);
  let [least, most] = [0, 1];
  for (let step = 0; step < LEVELLING_STEPS; step++) {
    const strength = (least + most) / 2;
    const after = range(hops(contour, curve(contour, deviations, strength))) ?? 0;
    if (after > target) least = strength;
    else most = strength;
  }
  return curve(contour, deviations, most);
}

/** Short-term loudness over `centre` in LU for every hop; pauses interpolated. */
function deviationsFrom(centre: number, energies: Float64Array): Float64Array {
  const known = new Map<number, number>();
  shortTerm(energies).forEach((meanSquare, hop) => {
    const deviation = toLoudness(meanSquare) - centre;
    if (deviation > -PAUSE) known.set(hop + HALF_WINDOW, deviation);
  });
  const positions = [...known.keys()];
  const result = new Float64Array(energies.length + 1);
  let next = 0;
  for (let hop = 0; hop < result.length; hop++) {
    while (next < positions.length - 1 && positions[next] < hop) next++;
    const b = positions[next];
    const a = hop >= b ? b : positions[Math.max(0, next - 1)];
    const share = b > a ? Math.max(0, (hop - a) / (b - a)) : 0;
    result[hop] = (known.get(a) as number) * (1 - share) + (known.get(b) as number) * share;
  }
  return result;
}

function curve({ energy }: Contour, deviations: Float64Array, strength: number): Float32Array {
  const gains = new Float32Array(energy.length + 1);
  for (let cell = 0; cell < gains.length; cell++) {
    const position = Math.min(cell / CELLS_PER_HOP, deviations.length - 1);
    const hop = Math.floor(position);
    const a = deviations[hop];
    const b = deviations[Math.min(hop + 1, deviations.length - 1)];
    gains[cell] = fromDecibels(-strength * (a + (b - a) * (position - hop)));
  }
  return gains;
}

/** Cells (milliseconds) on each side over which the gain goes down. */
const ATTACK = 5;
/** Time constant of the recovery, in cells. */
const RELEASE = 80;
const RECOVERY = 1 - Math.exp(-1 / RELEASE);
/** Raised cosine over the attack, sum 1. */
const SMOOTHING = raisedCosine(ATTACK);

/**
 * A true-peak limiter that looks ahead, worked out on the contour: where the sound would exceed the
 * ceiling its gain goes down smoothly before the peak and recovers after it. (Minimum over a window,
 * exponential release, then a mean over the same window: the mean cannot exceed the gain that any
 * peak in reach needs.)
 *
 * Limits `gains` (linear, at the start of every cell and at the end of the last one) so that no peak
 * exceeds `ceiling` (linear). Gives new gains; those that need no limiting are as they were.
 */
function limit({ peak }: Contour, gains: Float32Array, ceiling: number): Float32Array {
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
