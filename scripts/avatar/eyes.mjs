// Eyes. Shapes are drawn for the right-hand eye and mirrored; light is not mirrored.
import { cubic, element, group, linear, number, path, radial, randomFrom } from './svg.mjs';

const UPPER = 'M15.6 2.3C17.4 .4 20.8 -4.9 30.2 -5.2C37.6 -5.3 42.4 -3 45.2 -.7';
const LOWER = 'C43.2 1.8 38.6 4.15 32.2 4.15C25.2 4.15 20.4 3.5 15.6 2.3Z';
const IRIS = { x: 30.9, y: -0.5, r: 6.2 };
const UPPER_CURVES = [
  [[15.6, 2.3], [17.4, 0.4], [20.8, -4.9], [30.2, -5.2]],
  [[30.2, -5.2], [37.6, -5.3], [42.4, -3], [45.2, -0.7]],
]; // prettier-ignore
const LOWER_CURVES = [
  [[45.2, -0.7], [43.2, 1.8], [38.6, 4.15], [32.2, 4.15]],
  [[32.2, 4.15], [25.2, 4.15], [20.4, 3.5], [15.6, 2.3]],
]; // prettier-ignore

export const eyeDefinitions = [
  `<clipPath id="eye"><path d="${UPPER}${LOWER}"/></clipPath>`,
  radial(
    'white',
    [30, 1, 17],
    [
      [0, '#efe6df'],
      [0.5, '#e4d7cf'],
      [0.78, '#cdb3a8'],
      [1, '#a87f73'],
    ],
  ),
  radial(
    'iris',
    [IRIS.x, IRIS.y, IRIS.r],
    [
      [0.3, '#59391c'],
      [0.5, '#8a5f2e'],
      [0.72, '#7c5a34'],
      [0.88, '#4c3824'],
      [1, '#231811'],
    ],
  ),
  linear(
    'lid-shade',
    [0, -6, 0, 3],
    [
      [0, '#2a1510', 0.75],
      [0.45, '#3a1f18', 0.28],
      [1, '#3a1f18', 0],
    ],
  ),
].join('\n');

function irisFibres() {
  const random = randomFrom(11);
  const tones = ['#c89a55', '#b07f43', '#3c2614', '#d9b06c'];
  const lines = tones.map(() => '');
  for (let i = 0; i < 110; i++) {
    const angle = random() * 2 * Math.PI;
    const [from, to] = [2.3 + random() * 0.9, 3.6 + random() * 1.7];
    const turn = angle + (random() - 0.5) * 0.16;
    const at = (a, r) => `${number(IRIS.x + r * Math.cos(a))} ${number(IRIS.y + r * Math.sin(a))}`;
    lines[i % tones.length] += `M${at(angle, from)}L${at(turn, to)}`;
  }
  return lines.map((d, i) =>
    path(d, { stroke: tones[i], 'stroke-width': 0.16, opacity: 0.55, fill: 'none' }),
  );
}

function lashes() {
  const random = randomFrom(5);
  let upper = '';
  let lower = '';
  const lash = ([x, y], angle, length, width, bend) => {
    const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
    const tip = [x + dx * length, y + dy * length];
    const middle = [x + dx * length * 0.55 - dy * bend, y + dy * length * 0.55 + dx * bend];
    const n = (v) => number(v);
    return `M${n(x - dy * width)} ${n(y + dx * width)}Q${n(middle[0])} ${n(middle[1])} ${n(tip[0])} ${n(tip[1])}Q${n(middle[0] + dy * width)} ${n(middle[1] - dx * width)} ${n(x + dy * width)} ${n(y - dx * width)}Z`;
  };
  for (let i = 0; i < 74; i++) {
    const along = 0.12 + (0.86 * i) / 73;
    const start = cubic(UPPER_CURVES[along < 0.5 ? 0 : 1], (along * 2) % 1 || (along >= 1 ? 1 : 0));
    const angle = -Math.PI / 2 + (along - 0.3) * 1.7 + (random() - 0.5) * 0.5;
    upper += lash(
      [start[0], start[1] - 0.2],
      angle,
      (0.9 + 3 * along ** 1.3) * (0.6 + 0.6 * random()),
      0.1,
      0.3 + 0.4 * along,
    );
  }
  for (let i = 0; i < 30; i++) {
    const along = 0.1 + (0.62 * i) / 29;
    const start = cubic(LOWER_CURVES[along < 0.5 ? 0 : 1], (along * 2) % 1);
    const angle = Math.PI / 2 - (0.4 - along) * 1.5 + (random() - 0.5) * 0.3;
    lower += lash([start[0], start[1] + 0.5], angle, 0.6 + 0.7 * random(), 0.05, -0.15);
  }
  return [
    path(upper, { fill: '#1d0f0b', opacity: 0.92, filter: 'url(#blur-02)' }),
    path(lower, { fill: '#3a2119', opacity: 0.42 }),
  ];
}

