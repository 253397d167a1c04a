/**
 * K-weighting of ITU-R BS.1770-4: a shelf for the head and a high-pass, at any sample rate. The
 * standard gives coefficients for 48 kHz only; the analogue prototypes behind them are those of
 * B. De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement" (AES 2018).
 */

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

/** One channel's filter, fed sample by sample. */
export class KWeighting {
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

/** Channels behind the listener count 1.41 times and the bass channel not, by FFmpeg's usual order. */
const SURROUND = 1.41;
const WEIGHTS: Record<number, number[]> = {
  3: [1, 1, 0],
  4: [1, 1, 1, SURROUND],
  5: [1, 1, 1, SURROUND, SURROUND],
  6: [1, 1, 1, 0, SURROUND, SURROUND],
  7: [1, 1, 1, 0, SURROUND, SURROUND, SURROUND],
  8: [1, 1, 1, 0, SURROUND, SURROUND, SURROUND, SURROUND],
};

/** Weight of each of so many channels. */
export function channelWeights(channels: number): number[] {
  return WEIGHTS[channels] ?? new Array<number>(channels).fill(1);
}
