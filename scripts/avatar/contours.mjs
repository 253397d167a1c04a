// A scalar field on a grid, turned into nested filled paths: the airbrush of this drawing.
import { number } from './svg.mjs';

/** Evaluates `value(x, y)` on a grid over [x0, y0, x1, y1] with `step` millimetres between samples. */
export function sample([x0, y0, x1, y1], step, value) {
  const columns = Math.round((x1 - x0) / step) + 1;
  const rows = Math.round((y1 - y0) / step) + 1;
  const data = new Float64Array(columns * rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      data[row * columns + column] = value(x0 + column * step, y0 + row * step);
  return { x0, y0, step, columns, rows, data };
}

/** Box-blurred copy of `field` (`radius` samples, three passes: nearly a Gaussian). */
export function blurred(field, radius) {
  const { columns, rows } = field;
  let data = field.data;
  for (let pass = 0; pass < 3; pass++) {
    data = blurLines(data, rows, columns, columns, 1, radius);
    data = blurLines(data, columns, rows, 1, columns, radius);
  }
  return { ...field, data };
}

function blurLines(data, lines, length, lineStride, stride, radius) {
  const out = new Float64Array(data.length);
  for (let line = 0; line < lines; line++) {
    const get = (i) => data[line * lineStride + Math.min(length - 1, Math.max(0, i)) * stride];
    let sum = 0;
    for (let i = -radius; i <= radius; i++) sum += get(i);
    for (let i = 0; i < length; i++) {
      out[line * lineStride + i * stride] = sum / (2 * radius + 1);
      sum += get(i + radius + 1) - get(i - radius);
    }
  }
  return out;
}

/** Path data of the region where `field` is at least `level` (marching squares, closed at the rim). */
export function regionAbove(field, level, tolerance = 0.05) {
  return loops(field, level)
    .map((loop) => simplify(loop, tolerance))
    .filter((loop) => loop.length > 3)
    .map(loopPath)
    .join('');
}

/** One closed loop as path data in relative steps, which are short; rounding does not add up. */
function loopPath(loop) {
  const rounded = loop.map(([x, y]) => [Math.round(x * 100), Math.round(y * 100)]);
  const steps = rounded
    .slice(1)
    .map(
      ([x, y], i) => `${number((x - rounded[i][0]) / 100)} ${number((y - rounded[i][1]) / 100)}`,
    );
  const [x, y] = rounded[0];
  return `M${x / 100} ${y / 100}l${steps.join(' ').replaceAll(' -', '-')}z`;
}

// Segments of one cell by the corners that lie inside (bits: top left, top right, bottom right,
// bottom left); edges are numbered top 0, right 1, bottom 2, left 3; the inside lies to the left.
const SEGMENTS = [
  [], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], [[3, 0], [1, 2]], [[0, 2]], [[3, 2]],
  [[2, 3]], [[2, 0]], [[0, 1], [2, 3]], [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], [],
]; // prettier-ignore

function loops({ x0, y0, step, columns, rows, data }, level) {
  const get = (column, row) =>
    column < 0 || row < 0 || column >= columns || row >= rows
      ? -1e3
      : data[row * columns + column] - level;
  const width = columns + 2;
  const next = new Map();
  const edgeKey = (column, row, edge) => {
    if (edge === 2) return edgeKey(column, row + 1, 0);
    if (edge === 1) return edgeKey(column + 1, row, 3);
    return ((row + 1) * width + column + 1) * 2 + (edge === 3 ? 1 : 0);
  };
  const point = (key) => {
    const cell = key >> 1;
    const [column, row] = [(cell % width) - 1, Math.floor(cell / width) - 1];
    const vertical = key & 1;
    const a = get(column, row);
    const b = vertical ? get(column, row + 1) : get(column + 1, row);
    const t = a / (a - b);
    return [x0 + (column + (vertical ? 0 : t)) * step, y0 + (row + (vertical ? t : 0)) * step];
  };
  for (let row = -1; row < rows; row++)
    for (let column = -1; column < columns; column++) {
      const bits =
        (get(column, row) >= 0 ? 1 : 0) +
        (get(column + 1, row) >= 0 ? 2 : 0) +
        (get(column + 1, row + 1) >= 0 ? 4 : 0) +
        (get(column, row + 1) >= 0 ? 8 : 0);
      for (const [from, to] of SEGMENTS[bits])
        next.set(edgeKey(column, row, from), edgeKey(column, row, to));
    }
  const found = [];
  while (next.size) {
    const start = next.keys().next().value;
    const loop = [];
    for (let key = start; next.has(key);) {
      loop.push(point(key));
      const following = next.get(key);
      next.delete(key);
      key = following;
    }
    found.push(loop);
  }
  return found;
}

/** Ramer-Douglas-Peucker simplification of a closed loop. */
function simplify(loop, tolerance) {
  if (loop.length < 4) return loop;
  const half = loop.length >> 1;
  const first = reduce(loop.slice(0, half + 1), tolerance);
  const second = reduce([...loop.slice(half), loop[0]], tolerance);
  return [...first.slice(0, -1), ...second.slice(0, -1)];
}

function reduce(points, tolerance) {
  const [[ax, ay], [bx, by]] = [points[0], points[points.length - 1]];
  const length = Math.hypot(bx - ax, by - ay) || 1e-9;
  let [worst, index] = [0, 0];
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const distance = Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length;
    if (distance > worst) [worst, index] = [distance, i];
  }
  if (worst <= tolerance) return [points[0], points[points.length - 1]];
  return [
    ...reduce(points.slice(0, index + 1), tolerance).slice(0, -1),
    ...reduce(points.slice(index), tolerance),
  ];
}
