/** Measures energy and true peak (ITU-R BS.1770-4) sample by sample. */
import { cellStart, type Contour } from './contour';

/** Faults of the samples as they came. */
export interface Defects {
  /** Samples in runs of three or more at full scale, and the number of such runs. */
  clippedSamples: number;
  clippedRuns: number;
  /** Values that are not finite numbers; they count as silence. */
  notNumbers: number;
  /** Mean of each channel. */
  offsets: number[];
}

const FULL_SCALE = 0.9998;
const LEAST_RUN = 3;

class Channel {
  readonly weighting: KWeighting;
  readonly truePeak: TruePeakFilter;
  run = 0;
  sum = 0;
  /** Samples not measured yet, with those before as context. */
  window = new Float32Array(TruePeakFilter.reach);

  constructor(sampleRate: number) {
    this.weighting = new KWeighting(sampleRate);
    this.truePeak = new TruePeakFilter(sampleRate);
  }
}

/** Measures a sound in blocks, in constant memory plus 8 bytes a millisecond. */
export class Analyser {
  readonly #channels: Channel[];
  readonly #weights: number[];
  readonly #sampleRate: number;
  #energy = new Float32Array(4096);
  #peak = new Float32Array(4096);
  #cells = 0;
  /** Samples per channel taken so far. */
  #taken = 0;
  #clippedSamples = 0;
  #clippedRuns = 0;
  #notNumbers = 0;

  constructor(sampleRate: number, channels: number) {
    this.#sampleRate = sampleRate;
    this.#weights = channelWeights(channels);
    this.#channels = Array.from({ length: channels }, () => new Channel(sampleRate));
  }

