// The closed mouth: the colour of the lips over the lit form, the seam, fine creases, moist lights.
import { lipSeam } from './sculpture.mjs';
import { group, number, path, randomFrom, smoothPath } from './svg.mjs';

const CORNER = 24.6;
const UPPER_EDGE = [
  [-CORNER, 60.3], [-19, 58.4], [-12, 56.4], [-5.6, 54.2], [-2.6, 54.7], [0, 55.6], [2.6, 54.7], [5.6, 54.2], [12, 56.4], [19, 58.4], [CORNER, 60.3],
]; // prettier-ignore
const LOWER_EDGE = [[CORNER, 60.3], [20, 65.5], [14, 71], [7, 73.9], [0, 74.6], [-7, 73.9], [-14, 71], [-20, 65.5], [-CORNER, 60.3]]; // prettier-ignore
const seamPoints = (lift = 0) =>
  Array.from({ length: 15 }, (_, i) => {
    const x = -CORNER + (i * 2 * CORNER) / 14;
    const open = Math.max(0, 1 - (x / CORNER) ** 2) ** 0.5;
    return [x, lipSeam(x) + lift * open];
  });
const joined = (edge, back) => `${smoothPath(edge)}L${smoothPath(back).slice(1)}Z`;

const UPPER_LIP = joined(UPPER_EDGE, seamPoints().reverse());
const LOWER_LIP = joined(LOWER_EDGE, seamPoints());
export const mouthDefinitions = `<clipPath id="lips"><path d="${UPPER_LIP}"/><path d="${LOWER_LIP}"/></clipPath>`;

function creases() {
  const random = randomFrom(31);
  let dark = '';
  let light = '';
  for (let i = 0; i < 70; i++) {
    const x = (random() * 2 - 1) * 21;
    const lean = x * 0.06 + (random() - 0.5) * 0.5;
    const start = lipSeam(x);
    const lower = random() < 0.62;
    const reach = (1 - (x / CORNER) ** 2) * (lower ? 8 : -5.5) * (0.55 + 0.45 * random());
    const from = start + (lower ? 0.9 : -0.6);
    const d = `M${number(x)} ${number(from)}Q${number(x + lean)} ${number(from + reach * 0.5)} ${number(x + lean * 1.6)} ${number(from + reach)}`;
    if (i % 3) dark += d;
    else light += d;
  }
  return [
    path(dark, {
      fill: 'none',
      stroke: '#7d2f2f',
      'stroke-width': 0.2,
      opacity: 0.18,
      filter: 'url(#blur-02)',
    }),
    path(light, {
      fill: 'none',
      stroke: '#ffd9cf',
      'stroke-width': 0.22,
      opacity: 0.12,
      filter: 'url(#blur-02)',
    }),
  ];
}

/** The lips. */
export function mouth() {
  const seam = joined(seamPoints(-0.32), seamPoints(0.5).reverse());
  return [
    path(UPPER_LIP, { fill: '#c2605c', opacity: 0.66, filter: 'url(#blur-05)', style: 'mix-blend-mode:multiply' }),
    path(LOWER_LIP, { fill: '#d4706a', opacity: 0.66, filter: 'url(#blur-05)', style: 'mix-blend-mode:multiply' }),
    group(
      { 'clip-path': 'url(#lips)' },
      path('M-24 61.5C-12 64 12 64 24 61.5L22 67C12 66.8 -12 66.8 -22 67Z', { fill: '#7a2b2b', opacity: 0.36, filter: 'url(#blur-1)' }),
      path(smoothPath(seamPoints(-1.6)), { fill: 'none', stroke: '#6f2626', 'stroke-width': 2.4, opacity: 0.36, filter: 'url(#blur-1)' }),
      ...creases(),
      path('M-11.5 68.2C-8 66.7 -2.6 66.8 1.6 67.2C5 67.6 8 68.2 9.6 69.4C4 70.8 -6.5 70.8 -11.5 68.2Z', { fill: '#fff0ea', opacity: 0.5, filter: 'url(#blur-1)' }),
      path('M-8.6 68.1C-6 67.5 -3.5 67.5 -1.4 67.8C-3 69.2 -6.6 69.4 -8.6 68.1Z', { fill: '#ffffff', opacity: 0.5, filter: 'url(#blur-05)' }),
    ),
    path(smoothPath(UPPER_EDGE.slice(2, 9)), { fill: 'none', stroke: '#ffe6d6', 'stroke-width': 0.7, opacity: 0.3, filter: 'url(#blur-05)', transform: 'translate(0 -.7)' }),
    path(smoothPath(seamPoints()), { fill: 'none', stroke: '#5a1d1c', 'stroke-width': 1.5, opacity: 0.5, filter: 'url(#blur-05)', 'stroke-linecap': 'round' }),
    path(seam, { fill: '#3a1011', opacity: 0.88, filter: 'url(#blur-02)' }),
    path(`M-${CORNER + 1.5} 59.4q1.2 1.3 3 1M${CORNER + 1.5} 59.4q-1.2 1.3 -3 1`, { fill: 'none', stroke: '#6a2b22', 'stroke-width': 1.3, opacity: 0.6, filter: 'url(#blur-05)', 'stroke-linecap': 'round' }),
  ]; // prettier-ignore
}
