/** Small functions of one variable. */

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
