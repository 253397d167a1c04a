// A teal blazer over a cream top, and the backdrop.
import { litForm, painted } from './light.mjs';
import { element, group, linear, path, radial } from './svg.mjs';

const TEAL = [
  [0.1, [8, 18, 28]], [0.35, [14, 36, 50]], [0.55, [22, 57, 74]], [0.75, [38, 84, 101]], [0.95, [84, 132, 146]],
]; // prettier-ignore
const CREAM = [
  [0.1, [92, 78, 70]], [0.4, [168, 152, 140]], [0.62, [219, 207, 194]], [0.8, [240, 232, 221]], [1, [252, 248, 241]],
]; // prettier-ignore

const BODY =
  'M-52 141C-70 152 -106 160 -136 168C-160 175 -171 196 -180 242H180C171 196 160 176 138 169C108 160 72 152 53 141L50 120H-50L-52 141Z';
const NECKLINE = 'M-52 146C-42 176 -20 187 0 187C20 187 42 176 52 146';
const TOP = `${NECKLINE}L60 240H-60Z`;
const LAPEL_LEFT =
  'M-53 138C-62 150 -70 166 -76 188L-58 196L-70 206C-56 220 -44 230 -34 240L-6 240C-26 214 -42 182 -47 156C-48 149 -50 143 -53 138Z';
const LAPEL_RIGHT =
  'M54 138C63 150 71 166 77 188L59 196L71 206C57 220 45 230 35 240L7 240C27 214 43 182 48 156C49 149 51 143 54 138Z';

export const clothesDefinitions = [
  radial(
    'backdrop',
    [-60, -60, 330],
    [
      [0, '#e3e7ea'],
      [0.45, '#c6ced5'],
      [1, '#8c99a6'],
    ],
  ),
  linear(
    'lapel-left',
    [-80, 150, -20, 236],
    [
      [0, '#3d7486'],
      [0.4, '#235365'],
      [1, '#133644'],
    ],
  ),
  linear(
    'lapel-right',
    [30, 150, 70, 236],
    [
      [0, '#1a4556'],
      [0.5, '#1d4b5c'],
      [1, '#0f2e3b'],
    ],
  ),
  `<clipPath id="body"><path d="${BODY}"/></clipPath>`,
  `<clipPath id="top"><path d="${TOP}"/></clipPath>`,
].join('\n');

/** Soft grey-blue studio wall. */
export const backdrop = () => [
  element('rect', { x: -190, y: -145, width: 380, height: 385, fill: 'url(#backdrop)' }),
  element('ellipse', {
    cx: 30,
    cy: 60,
    rx: 120,
    ry: 150,
    fill: '#5f6d7a',
    opacity: 0.22,
    filter: 'url(#blur-30)',
  }),
];

const wrinkle = (x, y, [x0, y0], [x1, y1], width, height) => {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = Math.hypot(dx, dy);
  const along = ((x - x0) * dx + (y - y0) * dy) / length / length;
  const across = ((x - x0) * dy - (y - y0) * dx) / length;
  return height * Math.exp(-0.5 * (across / width) ** 2 - 0.5 * ((along - 0.5) / 0.32) ** 4);
};

function blazerHeight(x, y) {
  const shoulder = 141 + 0.22 * Math.max(0, Math.abs(x) - 52) + Math.max(0, Math.abs(x) - 134) ** 2 * 0.03;
  const below = Math.max(0, y - shoulder);
  return (
    26 * (1 - Math.exp(-below / 20)) - 0.0016 * x * x +
    wrinkle(x, y, [-150, 190], [-118, 250], 5, 3) + wrinkle(x, y, [-128, 196], [-104, 250], 4, 2.2) +
    wrinkle(x, y, [150, 192], [120, 250], 5, 3) + wrinkle(x, y, [126, 196], [104, 250], 4, 2.2) +
    wrinkle(x, y, [-112, 172], [-78, 204], 6, 1.4) + wrinkle(x, y, [112, 174], [80, 206], 6, 1.4)
  );
} // prettier-ignore

