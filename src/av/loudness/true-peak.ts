/**
 * True peak by oversampling (ITU-R BS.1770-4, annex 2), with a longer filter than the standard's
 * example and, as in FFmpeg, to 192 kHz.
 */

/** Samples on each side that an interpolated value depends on. */
const REACH = 16;
const KAISER_BETA = 8;
const OVERSAMPLED_RATE = 192_000;
const MOST_PHASES = 12;
/** What is so far below the loudest so far (−20 dB) is taken by its samples: it decides nothing. */
const NEGLIGIBLE = 0.1;
/** A millisecond's peak lies beside a sample of at least this share of its largest one. */
const NEIGHBOUR = 0.5;

/** Follows one channel; call {@link cellPeak} for consecutive ranges. */
export class TruePeakFilter {
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
