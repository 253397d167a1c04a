// The guide curves of the hair (inner and outer edge of each flow) and strands combed between them.
import { curveThrough, path, randomFrom, smoothPath } from './svg.mjs';

export const TOP_LEFT = [
  [[13.5, -78], [5, -73], [-13, -69], [-40, -57], [-58, -34], [-67, -12], [-76, -2], [-79, 16], [-79, 40], [-76, 66]],
  [[15, -118], [4, -119.6], [-22, -118.5], [-58, -102], [-80, -66], [-87, -26], [-89, 0], [-92, 24], [-95, 46], [-97, 70]],
]; // prettier-ignore
export const TOP_RIGHT = [
  [[14, -78], [20, -73.5], [33, -66], [50, -50], [60, -30], [66, -12], [75, -2], [78, 16], [78, 38], [74, 62]],
  [[15, -118], [26, -117], [46, -112], [70, -93], [83, -58], [88, -24], [89, 0], [91, 22], [94, 44], [96, 66]],
]; // prettier-ignore
export const FALL_LEFT = [
  [[-66, -4], [-66, 34], [-60, 70], [-53, 104], [-55, 138], [-58, 170], [-70, 206], [-72, 250]],
  [[-86, -10], [-95, 34], [-104, 72], [-106, 112], [-112, 150], [-114, 184], [-106, 216], [-104, 250]],
]; // prettier-ignore
export const FALL_RIGHT = [
  [[66, -4], [64, 34], [57, 70], [48, 106], [46, 134], [50, 160], [52, 190]],
  [[85, -10], [94, 34], [103, 72], [103, 108], [109, 144], [112, 172], [104, 200]],
]; // prettier-ignore

export const BEHIND = [
  [[-72, 20], [-62, 60], [-50, 95], [-46, 130], [-50, 165]],
  [[72, 20], [62, 60], [50, 95], [46, 130], [50, 165]],
]; // prettier-ignore

/** Closed outline of a flow. */
export const outlineOf = ([inner, outer]) =>
  `${smoothPath(inner)}L${smoothPath([...outer].reverse()).slice(1)}Z`;
const blend = ([inner, outer], across) =>
  inner.map(([x, y], i) => [x + (outer[i][0] - x) * across, y + (outer[i][1] - y) * across]);

/** Strands of one flow as a few paths, one a colour. */
export function strands(flow, { count, colours, width, opacity, seed, stray = 1, wave = 0 }) {
  const random = randomFrom(seed);
  const lines = colours.map(() => '');
  for (let i = 0; i < count; i++) {
    const across = random();
    const drift = (random() - 0.5) * 0.1;
    const phase = across * 9 + random() * 0.8;
    const from = random() < 0.75 ? 0 : Math.floor(random() * 3);
    const points = blend(flow, across)
      .map((_, k, all) => {
        const outer = blend(flow, Math.min(1, Math.max(0, across + drift * (k / all.length))))[k];
        const sway =
          wave * Math.sin(phase + k * 0.9) * (k / all.length) * 4 * across * (1 - across);
        return [
          outer[0] + sway + (random() - 0.5) * stray,
          outer[1] + (random() - 0.5) * stray * 0.6,
        ];
      })
      .slice(from);
    lines[Math.floor(random() * colours.length)] += smoothPath(points, { digits: 1 });
  }
  return lines.map((d, i) =>
    path(d, {
      fill: 'none',
      stroke: colours[i],
      'stroke-width': width,
      opacity,
      'stroke-linecap': 'round',
    }),
  );
}

/** The point `along` (guide points passed, with fractions) and `across` (0 inner, 1 outer) a flow. */
function inFlow(flow, along, across) {
  const points = blend(flow, across);
  return [0, 1].map((axis) => curveThrough(points.map((point, i) => [i, point[axis]]))(along));
}

/** A hair of `length` (in guide points) that goes from one place across the flow to another. */
export function looseHair(flow, from, length, [acrossFrom, acrossTo], bend) {
  const parts = [0, 0.2, 0.4, 0.6, 0.8, 1];
  return smoothPath(
    parts.map((k) =>
      inFlow(flow, from + length * k, acrossFrom + (acrossTo - acrossFrom) * k ** bend),
    ),
  );
}
