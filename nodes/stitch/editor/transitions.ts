/**
 * What FFmpeg's xfade transitions do to each pixel, for the moving pictures in stitch's dialog. The
 * tests compare every one of them with the filter itself. No DOM in here.
 */

/** Red, green and blue, 0…255. */
export type Colour = [number, number, number];
/** The colour at a place of a picture. */
export type Pixels = (x: number, y: number) => Colour;

/** One place of a transition. */
interface Place {
  x: number;
  y: number;
  /** Size of the pictures. */
  w: number;
  h: number;
  /** What is left of the first picture: 1 at the beginning, 0 at the end. */
  left: number;
  /** The first and the second picture. */
  a: Pixels;
  b: Pixels;
}
type Transition = (c: Place) => Colour;
type Share = (c: Place) => number;

const BLACK: Colour = [0, 0, 0];
const WHITE: Colour = [255, 255, 255];

/** So much of the first colour, the rest of the second. */
const mix = (first: Colour, second: Colour, share: number): Colour => {
  const [red, green, blue] = first.map((value, i) => value * share + second[i] * (1 - share));
  return [red, green, blue];
};
const clamp = (value: number) => Math.min(1, Math.max(0, value));
function smoothstep(from: number, to: number, value: number): number {
  const t = clamp((value - from) / (to - from));
  return t * t * (3 - 2 * t);
}
const fraction = (value: number) => value - Math.floor(value);

const first: Transition = (c) => c.a(c.x, c.y);
const second: Transition = (c) => c.b(c.x, c.y);
const either = (c: Place, isFirst: boolean): Colour => (isFirst ? first(c) : second(c));
const blend = (c: Place, share: number): Colour => mix(first(c), second(c), share);

/** A sharp border; `isFirst` says on which side the first picture is. */
const wipe =
  (isFirst: (c: Place) => boolean): Transition =>
  (c) =>
    either(c, isFirst(c));
/** A soft border; `distance` is 0…1 from where the second picture comes first to where it comes last. */
const softly =
  (distance: Share): Transition =>
  (c) =>
    mix(second(c), first(c), smoothstep(0, 1, 1 + distance(c) - 2 * c.left));

/** Both pictures move by one whole, along x or y. */
function slide(dx: number, dy: number): Transition {
  return (c) => {
    const x = c.x - dx * (c.w - Math.trunc(c.left * c.w));
    const y = c.y - dy * (c.h - Math.trunc(c.left * c.h));
    const isFirst = x >= 0 && x < c.w && y >= 0 && y < c.h;
    return isFirst ? c.a(x, y) : c.b(x + dx * c.w, y + dy * c.h);
  };
}

function through(colour: Colour): Transition {
  return (c) => {
    const going = mix(first(c), colour, smoothstep(0.8, 1, c.left));
    const coming = mix(colour, second(c), smoothstep(0.2, 1, c.left));
    return mix(going, coming, c.left);
  };
}

/** A soft circle around the middle: how far out, as a share of the corner, plus where its border is. */
const circle =
  (border: (left: number) => number): Share =>
  (c) => {
    const far = Math.hypot(c.x - c.w / 2, c.y - c.h / 2) / Math.hypot(c.w / 2, c.h / 2);
    return smoothstep(0, 1, far + border(c.left));
  };

/** Ten slices, each wiped a little later than the one before; `along` is 0…1. */
const slices =
  (along: Share): Transition =>
  (c) => {
    const share = smoothstep(-0.5, 0, along(c) - 1.5 * c.left);
    return either(c, share <= fraction(10 * along(c)));
  };

const right: Share = (c) => c.x / c.w;
const left: Share = (c) => (c.w - 1 - c.x) / c.w;
const down: Share = (c) => c.y / c.h;
const up: Share = (c) => (c.h - 1 - c.y) / c.h;
const besideX: Share = (c) => Math.abs((c.x - c.w / 2) / (c.w / 2));
const besideY: Share = (c) => Math.abs((c.y - c.h / 2) / (c.h / 2));

export const transitions: Record<string, Transition> = {
  cut: (c) => either(c, c.left > 0.5),
  fade: (c) => blend(c, c.left),
  wipeleft: wipe((c) => c.x <= c.w * c.left),
  wiperight: wipe((c) => c.x > c.w * (1 - c.left)),
  wipeup: wipe((c) => c.y <= c.h * c.left),
  wipedown: wipe((c) => c.y > c.h * (1 - c.left)),
  slideleft: slide(-1, 0),
  slideright: slide(1, 0),
  slideup: slide(0, -1),
  slidedown: slide(0, 1),
  circlecrop: (c) => {
    const radius = (2 * Math.abs(c.left - 0.5)) ** 3 * Math.hypot(c.w / 2, c.h / 2);
    const isOutside = Math.hypot(c.x - c.w / 2, c.y - c.h / 2) > radius;
    return isOutside ? BLACK : either(c, c.left >= 0.5);
  },
  rectcrop: (c) => {
    const size = Math.abs(c.left - 0.5);
    const isInside =
      Math.abs(c.x - c.w / 2) < Math.trunc(size * c.w) &&
      Math.abs(c.y - c.h / 2) < Math.trunc(size * c.h);
    return isInside ? either(c, c.left >= 0.5) : BLACK;
  },
  distance: (c) => {
    const [from, to] = [first(c), second(c)];
    const squares = from.map((value, i) => ((value - to[i]) / 255) ** 2);
    const isNear = Math.sqrt(squares.reduce((sum, each) => sum + each, 0)) <= c.left;
    return mix(isNear ? from : to, to, c.left);
  },
  fadeblack: through(BLACK),
  fadewhite: through(WHITE),
  radial: (c) => {
    const angle = Math.atan2(c.x - c.w / 2, c.y - c.h / 2) - (c.left - 0.5) * Math.PI * 2.5;
    return mix(second(c), first(c), smoothstep(0, 1, angle));
  },
  smoothleft: softly(right),
  smoothright: softly(left),
  smoothup: softly(down),
  smoothdown: softly(up),
  circleopen: (c) => blend(c, circle((rest) => 3 * (rest - 0.5))(c)),
  circleclose: (c) => mix(second(c), first(c), circle((rest) => 3 * (0.5 - rest))(c)),
  vertopen: softly((c) => 1 - besideX(c)),
  vertclose: softly(besideX),
  horzopen: softly((c) => 1 - besideY(c)),
  horzclose: softly(besideY),
  dissolve: (c) => {
    const noise = fraction(Math.sin(c.x * 12.9898 + c.y * 78.233) * 43758.545);
    return either(c, noise * 2 + c.left * 2 - 1.5 >= 0.5);
  },
  pixelize: (c) => {
    const size = Math.ceil(50 * Math.min(c.left, 1 - c.left)) / 50;
    const side = (2 * size * Math.min(c.w, c.h)) / 20;
    const place = (at: number, most: number): number =>
      size > 0 ? Math.min(most - 1, Math.floor((Math.floor(at / side) + 0.5) * side)) : at;
    const [x, y] = [place(c.x, c.w), place(c.y, c.h)];
    return mix(c.a(x, y), c.b(x, y), c.left);
  },
  diagtl: softly((c) => right(c) * down(c)),
  diagtr: softly((c) => left(c) * down(c)),
  diagbl: softly((c) => right(c) * up(c)),
  diagbr: softly((c) => left(c) * up(c)),
  hlslice: slices(right),
  hrslice: slices(left),
  vuslice: slices(down),
  vdslice: slices(up),
};
