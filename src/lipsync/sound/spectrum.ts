/** Power spectrum by the fast Fourier transform (Cooley and Tukey 1965), radix 2, in place. */
export class PowerSpectrum {
  readonly size: number;
  /** Power of bin k, 0 … size/2, after {@link measure}. */
  readonly power: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #window: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #order: Uint32Array;

  /** @param size a power of two */
  constructor(size: number) {
    this.size = size;
    this.power = new Float64Array(size / 2 + 1);
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    // Hann.
    this.#window = Float64Array.from(
      { length: size },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size),
    );
    this.#cos = Float64Array.from({ length: size / 2 }, (_, i) =>
      Math.cos((2 * Math.PI * i) / size),
    );
    this.#sin = Float64Array.from(
      { length: size / 2 },
      (_, i) => -Math.sin((2 * Math.PI * i) / size),
    );
    const bits = Math.log2(size);
    this.#order = Uint32Array.from({ length: size }, (_, i) => {
      let reversed = 0;
      for (let b = 0; b < bits; b++) if (i & (1 << b)) reversed |= 1 << (bits - 1 - b);
      return reversed;
    });
  }

  /** Measures `size` samples from a position on. */
  measure(samples: Float32Array, from: number): void {
    const re = this.#re;
    const im = this.#im;
    const n = this.size;
    for (let i = 0; i < n; i++) re[this.#order[i]] = samples[from + i] * this.#window[i];
    im.fill(0);
    for (let half = 1; half < n; half *= 2) {
      const stride = n / (2 * half);
      for (let group = 0; group < n; group += 2 * half) {
        for (let k = 0; k < half; k++) {
          const i = group + k;
          const j = i + half;
          const c = this.#cos[k * stride];
          const s = this.#sin[k * stride];
          const tr = re[j] * c - im[j] * s;
          const ti = re[j] * s + im[j] * c;
          re[j] = re[i] - tr;
          im[j] = im[i] - ti;
          re[i] += tr;
          im[i] += ti;
        }
      }
    }
    for (let k = 0; k <= n / 2; k++) this.power[k] = (re[k] * re[k] + im[k] * im[k]) / n;
  }
}