function eye(side) {
  const { x, y, r } = IRIS;
  const circle = (radius, fill, more = {}) =>
    element('circle', { cx: x, cy: y, r: radius, fill, ...more });
  const shaped = group(
    { transform: `scale(${side} 1)` },
    path(
      'M18 -5C22 -11.6 28 -13.4 34 -13C41 -12.6 46 -8.6 49 -3C45 -6.6 40 -9.8 32 -9.9C26 -9.9 21.4 -8 18 -5Z',
      { fill: '#7c3f2e', opacity: 0.34, filter: 'url(#blur-1)' },
    ),
    path(
      'M14.6 1.6C18 -4.4 23 -9.6 31 -9.8C38.6 -9.8 44 -6 47.4 -1.4C44 -3.4 39.6 -5.6 30 -5.7C22 -5.4 18 -1 14.6 1.6Z',
      { fill: '#a35a45', opacity: 0.3, filter: 'url(#blur-1)' },
    ),
    path('M17.4 -3.6C21.4 -9 26 -11 32 -10.9C39 -10.8 43.6 -7.6 46.4 -4', {
      fill: 'none',
      stroke: '#6e3526',
      'stroke-width': 0.9,
      opacity: 0.5,
      filter: 'url(#blur-05)',
      'stroke-linecap': 'round',
    }),
    path('M17 4.6C22 8.4 28 10.4 34 10C39 9.6 43 7.6 45 5', {
      fill: 'none',
      stroke: '#9a5546',
      'stroke-width': 1.3,
      opacity: 0.26,
      filter: 'url(#blur-1)',
    }),
    path(`${UPPER}${LOWER}`, { fill: 'url(#white)' }),
    group(
      { 'clip-path': 'url(#eye)' },
      element('circle', { cx: 16.6, cy: 2.2, r: 2.5, fill: '#d08a7c', filter: 'url(#blur-05)' }),
      circle(r + 0.15, '#2a1c14', { opacity: 0.55, filter: 'url(#blur-05)' }),
      circle(r, 'url(#iris)'),
      ...irisFibres(),
      element('ellipse', {
        cx: x,
        cy: y + 3,
        rx: 3.6,
        ry: 2,
        fill: '#e2ad62',
        opacity: 0.38,
        filter: 'url(#blur-07)',
      }),
      circle(2.25, '#0c0706'),
      path(`${UPPER}L46 3C40 -1.6 22 -2.4 15 4Z`, {
        fill: 'url(#lid-shade)',
        filter: 'url(#blur-05)',
      }),
    ),
    path('M16.4 3C21 4.1 25.8 4.7 32.2 4.7C38.4 4.6 42.6 2.6 44.9 .2', {
      fill: 'none',
      stroke: '#e6ab9b',
      'stroke-width': 0.8,
      opacity: 0.8,
      filter: 'url(#blur-03)',
    }),
    path('M16.6 3.5C21 4.6 25.8 5.2 32.2 5.2C38.6 5.1 42.8 3 45.4 .1', {
      fill: 'none',
      stroke: '#5c3025',
      'stroke-width': 0.45,
      opacity: 0.42,
      filter: 'url(#blur-03)',
    }),
    path(
      'M15.3 2.4C17.6 -.2 21 -5.4 30.2 -5.8C38 -6 43.4 -3.4 46.6 -1.8C44.4 -1.6 43 -2 41.4 -2.6C38 -4 34.6 -4.6 30.2 -4.6C22.6 -4.3 19.4 -.4 15.3 2.4Z',
      { fill: '#1f100c', opacity: 0.92, filter: 'url(#blur-02)' },
    ),
    ...lashes(),
  );
  const at = side * x; // lights stay at the upper left of both eyes
  return group(
    { transform: `translate(${side * -0.6} 0)` },
    shaped,
    group(
      { 'clip-path': side < 0 ? 'url(#eye-left)' : 'url(#eye)' },
      element('ellipse', {
        cx: at - 2,
        cy: y - 2.1,
        rx: 1.25,
        ry: 1.05,
        fill: '#ffffff',
        opacity: 0.95,
        filter: 'url(#blur-02)',
      }),
      element('circle', {
        cx: at + 2.2,
        cy: y + 2.4,
        r: 0.55,
        fill: '#ffffff',
        opacity: 0.4,
        filter: 'url(#blur-02)',
      }),
      element('ellipse', {
        cx: side * 20.6,
        cy: 2,
        rx: 0.5,
        ry: 0.35,
        fill: '#ffffff',
        opacity: 0.6,
        filter: 'url(#blur-02)',
      }),
    ),
  );
}

export const eyeLeftClip = `<clipPath id="eye-left"><path transform="scale(-1 1)" d="${UPPER}${LOWER}"/></clipPath>`;

/** Both eyes. */
export const eyes = () => [eye(-1), eye(1)];
