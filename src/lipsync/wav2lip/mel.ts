/**
 * Sound to mel spectrogram as Wav2Lip's audio.py computes it (github.com/Rudrabha/Wav2Lip), as a
 * stream: memory does not grow with the length of the sound.
 */
import { inputError } from '../../contract';
import { readOutput } from '../../av/ffmpeg/frames';
import type { Ffmpeg } from '../../av/ffmpeg/types';
import { RealFourier } from '../../av/fourier';

const SAMPLE_RATE = 16_000;
/** Samples of one Fourier transform; also the length of its window. */
const TRANSFORM_SIZE = 800;
export const BANDS = 80;
/** Samples from one column to the next: 80 columns a second. */
const HOP = 200;
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

  constructor(padding: EdgePadding = 'zeros') {
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
interface MelFilter {
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

/**
 * The mel filter bank that Wav2Lip was trained with: Slaney's scale and Slaney's area normalisation
 * (M. Slaney, Auditory Toolbox, 1998), as librosa builds it. All bands, lowest first; only the bins
 * with a weight above zero are kept.
 */
export function melFilters(): MelFilter[] {
  const points = corners();
  return Array.from({ length: BANDS }, (_, band) => {
    const [low, peak, high] = points.slice(band, band + 3);
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

/**
 * A Kaiser-windowed resampler with the cut-off and length of the reference's (resampy's
 * `kaiser_best`: 64 zero crossings a side, beta 14.8).
 */
const RESAMPLER =
  `aresample=${SAMPLE_RATE}:filter_type=kaiser:kaiser_beta=15:filter_size=128:phase_shift=10:` +
  'cutoff=0.9475937:exact_rational=1';

/**
 * The mel columns of a sound or video file, in pieces. Stop early and FFmpeg is stopped too.
 * @throws what FFmpeg's adapter throws, E_INPUT when the sound holds what is no number
 */
export async function* melOfFile({
  ffmpeg,
  file,
  signal,
}: {
  ffmpeg: Ffmpeg;
  file: string;
  signal: AbortSignal;
}): AsyncGenerator<Float32Array> {
  const { streams } = await ffmpeg.probe(file, signal);
  const channels = streams.find(({ type }) => type === 'audio')?.channels ?? 1;
  // The plain mean of all channels, as the reference takes it. FFmpeg's own way (`-ac 1`) makes
  // floating point stereo 3 dB louder, which would open the mouth wider.
  const terms = Array.from({ length: channels }, (_, i) => `${1 / channels}*c${i}`);
  const filter = `pan=mono|c0=${terms.join('+')},${RESAMPLER}`;
  const options = ['-map', '0:a:0', '-vn', '-af', filter, '-f', 'f32le'];
  const mel = new MelStream();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of readOutput(ffmpeg, file, options, signal)) {
    const bytes = Buffer.concat([rest, chunk]);
    const samples = new Float32Array(Math.floor(bytes.length / 4));
    for (let i = 0; i < samples.length; i++) samples[i] = bytes.readFloatLE(4 * i);
    rest = bytes.subarray(4 * samples.length);
    yield mel.push(samples);
  }
  yield mel.finish();
}
