/** Work on evenly spaced series. */

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
