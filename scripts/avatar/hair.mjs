// Hair: dark masses, then a few thousand strands combed between guide curves, lit in bands.
import {
  BEHIND,
  FALL_LEFT,
  FALL_RIGHT,
  looseHair,
  outlineOf,
  strands,
  TOP_LEFT,
  TOP_RIGHT,
} from './hair-flows.mjs';
import { group, linear, path, randomFrom, smoothPath } from './svg.mjs';

const DARK = ['#1c100c', '#241510', '#180d0a'];
const MIDDLE = ['#4a2d1f', '#3d2419', '#573524'];
const LIGHT = ['#8a5a3a', '#a06c46', '#74482f'];
const SHINE = ['#d9a878', '#c08c5e', '#e8c096'];

const band = (d, blurName, opacity = 1) =>
  path(d, { fill: '#fff', opacity, filter: `url(#blur-${blurName})` });
const mask = (id, ...parts) =>
  `<mask id="${id}" maskUnits="userSpaceOnUse" x="-190" y="-145" width="380" height="380">${parts.join('')}</mask>`;

export const hairDefinitions = [
  linear(
    'hair-top',
    [-40, -120, 30, 20],
    [
      [0, '#4a2d20'],
      [0.4, '#2e1b14'],
      [1, '#1a0f0b'],
    ],
  ),
  linear(
    'hair-fall',
    [0, 0, 0, 200],
    [
      [0, '#170d0a'],
      [0.5, '#2b1912'],
      [1, '#20130e'],
    ],
  ),
  linear(
    'fade',
    [0, 14, 0, 64],
    [
      [0, '#fff'],
      [1, '#000'],
    ],
  ),
  `<mask id="top-hair" maskUnits="userSpaceOnUse" x="-190" y="-145" width="380" height="380"><rect x="-190" y="-145" width="380" height="380" fill="url(#fade)"/></mask>`,
  mask(
    'shine-left',
    band('M2 -98C-26 -104 -56 -88 -72 -50L-60 -40C-46 -68 -24 -84 6 -84Z', 6),
    band('M-84 -12C-80 -26 -78 -34 -74 -44L-66 -30C-70 -20 -74 -8 -78 0Z', 6, 0.5),
  ),
  mask('shine-right', band('M24 -98C46 -98 64 -82 74 -54L64 -46C56 -66 44 -80 24 -84Z', 6, 0.75)),
  mask(
    'shine-falls',
    band('M-104 52C-90 44 -70 44 -56 54L-55 96C-72 84 -90 84 -106 98Z', 12, 0.9),
    band('M-112 150C-100 144 -70 144 -50 150V170H-112Z', 12, 0.5),
    band('M104 50C90 44 70 46 56 56L52 92C70 84 90 84 104 94Z', 12, 0.7),
  ),
].join('\n');

/** Hair behind the neck, and the right-hand fall, which lies behind the shoulder. */
export const hairBehind = () => [
  path('M-80 -40C-92 20 -92 90 -80 150L-40 168H40L88 160C98 100 92 20 80 -40Z', {
    fill: '#1f120d',
  }),
  ...strands(BEHIND, {
    count: 90,
    colours: MIDDLE,
    width: 0.8,
    opacity: 0.4,
    seed: 64,
    stray: 1.6,
  }),
  path(outlineOf(FALL_RIGHT), { fill: 'url(#hair-fall)' }),
  ...strands(FALL_RIGHT, {
    count: 150,
    colours: MIDDLE,
    width: 0.7,
    opacity: 0.6,
    seed: 61,
    stray: 1.6,
    wave: 3,
  }),
  group(
    { mask: 'url(#shine-falls)' },
    ...strands(FALL_RIGHT, {
      count: 190,
      colours: [...LIGHT, SHINE[1]],
      width: 0.5,
      opacity: 0.65,
      seed: 62,
      stray: 1.6,
      wave: 3,
    }),
  ),
];

