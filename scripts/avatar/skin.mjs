// Face, neck and ears: lit forms, then thin soft glazes of colour over them, as an airbrush would.
import { litForm, painted } from './light.mjs';
import { FACE_OUTLINE, faceHeight, neckHeight } from './sculpture.mjs';
import { element, group, linear, path, radial, smoothPath } from './svg.mjs';

/** Skin by tone: shadows turn red and stay warm, lights turn to a pale peach. */
export const SKIN = [
  [0.05, [74, 33, 24]], [0.25, [128, 70, 50]], [0.4, [171, 108, 81]], [0.55, [208, 149, 117]],
  [0.68, [229, 180, 149]], [0.8, [242, 204, 177]], [0.92, [250, 225, 204]], [1.05, [255, 243, 230]],
]; // prettier-ignore

const soft = (name, ...parts) => group({ filter: `url(#blur-${name})` }, ...parts);
const spot = (cx, cy, rx, ry, fill, opacity, turn) =>
  element('ellipse', {
    cx,
    cy,
    rx,
    ry,
    fill,
    opacity,
    transform: turn && `rotate(${turn} ${cx} ${cy})`,
  });
const both = (draw) => [draw(-1), draw(1)].flat();

export const skinDefinitions = [
  `<clipPath id="face"><path d="${smoothPath(FACE_OUTLINE, { closed: true })}"/></clipPath>`,
  linear(
    'ear',
    [0, -14, 0, 36],
    [
      [0, '#d69c7f'],
      [0.5, '#c98970'],
      [1, '#d79a80'],
    ],
  ),
  radial(
    'nostril',
    [0, 0, 1],
    [
      [0, '#3a1510', 0.95],
      [0.6, '#4c1f17', 0.75],
      [1, '#6d3427', 0],
    ],
  ),
].join('\n');

/** Colour that lies in the skin itself: blood in cheeks, nose and ears; a cooler jaw; tired eyes. */
function complexion() {
  return [
    soft(
      '12',
      both((s) => spot(s * 43, 29, 19, 14, '#e0705c', 0.25, s * -20)),
    ),
    soft('12', spot(0, -45, 38, 16, '#f3cf9a', 0.22)),
    soft(
      '6',
      spot(0, 32, 10, 8, '#d8614e', 0.24),
      both((s) => spot(s * 28, 14, 13, 4, '#9c5a63', 0.16, s * 6)),
    ),
    soft(
      '6',
      both((s) => spot(s * 31, -9, 17, 4.4, '#b0604c', 0.22, s * 4)),
      spot(0, 95, 13, 8, '#dd7a66', 0.14),
    ),
  ];
}

/** Shadows that one part casts on another, with the light at the upper left. */
function castShadows() {
  return [
    soft(
      '3',
      path('M4 41C9 42.6 15 43 21 40C20 46 12 50 5 50C2 47 2 43 4 41Z', {
        fill: '#8d4a39',
        opacity: 0.34,
      }),
    ),
    soft(
      '1',
      path(
        'M-13 41.4C-9 43.8 -3.5 42.4 0 44.2C3.5 42.4 9 43.8 14 41.2C9 45.6 4 44.2 0 46C-4 44.2 -9 45.4 -13 41.4Z',
        { fill: '#7a392b', opacity: 0.5 },
      ),
    ),
    soft(
      '3',
      path('M-15 77.5C-6 80 8 80 17 76.5C11 82.5 -9 83 -15 77.5Z', {
        fill: '#94503f',
        opacity: 0.42,
      }),
    ),
    soft(
      '3',
      path('M66 -50C58 -20 60 20 60 45C58 65 48 82 34 93C50 88 66 60 70 20Z', {
        fill: '#8a4634',
        opacity: 0.28,
      }),
    ),
  ];
}

function noseDetails() {
  const nostril = (s) =>
    group(
      { transform: `translate(${s * 6.9} 41.3) rotate(${s * -14}) scale(${s} 1)` },
      path('M-3.9 .9C-3 -1.2 1 -2 3.6 -.9C4.6 -.2 4.2 .9 2.6 1.1C.4 1.3 -2.4 .6 -3.9 .9Z', {
        fill: '#3d1812',
        opacity: 0.86,
        filter: 'url(#blur-05)',
      }),
    );
  const wing = (s) =>
    path(`M${s * 12.4} 29.8C${s * 16.4} 31.4 ${s * 17.5} 37.4 ${s * 15} 40.6C${s * 13.8} 41.8 ${s * 12} 41.8 ${s * 10.8} 41.4`, {
      fill: 'none', stroke: '#8e4735', 'stroke-width': 1.15, 'stroke-linecap': 'round', opacity: s < 0 ? 0.4 : 0.5, filter: 'url(#blur-07)',
    }); // prettier-ignore
  return [
    ...both(nostril),
    ...both(wing),
    soft(
      '07',
      spot(-1.8, 31.5, 2, 2.2, '#fff6ea', 0.42),
      path('M-1.6 -2C-1.8 8 -2 18 -2.2 26', {
        fill: 'none',
        stroke: '#fff3e2',
        'stroke-width': 1.6,
        opacity: 0.16,
      }),
    ),
  ];
}

