/**
 * Sound to mel spectrogram as Wav2Lip's audio.py computes it (github.com/Rudrabha/Wav2Lip), as a
 * stream: memory does not grow with the length of the sound.
 */
import { inputError } from '../../contract';
import { RealFourier } from './fourier';
import { BANDS, melFilters, TRANSFORM_SIZE } from './mel-filters';

/** Samples from one column to the next: 80 columns a second. */
export const HOP = 200;
export const COLUMNS_PER_SECOND = 80;
/** The value of silence, and the lowest there is. */
export const SILENCE = -4;
const LOUDEST = 4;
const PREEMPHASIS = 0.97;
/** Magnitudes below are taken for it: −100 dB. */
const FLOOR = 1e-5;
const MARGIN = TRANSFORM_SIZE / 2;

/**
 * What stands before the first and after the last sample, where a column reaches beyond the sound.
 * `zeros` is what librosa does from version 0.9 (2022) on and what people run today; `reflect`
 * (mirrored, the edge sample once) is what librosa 0.7 did, which the authors pinned. Only the first
 * two and the last two columns differ.
 */
export type EdgePadding = 'zeros' | 'reflect';
export const DEFAULT_EDGE_PADDING: EdgePadding = 'zeros';

/** Columns of a sound of so many samples. */
export function melColumns(samples: number): number {
  return 1 + Math.floor(samples / HOP);
}

/** Takes 16 kHz mono sound in pieces of any size and gives mel columns as soon as they are known. */
export class MelStream {
  readonly #padding: EdgePadding;
  readonly #fourier = new RealFourier(TRANSFORM_SIZE);
  readonly #filters = melFilters();
  readonly #windowed = new Float64Array(TRANSFORM_SIZE);
  readonly #magnitude = new Float64Array(TRANSFORM_SIZE / 2 + 1);
  /** Hann, periodic. */
  readonly #window = Float64Array.from(
    { length: TRANSFORM_SIZE },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / TRANSFORM_SIZE),
  );
  /** Pre-emphasised samples from `#origin` on; older ones no column needs. */
  #kept = new Float64Array(0);
  #origin = 0;
  #total = 0;
  #columns = 0;
  #last = 0;

  constructor(padding: EdgePadding = DEFAULT_EDGE_PADDING) {
    this.#padding = padding;
  }

  /**
   * @param samples 16 kHz, mono, −1…1
   * @returns the columns that are complete now, one after the other: 80 values each, low band first
   * @throws E_INPUT when a sample is not a number
   */
  push(samples: Float32Array): Float32Array {
    this.#keep(samples);
    // The mirror before the sound needs one sample more than the window itself.
    const spare = this.#padding === 'reflect' ? 1 : 0;
    return this.#emit(Math.floor((this.#total - MARGIN - spare) / HOP) + 1);
  }

  /** @returns the last columns; together with all earlier ones `melColumns(samples)` */
  finish(): Float32Array {
    return this.#emit(melColumns(this.#total));
  }

  #keep(samples: Float32Array): void {
    // One window back, and one sample: the mirror after the end reaches as far.
    const unneeded = Math.max(0, this.#columns * HOP - MARGIN - TRANSFORM_SIZE - this.#origin);
    const rest = this.#kept.subarray(Math.min(unneeded, this.#kept.length));
    const kept = new Float64Array(rest.length + samples.length);
    kept.set(rest);
    samples.forEach((sample, i) => {
      if (!Number.isFinite(sample)) {
        throw inputError(
          'the speech',
          'samples that are numbers',
          sample,
          'the sound file is damaged',
        );
      }
      kept[rest.length + i] = sample - PREEMPHASIS * this.#last;
      this.#last = sample;
    });
    this.#origin += this.#kept.length - rest.length;
    this.#kept = kept;
    this.#total += samples.length;
  }

  #emit(until: number): Float32Array {
    const columns = new Float32Array(Math.max(0, until - this.#columns) * BANDS);
    for (let at = 0; at < columns.length; at += BANDS) {
      this.#column(this.#columns++, columns.subarray(at, at + BANDS));
    }
    return columns;
  }

  #column(index: number, into: Float32Array): void {
    const from = index * HOP - MARGIN;
    for (let n = 0; n < TRANSFORM_SIZE; n++) {
      this.#windowed[n] = this.#sample(from + n) * this.#window[n];
    }
    this.#fourier.transform(this.#windowed);
    const { re, im } = this.#fourier;
    for (let k = 0; k < this.#magnitude.length; k++) {
      this.#magnitude[k] = Math.sqrt(re[k] * re[k] + im[k] * im[k]);
    }
    this.#filters.forEach(({ first, weights }, band) => {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * this.#magnitude[first + k];
      into[band] = normalise(sum);
    });
  }

  #sample(index: number): number {
    if (index >= 0 && index < this.#total) return this.#kept[index - this.#origin];
    if (this.#padding === 'zeros' || this.#total === 0) return 0;
    return this.#kept[mirrored(index, this.#total) - this.#origin];
  }
}

/**
 * Decibels, then −100…0 dB (20 dB below full) to −4…4, clipped. The reference's two steps,
 * `20·log10(m) − 20` and `8·(S + 100)/100 − 4`, are one line.
 */
function normalise(magnitude: number): number {
  const value = 1.6 * Math.log10(Math.max(FLOOR, magnitude)) + 2.4;
  return Math.min(LOUDEST, Math.max(SILENCE, value));
}

/** The sample that a mirror at both ends shows at a place outside; the edges are not repeated. */
function mirrored(index: number, total: number): number {
  if (total === 1) return 0;
  const period = 2 * (total - 1);
  const place = ((index % period) + period) % period;
  return place < total ? place : period - place;
}
