/**
 * Discrete Fourier transform of real signals in double precision, for lengths that are not a power
 * of two: Cooley and Tukey's factorisation with mixed radices, in Stockham's self-sorting form. For
 * powers of two the radix 2 of lipsync takes two thirds of the time.
 */

/** Transforms real signals of one even length. */
export class RealFourier {
  readonly size: number;
  /** Real and imaginary part of bin k, 0 … size/2, after {@link transform}. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly #half: number;
  readonly #factors: readonly number[];
  /** exp(−2πi·k/size): even entries are the roots of the half-length transform. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** Two buffers that the stages write in turn. */
  #a: [Float64Array, Float64Array];
  #b: [Float64Array, Float64Array];

  /** @param size an even number; fast when its prime factors are small */
  constructor(size: number) {
    this.size = size;
    this.#half = size / 2;
    this.#factors = factorise(this.#half);
    this.re = new Float64Array(this.#half + 1);
    this.im = new Float64Array(this.#half + 1);
    const angle = (k: number): number => (-2 * Math.PI * k) / size;
    this.#cos = Float64Array.from({ length: size }, (_, k) => Math.cos(angle(k)));
    this.#sin = Float64Array.from({ length: size }, (_, k) => Math.sin(angle(k)));
    this.#a = [new Float64Array(this.#half), new Float64Array(this.#half)];
    this.#b = [new Float64Array(this.#half), new Float64Array(this.#half)];
  }

  /** X[k] = Σ signal[n]·exp(−2πi·kn/size) for k from 0 to size/2, into `re` and `im`. */
  transform(signal: Float64Array): void {
    // Even samples as real, odd samples as imaginary parts: one transform of half the length.
    for (let n = 0; n < this.#half; n++) {
      this.#a[0][n] = signal[2 * n];
      this.#a[1][n] = signal[2 * n + 1];
    }
    let done = 1;
    for (const radix of this.#factors) {
      this.#stage(done, radix);
      [this.#a, this.#b] = [this.#b, this.#a];
      done *= radix;
    }
    this.#separate();
  }

  /**
   * Joins `radix` transforms of length `done` into one of length done·radix. Transform number k
   * covers the elements k, k + half/done, …, and lies at k·done.
   */
  #stage(done: number, radix: number): void {
    const [fromRe, fromIm] = this.#a;
    const [toRe, toIm] = this.#b;
    const half = this.#half;
    const joined = done * radix;
    const groups = half / joined;
    for (let group = 0; group < groups; group++) {
      for (let bin = 0; bin < joined; bin++) {
        const step = bin * groups;
        let source = group * done + (bin % done);
        let root = 0;
        let re = 0;
        let im = 0;
        for (let part = 0; part < radix; part++) {
          const c = this.#cos[2 * root];
          const s = this.#sin[2 * root];
          const x = fromRe[source];
          const y = fromIm[source];
          re += x * c - y * s;
          im += x * s + y * c;
          source += groups * done;
          root += step;
          if (root >= half) root -= half;
        }
        toRe[group * joined + bin] = re;
        toIm[group * joined + bin] = im;
      }
    }
  }

  /** Combines the spectra of even and odd samples. */
  #separate(): void {
    const [re, im] = this.#a;
    const half = this.#half;
    for (let k = 0; k <= half; k++) {
      const i = k % half;
      const j = (half - k) % half;
      const evenRe = (re[i] + re[j]) / 2;
      const evenIm = (im[i] - im[j]) / 2;
      const oddRe = (im[i] + im[j]) / 2;
      const oddIm = (re[j] - re[i]) / 2;
      const c = this.#cos[k];
      const s = this.#sin[k];
      this.re[k] = evenRe + oddRe * c - oddIm * s;
      this.im[k] = evenIm + oddRe * s + oddIm * c;
    }
  }
}

/** Fours first (fewer stages), then primes. */
function factorise(size: number): number[] {
  const factors: number[] = [];
  let rest = size;
  for (; rest % 4 === 0; rest /= 4) factors.push(4);
  for (let prime = 2; rest > 1; prime++) {
    for (; rest % prime === 0; rest /= prime) factors.push(prime);
  }
  return factors;
}
