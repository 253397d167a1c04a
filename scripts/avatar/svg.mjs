// Small helpers to write SVG: numbers, smooth curves, gradients, blurs and repeatable chance.

/** A number with at most `digits` decimals and no needless zeros. */
export const number = (value, digits = 2) =>
  String(+value.toFixed(digits)).replace(/^(-?)0\./, '$1.');

/** Repeatable pseudo-random numbers in [0, 1) (mulberry32), so that a drawing is always the same. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The point at `t` (0 to 1) of a cubic Bézier given by its four points. */
export const cubic = ([a, b, c, d], t) => {
  const u = 1 - t;
  return [0, 1].map(
    (i) => u ** 3 * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t ** 3 * d[i],
  );
};

/** Path data of a smooth curve (Catmull-Rom, as cubic Béziers) through `points` ([x, y] pairs). */
export function smoothPath(points, { closed = false, digits = 2 } = {}) {
  const count = points.length;
  const at = (index) =>
    closed ? points[(index + count) % count] : points[Math.min(count - 1, Math.max(0, index))];
  const pair = ([x, y]) => `${number(x, digits)} ${number(y, digits)}`;
  let path = `M${pair(points[0])}`;
  for (let i = 0; i < (closed ? count : count - 1); i++) {
    const [before, from, to, after] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    const first = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6];
    const second = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6];
    path += `C${pair(first)} ${pair(second)} ${pair(to)}`;
  }
  return closed ? `${path}Z` : path;
}

/** `points` mirrored at the middle of the face, in reverse order. */
export const mirrored = (points) => points.map(([x, y]) => [-x, y]).reverse();

/** A closed outline from its right half (bottom to top); points on the axis are not doubled. */
export const symmetric = (half) => [...half, ...mirrored(half).filter(([x]) => x !== 0)];

/** Piecewise smooth (cubic Hermite) function through [x, y] `knots`; constant outside them. */
export function curveThrough(knots) {
  const slope = (i) => {
    const a = knots[Math.max(0, i - 1)];
    const b = knots[Math.min(knots.length - 1, i + 1)];
    return (b[1] - a[1]) / (b[0] - a[0]);
  };
  return (x) => {
    if (x <= knots[0][0]) return knots[0][1];
    const i = knots.findIndex(([knot]) => knot > x) - 1;
    if (i < 0) return knots[knots.length - 1][1];
    const [[x0, y0], [x1, y1]] = [knots[i], knots[i + 1]];
    const step = x1 - x0;
    const t = (x - x0) / step;
    const [m0, m1] = [slope(i) * step, slope(i + 1) * step];
    const [t2, t3] = [t * t, t * t * t];
    return (
      (2 * t3 - 3 * t2 + 1) * y0 + (t3 - 2 * t2 + t) * m0 + (3 * t2 - 2 * t3) * y1 + (t3 - t2) * m1
    );
  };
}

const stops = (list) =>
  list
    .map(
      ([offset, colour, opacity = 1]) =>
        `<stop offset="${offset}" stop-color="${colour}"${opacity === 1 ? '' : ` stop-opacity="${opacity}"`}/>`,
    )
    .join('');

/** Linear gradient in drawing units from (x1, y1) to (x2, y2). */
export const linear = (id, [x1, y1, x2, y2], list) =>
  `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${stops(list)}</linearGradient>`;

/** Radial gradient in drawing units around (cx, cy) with radius r. */
export const radial = (id, [cx, cy, r], list) =>
  `<radialGradient id="${id}" gradientUnits="userSpaceOnUse" cx="${cx}" cy="${cy}" r="${r}">${stops(list)}</radialGradient>`;

/**
 * Gaussian blur filter `blur-NAME` of `deviation` millimetres; its region is the shape's box with a
 * `margin` (fraction of the box), or the given box [x0, y0, x1, y1]. Small regions render fast.
 */
export function blur(name, deviation, margin) {
  const region = Array.isArray(margin)
    ? `filterUnits="userSpaceOnUse" x="${margin[0]}" y="${margin[1]}" width="${margin[2] - margin[0]}" height="${margin[3] - margin[1]}"`
    : `x="${-margin}" y="${-margin}" width="${1 + 2 * margin}" height="${1 + 2 * margin}"`;
  return `<filter id="blur-${name}" ${region} color-interpolation-filters="sRGB"><feGaussianBlur stdDeviation="${deviation}"/></filter>`;
}

/** An element: `tag` with `attributes` and optional inner text. */
export function element(tag, attributes = {}, inner = '') {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? number(value, 3) : value}"`);
  return inner ? `<${tag}${list.join('')}>${inner}</${tag}>` : `<${tag}${list.join('')}/>`;
}

/** A path element. */
export const path = (d, attributes) => element('path', { d, ...attributes });
/** A group element of several parts. */
export const group = (attributes, ...parts) => element('g', attributes, parts.flat().join('\n'));
