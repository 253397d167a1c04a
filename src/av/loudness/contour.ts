/**
 * A sound as its K-weighted energy and true peak per millisecond (cell). Loudness, limiting and
 * levelling are computed on this; samples are touched only to measure and to render.
 */

export const CELLS_PER_SECOND = 1000;
/** BS.1770-4: blocks of 400 ms every 100 ms. EBU Tech 3342: windows of 3 s. */
const HOP = 100;
const BLOCK_HOPS = 4;
const WINDOW_HOPS = 30;
const ABSOLUTE_GATE = -70;

export interface Contour {
  sampleRate: number;
  /** Samples per channel. */
  frames: number;
  /** Per cell: sum of squares over its samples, K-weighted, all channels together. */
  energy: Float32Array;
  /** Per cell: largest true peak of any channel, linear. */
  peak: Float32Array;
}

/** First sample of a cell. */
export function cellStart(cell: number, sampleRate: number): number {
  return Math.floor((cell * sampleRate) / CELLS_PER_SECOND);
}

export function toDecibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

export function fromDecibels(decibels: number): number {
  return 10 ** (decibels / 20);
}

/** LUFS of a mean square (BS.1770-4, equation 2). */
export function toLoudness(meanSquare: number): number {
  return -0.691 + 10 * Math.log10(meanSquare);
}

/**
 * Mean square of every 100 ms, whole ones only.
 * @param gains linear gain at the start of each cell and at the end of the last one; 1 when left out
 */
export function hops(contour: Contour, gains?: Float32Array): Float64Array {
  const { energy, sampleRate, frames } = contour;
  const whole = Math.floor((frames * 10) / sampleRate);
  const result = new Float64Array(whole);
  for (let hop = 0; hop < whole; hop++) {
    let sum = 0;
    for (let cell = hop * HOP; cell < (hop + 1) * HOP; cell++) {
      sum += energy[cell] * (gains ? squaredGain(gains, cell) : 1);
    }
    const start = cellStart(hop * HOP, sampleRate);
    result[hop] = sum / (cellStart((hop + 1) * HOP, sampleRate) - start);
  }
  return result;
}

/** Mean square of a gain that goes straight from one cell's start to the next. */
function squaredGain(gains: Float32Array, cell: number): number {
  const a = gains[cell];
  const b = gains[cell + 1];
  return (a * a + a * b + b * b) / 3;
}

/** Mean squares of windows of so many hops, every hop. */
export function windows(hopEnergies: Float64Array, length: number): Float64Array {
  const result = new Float64Array(Math.max(0, hopEnergies.length - length + 1));
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let j = i; j < i + length; j++) sum += hopEnergies[j];
    result[i] = sum / length;
  }
  return result;
}

/** Short-term loudness: mean squares over 3 s, every 100 ms. */
export function shortTerm(hopEnergies: Float64Array): Float64Array {
  return windows(hopEnergies, WINDOW_HOPS);
}

/** Integrated loudness in LUFS, gated; null when it is under −70 LUFS or shorter than 0.4 s. */
export function integrated(hopEnergies: Float64Array): number | null {
  const kept = gate(windows(hopEnergies, BLOCK_HOPS), -10);
  return kept.length > 0 ? toLoudness(mean(kept)) : null;
}

/** Loudness range in LU (EBU Tech 3342); null when it is too quiet or shorter than 3 s. */
export function range(hopEnergies: Float64Array): number | null {
  const kept = gate(shortTerm(hopEnergies), -20).sort((a, b) => a - b);
  if (kept.length === 0) return null;
  const at = (share: number): number => kept[Math.round((kept.length - 1) * share)];
  return toLoudness(at(0.95)) - toLoudness(at(0.1));
}

/**
 * Level of a sound that is too short for blocks of 400 ms: LUFS over the cells above −70 LUFS.
 * Null when there is none.
 */
export function shortLoudness(contour: Contour, gains?: Float32Array): number | null {
  const { energy, sampleRate, frames } = contour;
  let sum = 0;
  let count = 0;
  for (let cell = 0; cell < energy.length; cell++) {
    const samples = Math.min(frames, cellStart(cell + 1, sampleRate)) - cellStart(cell, sampleRate);
    if (toLoudness(energy[cell] / samples) <= ABSOLUTE_GATE) continue;
    sum += energy[cell] * (gains ? squaredGain(gains, cell) : 1);
    count += samples;
  }
  return count > 0 ? toLoudness(sum / count) : null;
}

/** Largest true peak, linear. */
export function truePeak({ peak }: Contour): number {
  return peak.reduce((largest, value) => Math.max(largest, value), 0);
}

/** Values above the absolute gate and the relative one, in LU from the mean. */
function gate(meanSquares: Float64Array, relative: number): Float64Array {
  const loud = meanSquares.filter((value) => toLoudness(value) > ABSOLUTE_GATE);
  const threshold = toLoudness(mean(loud)) + relative;
  return loud.filter((value) => toLoudness(value) > threshold);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
