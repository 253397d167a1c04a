// The head as a sculpture: heights towards the viewer in millimetres. The origin lies between the
// pupils, x grows to the right of the picture and y downwards. Proportions follow adult averages:
// 62 mm between the pupils, eyes at half the height of the head, mouth a third below the nose.
import { curveThrough, symmetric } from './svg.mjs';

/** Right half of the face's outline, from the chin up to the crown. */
const HALF_OUTLINE = [
  [0, 106.4], [9, 105.2], [17.4, 102], [26, 96.2], [35.2, 87.2], [43.6, 76.6], [50.4, 65], [55.4, 52.4], [59.2, 39],
  [61.6, 25], [63.6, 11], [64.6, -6], [64.8, -24], [64.5, -44], [60, -67], [49, -88], [27, -101], [0, -105],
]; // prettier-ignore
export const FACE_OUTLINE = symmetric(HALF_OUTLINE);

/** Height of the seam between the lips at x: corners raised a little, a soft bow in the middle. */
export const lipSeam = (x) =>
  63.4 -
  3.1 * (x / 24) ** 2 +
  0.75 * Math.exp(-((x / 4.5) ** 2)) -
  0.5 * Math.exp(-(((Math.abs(x) - 10) / 5) ** 2));

const bump = (x, y, cx, cy, sx, sy, height, turn = 0) => {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const [u, v] = [(c * (x - cx) + s * (y - cy)) / sx, (-s * (x - cx) + c * (y - cy)) / sy];
  return height * Math.exp(-(u * u + v * v) / 2);
};

// Distance from the centre of the face to its outline by angle, for the round base form.
const CENTRE = [0, 8];
const REACH = curveThrough(
  symmetric(HALF_OUTLINE)
    .map(([x, y]) => [
      Math.atan2(y - CENTRE[1], x - CENTRE[0]),
      Math.hypot(x - CENTRE[0], y - CENTRE[1]),
    ])
    .flatMap(([angle, reach]) => [
      [angle - 2 * Math.PI, reach],
      [angle, reach],
      [angle + 2 * Math.PI, reach],
    ])
    .sort((a, b) => a[0] - b[0]),
);

function base(x, y) {
  const [dx, dy] = [x - CENTRE[0], y - CENTRE[1]];
  const r = Math.min(1.1, Math.hypot(dx, dy) / (1.035 * REACH(Math.atan2(dy, dx))));
  return r < 1 ? 60 * (1 - r ** 2.5) ** 0.62 : -60 * (r - 1);
}

const noseHeight = curveThrough([
  [-18, 0], [-10, 1], [-3, 3], [6, 6.4], [16, 10], [26, 13.2], [32, 15.6], [35.5, 15.8], [39, 12], [42, 7], [45, 2.2], [49, 0],
]); // prettier-ignore
const noseWidth = curveThrough([
  [-12, 7.5],
  [-3, 4.8],
  [8, 4.4],
  [18, 4.8],
  [28, 5.9],
  [35, 6.6],
  [44, 7.2],
]);

function nose(x, y) {
  const ridge = noseHeight(y) * Math.exp(-0.5 * Math.abs(x / noseWidth(y)) ** 2.05);
  const side = Math.abs(x);
  return (
    ridge +
    bump(side, y, 11.4, 35.4, 3.9, 4.2, 5.6) +
    bump(x, y, 0, 33, 5.2, 5, 1.8) -
    bump(side, y, 17, 36, 1.8, 5, 1.1)
  );
}

function lips(x, y) {
  const reach = Math.max(0, 1 - (x / 27) ** 2);
  const below = y - lipSeam(x);
  const upper = 2.5 * Math.exp(-0.5 * ((below + 4.2) / 2.6) ** 2);
  const lower =
    4 * Math.exp(-0.5 * ((below - 5) / 3.6) ** 2) * (0.86 + 0.14 * Math.exp(-((x / 9) ** 2)));
  const groove = -2.6 * Math.exp(-0.5 * (below / 1.1) ** 2);
  return (upper + lower) * reach ** 0.8 + groove * reach ** 0.6;
}

/** Height of the face at (x, y). */
export function faceHeight(x, y) {
  const side = Math.abs(x);
  return (
    base(x, y) +
    nose(x, y) +
    bump(side, y, 24, -18, 17, 5.5, 2, 0.08) - // brow
    bump(side, y, 30, -7, 15, 6, 3.2) - // socket above the eye
    bump(side, y, 17, -3, 5.5, 8, 4.2) - // inner corner
    bump(side, y, 31, 9, 15, 5, 1.3, 0.05) + // below the eye
    bump(side, y, 30.5, 1, 11, 8, 3.4) + // eyeball
    bump(side, y, 40, 25, 14, 11, 4.4, -0.35) - // cheekbone
    bump(side, y, 45, 58, 11, 15, 1.8) + // below it
    bump(x, y, 0, 60, 24, 19, 4.6) - // the round of the teeth
    bump(side, y, 24, 47, 2.4, 10, 1.1, -0.62) + // fold from nose to mouth
    lips(x, y) -
    bump(side, y, 26.5, 62, 2.6, 3.6, 1.7) - // corners of the mouth
    bump(x, y, 0, 49, 1.9, 4.6, 0.9) + // philtrum
    bump(side, y, 3.9, 50, 1.3, 4.6, 0.4) -
    bump(x, y, 0, 79.4, 13, 3.6, 2.6) + // below the lower lip
    bump(x, y, 0, 94, 14, 8, 3.4) - // chin
    bump(side, y, 60, -24, 9, 17, 2.4) // temple
  );
}

const neckAxis = (x, y) => 52 - 0.0135 * x * x - 0.1 * (y - 90);

/** Height of the neck and the top of the chest. */
export function neckHeight(x, y) {
  const side = Math.abs(x);
  const muscle = 10 + (168 - y) * 0.42; // sternocleidomastoid: from behind the ear to the notch
  return (
    Math.max(-20, neckAxis(x, y)) +
    3.4 * Math.exp(-0.5 * ((side - muscle) / 6) ** 2) +
    bump(x, y, 0, 128, 8, 22, 2.2) -
    bump(x, y, 0, 164, 7, 7, 3) + // notch above the breastbone
    bump(side, y, 34, 166, 24, 4.5, 1.5, -0.16) - // collar bones
    bump(side, y, 36, 155, 16, 7, 1.1)
  );
}