const topHeight = (x, y) =>
  20 -
  0.008 * x * x -
  0.05 * (y - 190) +
  wrinkle(x, y, [-26, 186], [-10, 240], 4, 1.3) +
  wrinkle(x, y, [20, 188], [8, 240], 4, 1.1);

/** Top and blazer; `under` (hair that lies on the neck) goes between them and nothing is cut by it. */
export function clothes() {
  return [
    group(
      { 'clip-path': 'url(#top)' },
      group(
        { filter: 'url(#blur-clothes)' },
        ...painted(
          litForm([-62, 150, 62, 240], topHeight, { step: 1.5, sheen: 0.03, tint: () => 0.02 }),
          CREAM,
          { layers: 40, tolerance: 0.1 },
        ),
      ),
      path(NECKLINE, {
        fill: 'none',
        stroke: '#6b5648',
        'stroke-width': 6,
        opacity: 0.4,
        filter: 'url(#blur-1)',
        transform: 'translate(0 5.4)',
      }),
      path(NECKLINE, {
        fill: 'none',
        stroke: '#f7f0e6',
        'stroke-width': 5.6,
        opacity: 0.75,
        filter: 'url(#blur-05)',
        transform: 'translate(0 2)',
      }),
    ),
    group(
      { 'clip-path': 'url(#body)' },
      path(
        'M-52 141C-70 152 -106 160 -136 168C-160 175 -171 196 -180 242H-24C-42 210 -54 180 -54 150Z',
        { fill: '#14404d' },
      ),
      path('M53 141C72 152 108 160 138 169C160 176 171 196 180 242H25C43 210 55 180 55 150Z', {
        fill: '#14404d',
      }),
      element(
        'g',
        { 'clip-path': 'url(#jacket)' },
        group(
          { filter: 'url(#blur-clothes)' },
          ...painted(
            litForm([-190, 136, 190, 240], blazerHeight, {
              step: 1.5,
              sheen: 0.04,
              tint: () => -0.05,
            }),
            TEAL,
            { layers: 48, tolerance: 0.12 },
          ),
        ),
      ),
      path(LAPEL_LEFT, {
        fill: '#04121a',
        opacity: 0.55,
        filter: 'url(#blur-3)',
        transform: 'translate(4 3)',
      }),
      path(LAPEL_RIGHT, {
        fill: '#04121a',
        opacity: 0.55,
        filter: 'url(#blur-3)',
        transform: 'translate(3 3)',
      }),
      path(LAPEL_LEFT, { fill: 'url(#lapel-left)' }),
      path(LAPEL_RIGHT, { fill: 'url(#lapel-right)' }),
      path('M-47 156C-42 182 -26 214 -6 240', {
        fill: 'none',
        stroke: '#8fc0c8',
        'stroke-width': 0.9,
        opacity: 0.55,
        filter: 'url(#blur-03)',
      }),
      path('M48 156C43 182 27 214 7 240', {
        fill: 'none',
        stroke: '#6ba0aa',
        'stroke-width': 0.7,
        opacity: 0.4,
        filter: 'url(#blur-03)',
      }),
      path(
        'M-70 206L-58 196L-76 188M-58 196C-52 186 -48 176 -46.4 162M71 206L59 196L77 188M59 196C53 186 49 176 47.4 162',
        {
          fill: 'none',
          stroke: '#082029',
          'stroke-width': 0.8,
          opacity: 0.7,
          filter: 'url(#blur-03)',
        },
      ),
    ),
  ];
}

export const jacketClip = `<clipPath id="jacket"><path d="M-52 141C-70 152 -106 160 -136 168C-160 175 -171 196 -180 242H-8C-36 210 -56 180 -56 150ZM53 141C72 152 108 160 138 169C160 176 171 196 180 242H9C37 210 57 180 57 150Z"/></clipPath>`;