/** The face without eyes, brows and lips. */
export function face() {
  const tones = litForm([-70, -108, 70, 109], faceHeight, { sheen: 0.13, tint: () => 0.025 });
  return group(
    { 'clip-path': 'url(#face)' },
    group({ filter: 'url(#blur-face)' }, ...painted(tones, SKIN)),
    ...complexion(),
    ...castShadows(),
    ...noseDetails(),
  );
}

/** Neck and chest, in the shadow of the jaw. */
export function neck() {
  const outline =
    'M-47 60C-46 90 -46 112 -49 128C-54 146 -76 156 -112 166L-112 215H112L112 166C76 156 54 146 49 128C46 112 46 90 47 60Z';
  const tones = litForm([-114, 58, 114, 216], neckHeight, {
    step: 1.2,
    sheen: 0.08,
    tint: () => -0.02,
  });
  return [
    `<clipPath id="neck"><path d="${outline}"/></clipPath>`,
    group(
      { 'clip-path': 'url(#neck)' },
      group({ filter: 'url(#blur-neck)' }, ...painted(tones, SKIN, { layers: 56, tolerance: 0.1 })),
      soft(
        '6',
        path('M-62 20H62V127C42 133 16 133 -6 125C-28 117 -48 103 -60 90Z', {
          fill: '#5e2a20',
          opacity: 0.6,
        }),
      ),
      soft(
        '3',
        path('M-60 30H60L48 94C36 108 22 115.5 5 115.5C-13 115.5 -32 104 -47 90Z', {
          fill: '#4e2018',
          opacity: 0.5,
        }),
      ),
      soft(
        '6',
        path('M49 60C44 90 44 118 52 140L34 150C34 120 36 90 40 60Z', {
          fill: '#592619',
          opacity: 0.45,
        }),
      ),
      soft(
        '6',
        path('M-50 66C-45 95 -46 118 -52 140L-42 140C-39 118 -40 95 -42 66Z', {
          fill: '#592619',
          opacity: 0.38,
        }),
      ),
    ),
  ];
}

/** Both ears, their upper rims to be covered by hair. */
export function ears() {
  const rim =
    'M60 -17C68 -20 77.6 -15 79 -6C80 2 78 12 75.8 19.5C74.2 26 71.6 34.6 67 35C64 35 62 30 61 24Z';
  const ear = (s) =>
    group(
      { transform: `scale(${s} 1)` },
      path(rim, { fill: 'url(#ear)' }),
      soft('1', path('M66.4 -7C71 -11 75.4 -9 75.2 -1C74.8 6 73 12 71 17.6C69.6 21.6 67.2 23.4 65.6 20Z', { fill: '#a25a45', opacity: 0.75 }),
        path('M65 4C68.6 .4 71.6 3.4 70.6 9C69.8 14 68 17 65 16.6Z', { fill: '#5a241a', opacity: 0.8 })),
      soft('07', path('M70 -9.4C71.4 -4 72.2 2 69 3.4', { fill: 'none', stroke: '#e0a488', 'stroke-width': 1.8, opacity: 0.7 }),
        path('M70.4 12C69.6 16 68 19 66 19.6', { fill: 'none', stroke: '#e0a488', 'stroke-width': 1.6, opacity: 0.7 }),
        path('M68 -12C74 -14 77.2 -11 77.3 -4C77.3 4 75.4 12 73.6 19.4C72.6 24 70.6 30 68.2 32', { fill: 'none', stroke: '#f6cdb3', 'stroke-width': 1.5, opacity: 0.75 }),
        spot(68.6, 28.4, 2.3, 3.2, '#f2bda3', 0.7)),
      path('M61 -12C65 4 65 24 60 40L56 40V-12Z', { fill: '#6b3224', opacity: 0.45, filter: 'url(#blur-1)' }),
      s > 0 ? path(rim, { fill: '#6b3224', opacity: 0.22 }) : '',
    ); // prettier-ignore
  return both(ear);
}
