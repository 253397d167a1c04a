/** Curves, evenly spaced series and repeatable random numbers. */

export function clamp(value: number, low = 0, high = 1): number {
  return value < low ? low : value > high ? high : value;
}

/** 0 below `from`, 1 above `to`, smooth between (3t² − 2t³). */
export function smoothstep(from: number, to: number, value: number): number {
  const t = clamp((value - from) / (to - from));
  return t * t * (3 - 2 * t);
}

export function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/**
 * A smooth curve through points with rising x (monotone cubic after Fritsch and Carlson 1980, so it
 * never swings beyond its points), constant outside.
 */
export function curveThrough(
  points: readonly (readonly [number, number])[],
): (x: number) => number {
  const sorted = [...points].sort((a, b) => a[0] - b[0]).filter(isApart);
  const n = sorted.length;
  if (n === 0) return () => 0;
  const slopes = new Float64Array(n);
  const steps = sorted.slice(1).map(([x, y], i) => (y - sorted[i][1]) / (x - sorted[i][0]));
  for (let i = 1; i < n - 1; i++) {
    const [a, b] = [steps[i - 1], steps[i]];
    slopes[i] = a * b <= 0 ? 0 : (2 * a * b) / (a + b);
  }
  if (n > 1) {
    slopes[0] = steps[0];
    slopes[n - 1] = steps[n - 2];
  }
  return (x) => {
    if (x <= sorted[0][0]) return sorted[0][1];
    if (x >= sorted[n - 1][0]) return sorted[n - 1][1];
    let i = 0;
    while (x > sorted[i + 1][0]) i++;
    const [x0, y0] = sorted[i];
    const [x1, y1] = sorted[i + 1];
    const h = x1 - x0;
    const t = (x - x0) / h;
    const [m0, m1] = [slopes[i] * h, slopes[i + 1] * h];
    return (
      y0 * (1 + 2 * t) * (1 - t) * (1 - t) +
      m0 * t * (1 - t) * (1 - t) +
      y1 * t * t * (3 - 2 * t) +
      m1 * t * t * (t - 1)
    );
  };
}

function isApart(
  point: readonly [number, number],
  index: number,
  all: readonly (readonly [number, number])[],
): boolean {
  return index === 0 || point[0] - all[index - 1][0] > 1e-6;
}

/** The value below which a share of the values lies; 0 for none. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return 0;
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Gaussian smoothing; sigma in steps. Ends are continued by their last value. */
export function smooth(values: Float32Array, sigma: number): Float32Array {
  const reach = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)),
  );
  const sum = kernel.reduce((a, b) => a + b, 0);
  const last = values.length - 1;
  return values.map((_, i) => {
    let total = 0;
    for (let k = -reach; k <= reach; k++) {
      const at = i + k < 0 ? 0 : i + k > last ? last : i + k;
      total += values[at] * kernel[k + reach];
    }
    return total / sum;
  });
}

/** The value between two steps; the series' ends beyond them. */
export function sample(values: ArrayLike<number>, position: number): number {
  const last = values.length - 1;
  if (last < 0) return 0;
  if (position <= 0) return values[0];
  if (position >= last) return values[last];
  const at = Math.floor(position);
  return values[at] + (values[at + 1] - values[at]) * (position - at);
}

/**
 * Numbers from 0 to 1, the same for the same seed.
 * Algorithm: xorshift32, Marsaglia, "Xorshift RNGs", 2003.
 */
export function seededRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
