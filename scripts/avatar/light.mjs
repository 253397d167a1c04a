// Light on a sculpted form: heights in, tones out, painted as many thin layers of one colour each.
import { blurred, regionAbove, sample } from './contours.mjs';
import { curveThrough, path } from './svg.mjs';

const unit = (v) => v.map((part) => part / Math.hypot(...v));
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const KEY = unit([-0.5, -0.55, 0.72]); // the large soft window, upper left
const FILL = unit([0.75, -0.1, 0.6]); // the room, right
const RIM = unit([0.93, -0.3, -0.02]); // a weak lamp behind, right
const VIEW = [0, 0, 1];
const HALF = unit(KEY.map((part, i) => part + VIEW[i]));

/**
 * Tones (about 0 to 1) of the surface z = `height(x, y)` (millimetres, towards the viewer) over `box`:
 * wrapped diffuse light, a sheen, and the darkening of hollows from their depth below their surroundings.
 */
export function litForm(
  box,
  height,
  { step = 0.7, sheen = 0.16, hollow = 0.05, soften = 1, tint } = {},
) {
  const heights = sample(box, step, height);
  const around = [5, 14].map((radius) => blurred(heights, radius));
  const { columns, rows, data } = heights;
  const tones = new Float64Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      const [left, right] = [Math.max(0, column - 1), Math.min(columns - 1, column + 1)];
      const [up, down] = [Math.max(0, row - 1), Math.min(rows - 1, row + 1)];
      const dx =
        (data[row * columns + right] - data[row * columns + left]) / ((right - left) * step);
      const dy =
        (data[down * columns + column] - data[up * columns + column]) / ((down - up) * step);
      const normal = unit([-dx, -dy, 1]);
      const key = Math.max(0, (dot(normal, KEY) + 0.35) / 1.35);
      const fill = Math.max(0, dot(normal, FILL));
      const rim = Math.max(0, dot(normal, RIM)) ** 3;
      const shine = Math.max(0, dot(normal, HALF)) ** 22;
      const depth =
        Math.max(-2, Math.min(5, around[0].data[i] - data[i])) +
        0.5 * Math.max(-3, Math.min(6, around[1].data[i] - data[i]));
      tones[i] = 0.1 + 0.62 * key + 0.13 * fill + 0.12 * rim + sheen * shine - hollow * depth;
      if (tint) tones[i] += tint(box[0] + column * step, box[1] + row * step);
    }
  return soften ? blurred({ ...heights, data: tones }, soften) : { ...heights, data: tones };
}

/** Tones painted through a colour `ramp` ([tone, [r, g, b]] knots): one filled path a step of tone. */
export function painted(tones, ramp, { layers = 72, tolerance = 0.05 } = {}) {
  const channel = [0, 1, 2].map((c) => curveThrough(ramp.map(([tone, rgb]) => [tone, rgb[c]])));
  const colour = (tone) =>
    `#${channel
      .map((at) =>
        Math.max(0, Math.min(255, Math.round(at(tone))))
          .toString(16)
          .padStart(2, '0'),
      )
      .join('')}`;
  const { x0, y0, step, columns, rows } = tones;
  const [low, high] = [ramp[0][0], ramp[ramp.length - 1][0]];
  const [right, bottom] = [x0 + (columns - 1) * step, y0 + (rows - 1) * step];
  const parts = [path(`M${x0} ${y0}H${right}V${bottom}H${x0}Z`, { fill: colour(low) })];
  for (let layer = 1; layer < layers; layer++) {
    const tone = low + ((high - low) * layer) / layers;
    const d = regionAbove(tones, tone, tolerance);
    if (d) parts.push(path(d, { fill: colour(tone + (high - low) / layers / 2) }));
  }
  return parts;
}