  /** Takes the next samples, one array a channel; values that are not numbers become 0 in place. */
  push(block: readonly Float32Array[]): void {
    const length = block[0]?.length ?? 0;
    this.#channels.forEach((channel, index) => {
      const samples = block[index];
      this.#inspect(channel, samples);
      channel.window = joined(channel.window, samples);
    });
    this.#taken += length;
    this.#measure(this.#taken - TruePeakFilter.reach);
  }

  /** The measurement, once everything has been pushed. */
  finish(): { contour: Contour; defects: Defects } {
    const frames = this.#taken;
    const tail = new Float32Array(TruePeakFilter.reach + 1);
    for (const channel of this.#channels) {
      this.#endRun(channel);
      channel.window = joined(channel.window, tail);
    }
    this.#measure(frames);
    if (cellStart(this.#cells, this.#sampleRate) < frames) this.#cell(frames);
    return {
      contour: {
        sampleRate: this.#sampleRate,
        frames,
        energy: this.#energy.subarray(0, this.#cells),
        peak: this.#peak.subarray(0, this.#cells),
      },
      defects: {
        clippedSamples: this.#clippedSamples,
        clippedRuns: this.#clippedRuns,
        notNumbers: this.#notNumbers,
        offsets: this.#channels.map((channel) => (frames > 0 ? channel.sum / frames : 0)),
      },
    };
  }

  #inspect(channel: Channel, samples: Float32Array): void {
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i];
      if (!Number.isFinite(value)) {
        samples[i] = 0;
        this.#notNumbers++;
        continue;
      }
      channel.sum += value;
      if (value >= FULL_SCALE || value <= -FULL_SCALE) channel.run++;
      else if (channel.run > 0) this.#endRun(channel);
    }
  }

  #endRun(channel: Channel): void {
    if (channel.run >= LEAST_RUN) {
      this.#clippedSamples += channel.run;
      this.#clippedRuns++;
    }
    channel.run = 0;
  }

  /** Measures the cells that end before `limit` and drops their samples. */
  #measure(limit: number): void {
    const before = cellStart(this.#cells, this.#sampleRate);
    for (;;) {
      const end = cellStart(this.#cells + 1, this.#sampleRate);
      if (end > limit) break;
      this.#cell(end, before);
    }
    const done = cellStart(this.#cells, this.#sampleRate) - before;
    if (done === 0) return;
    for (const channel of this.#channels) channel.window = channel.window.slice(done);
  }

  /** Measures the next cell, which ends before sample `end`; windows start `reach` before `first`. */
  #cell(end: number, first = cellStart(this.#cells, this.#sampleRate)): void {
    const from = cellStart(this.#cells, this.#sampleRate) - first + TruePeakFilter.reach;
    const to = end - first + TruePeakFilter.reach;
    let energy = 0;
    let peak = 0;
    this.#channels.forEach((channel, index) => {
      energy += channel.weighting.energy(channel.window, from, to) * (this.#weights[index] ?? 1);
      peak = Math.max(peak, channel.truePeak.cellPeak(channel.window, from, to));
    });
    if (this.#cells === this.#energy.length) {
      this.#energy = joined(this.#energy, new Float32Array(this.#cells));
      this.#peak = joined(this.#peak, new Float32Array(this.#cells));
    }
    this.#energy[this.#cells] = energy;
    this.#peak[this.#cells] = peak;
    this.#cells++;
  }
}

function joined(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

interface Biquad {
  b0: number;
  b1: number;
  b2: number;
  a1: number;
  a2: number;
}

function shelf(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
  const q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const a0 = 1 + k / q + k * k;
  return {
    b0: (high + (band * k) / q + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - (band * k) / q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / q + k * k) / a0,
  };
}

function highPass(sampleRate: number): Pick<Biquad, 'a1' | 'a2'> {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const q = 0.5003270373238773;
  const a0 = 1 + k / q + k * k;
  return { a1: (2 * (k * k - 1)) / a0, a2: (1 - k / q + k * k) / a0 };
}

/** Below this a filter's memory is silence; without a floor it decays into slow denormal numbers. */
const FLOOR = 1e-30;

/**
 * K-weighting of ITU-R BS.1770-4: a shelf for the head and a high-pass, at any sample rate. The
 * standard gives coefficients for 48 kHz only; the analogue prototypes behind them are those of
 * B. De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement" (AES 2018).
 */
class KWeighting {
  readonly #shelf: Biquad;
  readonly #high: Pick<Biquad, 'a1' | 'a2'>;
  #s1 = 0;
  #s2 = 0;
  #h1 = 0;
  #h2 = 0;

  constructor(sampleRate: number) {
    this.#shelf = shelf(sampleRate);
    this.#high = highPass(sampleRate);
  }

  /** Sum of squares of the filtered samples from `start` to before `end`. */
  energy(samples: Float32Array, start: number, end: number): number {
    const { b0, b1, b2, a1, a2 } = this.#shelf;
    const { a1: c1, a2: c2 } = this.#high;
    let [s1, s2, h1, h2] = [this.#s1, this.#s2, this.#h1, this.#h2];
    let sum = 0;
    for (let i = start; i < end; i++) {
      const x = samples[i];
      const y = b0 * x + s1;
      s1 = b1 * x - a1 * y + s2;
      s2 = b2 * x - a2 * y;
      // The high-pass has the numerator 1, -2, 1.
      const z = y + h1;
      h1 = h2 - 2 * y - c1 * z;
      h2 = y - c2 * z;
      sum += z * z;
    }
    this.#s1 = Math.abs(s1) < FLOOR ? 0 : s1;
    this.#s2 = Math.abs(s2) < FLOOR ? 0 : s2;
    this.#h1 = Math.abs(h1) < FLOOR ? 0 : h1;
    this.#h2 = Math.abs(h2) < FLOOR ? 0 : h2;
    return sum;
  }
}

/** Surround channels count 1.41 times, the LFE channel not; in FFmpeg's channel order. */
const SURROUND = 1.41;
const WEIGHTS: Record<number, number[]> = {
  3: [1, 1, 0],
  4: [1, 1, 1, SURROUND],
  5: [1, 1, 1, SURROUND, SURROUND],
  6: [1, 1, 1, 0, SURROUND, SURROUND],
  7: [1, 1, 1, 0, SURROUND, SURROUND, SURROUND],
  8: [1, 1, 1, 0, SURROUND, SURROUND, SURROUND, SURROUND],
};

function channelWeights(channels: number): number[] {
  return WEIGHTS[channels] ?? new Array<number>(channels).fill(1);
}

/** Samples on each side that an interpolated value depends on. */
const REACH = 16;
const KAISER_BETA = 8;
const OVERSAMPLED_RATE = 192_000;
const MOST_PHASES = 12;
/** Share of the loudest peak so far (−20 dB) below which interpolation is skipped. */
const NEGLIGIBLE = 0.1;
/** Only beside samples of at least this share of a cell's largest one can its peak lie. */
const NEIGHBOUR = 0.5;

/**
 * True peak by oversampling (ITU-R BS.1770-4, annex 2), with a longer filter than the standard's
 * example and, as in FFmpeg, to 192 kHz.
 */
class TruePeakFilter {
  readonly #phases: Float64Array[];
  #loudest = 0;

  /** Samples before and after a range that must be there when it is measured. */
  static readonly reach = REACH;

  constructor(sampleRate: number) {
    const factor = Math.min(MOST_PHASES, Math.max(1, Math.ceil(OVERSAMPLED_RATE / sampleRate)));
    this.#phases = interpolators(factor);
  }

  /**
   * Largest absolute value, between samples too, from sample `start` to sample `end`, both included
   * as ends of the curve. `samples` holds {@link reach} more on both sides.
   */
  cellPeak(samples: Float32Array, start: number, end: number): number {
    let peak = 0;
    for (let i = start; i <= end; i++) peak = Math.max(peak, Math.abs(samples[i]));
    if (peak <= this.#loudest * NEGLIGIBLE) return peak;
    this.#loudest = Math.max(this.#loudest, peak);
    const worthwhile = peak * NEIGHBOUR;
    for (let i = start; i < end; i++) {
      const nearest = Math.max(Math.abs(samples[i]), Math.abs(samples[i + 1]));
      if (nearest >= worthwhile) peak = Math.max(peak, this.#between(samples, i));
    }
    return peak;
  }

  /** Largest absolute value between sample `i` and the next one. */
  #between(samples: Float32Array, i: number): number {
    let peak = 0;
    const first = i - REACH + 1;
    for (const taps of this.#phases) {
      let even = 0;
      let odd = 0;
      for (let k = 0; k < 2 * REACH; k += 2) {
        even += taps[k] * samples[first + k];
        odd += taps[k + 1] * samples[first + k + 1];
      }
      peak = Math.max(peak, Math.abs(even + odd));
    }
    return peak;
  }
}

/** Taps for the points between two samples: a sinc under a Kaiser window, unity gain at DC. */
function interpolators(factor: number): Float64Array[] {
  return Array.from({ length: factor - 1 }, (_unused, phase) => {
    const offset = (phase + 1) / factor;
    const taps = new Float64Array(2 * REACH);
    for (let k = 0; k < taps.length; k++) {
      const distance = k - (REACH - 1) - offset;
      taps[k] = sinc(distance) * kaiser(distance / REACH);
    }
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  });
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser window, 1 in the middle; `x` from −1 to 1. */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** Modified Bessel function of the first kind and order zero, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-16; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