/** The left-hand fall, which lies in front of the shoulder. */
export const hairFall = () => [
  path(outlineOf(FALL_LEFT), {
    fill: '#120907',
    opacity: 0.5,
    filter: 'url(#blur-3)',
    transform: 'translate(4 3)',
  }),
  path(outlineOf(FALL_LEFT), { fill: 'url(#hair-fall)' }),
  ...strands(FALL_LEFT, {
    count: 240,
    colours: MIDDLE,
    width: 0.7,
    opacity: 0.6,
    seed: 51,
    stray: 1.6,
    wave: 3,
  }),
  ...strands(FALL_LEFT, {
    count: 90,
    colours: DARK,
    width: 0.8,
    opacity: 0.8,
    seed: 53,
    stray: 1.6,
    wave: 3,
  }),
  group(
    { mask: 'url(#shine-falls)' },
    ...strands(FALL_LEFT, {
      count: 200,
      colours: [...LIGHT, SHINE[1]],
      width: 0.5,
      opacity: 0.7,
      seed: 52,
      stray: 1.6,
      wave: 3,
    }),
  ),
];

/** Hair on the head, combed from the parting over the ears. */
export function hairTop() {
  const half = (flow, name, seed) => [
    path(outlineOf(flow), { fill: 'url(#hair-top)' }),
    ...strands(flow, { count: 260, colours: MIDDLE, width: 0.6, opacity: 0.5, seed }),
    ...strands(flow, { count: 170, colours: DARK, width: 0.7, opacity: 0.7, seed: seed + 1 }),
    ...strands(flow, {
      count: 90,
      colours: LIGHT,
      width: 0.35,
      opacity: 0.45,
      seed: seed + 2,
      stray: 1.4,
    }),
    group(
      { mask: `url(#shine-${name})` },
      ...strands(flow, {
        count: 260,
        colours: [...LIGHT, ...SHINE],
        width: 0.42,
        opacity: 0.62,
        seed: seed + 3,
      }),
    ),
  ];
  return [
    group(
      { 'clip-path': 'url(#face)' },
      path(smoothPath(TOP_LEFT[0].slice(0, 7)), {
        fill: 'none',
        stroke: '#6b3323',
        'stroke-width': 9,
        opacity: 0.5,
        filter: 'url(#blur-3)',
        transform: 'translate(1.5 1.5)',
      }),
      path(smoothPath(TOP_RIGHT[0].slice(0, 7)), {
        fill: 'none',
        stroke: '#6b3323',
        'stroke-width': 7,
        opacity: 0.42,
        filter: 'url(#blur-3)',
      }),
    ),
    group(
      { mask: 'url(#top-hair)' },
      ...half(TOP_RIGHT, 'right', 71),
      ...half(TOP_LEFT, 'left', 81),
    ),
    path('M13.6 -77C14 -88 14.6 -102 15 -116', {
      fill: 'none',
      stroke: '#c99a7c',
      'stroke-width': 0.8,
      opacity: 0.5,
      filter: 'url(#blur-05)',
    }),
    path(wisps(), {
      fill: 'none',
      stroke: '#5a3826',
      'stroke-width': 0.26,
      opacity: 0.45,
      'stroke-linecap': 'round',
      filter: 'url(#blur-02)',
    }),
    path(strays(), {
      fill: 'none',
      stroke: '#4a2d1f',
      'stroke-width': 0.24,
      opacity: 0.42,
      filter: 'url(#blur-02)',
    }),
  ];
}

/** Loose hairs along the silhouette, which keep it from looking cut out. */
function strays() {
  const random = randomFrom(91);
  let d = '';
  for (const flow of [TOP_LEFT, TOP_RIGHT])
    for (let i = 0; i < 60; i++) {
      const rise = 0.02 * random() + 0.04 * random() ** 4;
      d += looseHair(flow, 0.4 + random() * 6, 0.9 + random(), [0.97, 1 + rise], 1.4);
    }
  return d;
}

/** Fine short hairs that soften the hairline on the forehead and the temples. */
function wisps() {
  const random = randomFrom(97);
  let d = '';
  for (const flow of [TOP_LEFT, TOP_RIGHT])
    for (let i = 0; i < 130; i++) {
      const inside = -0.006 - 0.035 * random() ** 2;
      d += looseHair(flow, 0.5 + random() * 5, 0.55 + random() * 0.7, [inside, 0.03], 1.6);
    }
  return d;
}
