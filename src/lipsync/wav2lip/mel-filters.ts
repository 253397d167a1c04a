/**
 * The mel filter bank that Wav2Lip was trained with: Slaney's scale and Slaney's area
 * normalisation (M. Slaney, Auditory Toolbox, 1998), as librosa builds it.
 */

export const SAMPLE_RATE = 16_000;
/** Samples of one Fourier transform; also the length of its window. */
export const TRANSFORM_SIZE = 800;
export const BANDS = 80;
/** Lowest and highest frequency of the bank, Hz. */
const LOWEST = 55;
const HIGHEST = 7600;

/** Slaney's scale is linear below this frequency … */
const BREAK_HERTZ = 1000;
const HERTZ_PER_MEL = 200 / 3;
const BREAK_MEL = BREAK_HERTZ / HERTZ_PER_MEL;
/** … and logarithmic above. */
const LOG_STEP = Math.log(6.4) / 27;

/** One triangle: the weights of the bins `first`, `first` + 1, … */
export interface MelFilter {
  first: number;
  weights: Float64Array;
}

export function hertzToMel(hertz: number): number {
  if (hertz < BREAK_HERTZ) return hertz / HERTZ_PER_MEL;
  return BREAK_MEL + Math.log(hertz / BREAK_HERTZ) / LOG_STEP;
}

export function melToHertz(mel: number): number {
  if (mel < BREAK_MEL) return mel * HERTZ_PER_MEL;
  return BREAK_HERTZ * Math.exp((mel - BREAK_MEL) * LOG_STEP);
}

/** The corners of the triangles in Hz: band i rises from corner i to i + 1 and falls to i + 2. */
export function corners(): number[] {
  const low = hertzToMel(LOWEST);
  const step = (hertzToMel(HIGHEST) - low) / (BANDS + 1);
  return Array.from({ length: BANDS + 2 }, (_, i) => melToHertz(low + i * step));
}

/** All bands, lowest first; only the bins with a weight above zero are kept. */
export function melFilters(): MelFilter[] {
  const points = corners();
  return Array.from({ length: BANDS }, (_, band) => {
    const [low, peak, high] = points.slice(band, band + 3) as [number, number, number];
    const weights: number[] = [];
    let first = 0;
    for (let bin = 0; bin <= TRANSFORM_SIZE / 2; bin++) {
      const hertz = (bin * SAMPLE_RATE) / TRANSFORM_SIZE;
      const height = Math.min((hertz - low) / (peak - low), (high - hertz) / (high - peak));
      if (height <= 0) continue;
      if (weights.length === 0) first = bin;
      weights.push((height * 2) / (high - low));
    }
    return { first, weights: Float64Array.from(weights) };
  });
}
