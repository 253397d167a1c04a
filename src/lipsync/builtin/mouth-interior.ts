/** What is seen between the lips: its colours, taken from the portrait, and how it is painted. */
import type { Landmark } from '../../contract';
import { toPicture, type MouthShape } from './mouth-geometry';
import { clamp, mix, smoothstep, seededRandom } from '../maths';
import { lumaAt, type Picture } from '../picture';

type Colour = readonly [number, number, number];

interface MouthPalette {
  teeth: Colour;
  tongue: Colour;
  /** Where the lips meet at the sides. */
  corner: Colour;
  /** Just inside the lips. */
  cavity: Colour;
  /** Deep in the throat. */
  deep: Colour;
  /** Strength of the picture's grain, standard deviation in 8-bit steps. */
  grain: number;
}

/** Landmarks on plain skin: both cheeks. */
const CHEEKS = [50, 280, 205, 425, 187, 411];

/** Samples skin, lips and darkest tones of a portrait. */
export function measurePalette(
  picture: Picture,
  landmarks: readonly Landmark[],
  mouth: MouthShape,
): MouthPalette {
  const radius = Math.max(1, 0.08 * mouth.halfWidth);
  const skinSamples = CHEEKS.flatMap((index) =>
    patch(picture, landmarks[index][0], landmarks[index][1], radius),
  );
  const skin = brighterHalf(skinSamples);
  const lip = lipColour(picture, mouth);
  const light = luma(skin);
  // The inside of a mouth is as dark as the darkest the picture has, and red.
  const shade = atMost(darkest(picture, mouth), 0.17 * light);
  const dark = blend(shade, scale(lip, luma(shade) / (luma(lip) || 1)), 0.5);
  const inside = mouth.isOpen ? shownTeeth(picture, mouth) : undefined;
  const teethLuma = clamp(light * 1.06 + 10, 0, 236);
  const [red, green, blue] = tint(skin, teethLuma, 0.42);
  // Enamel is a little yellow beside skin.
  const teeth = inside ?? ([red, mix(green, red, 0.22), 0.97 * blue] as const);
  return {
    teeth,
    tongue: blend(blend(lip, skin, 0.15), dark, 0.32),
    corner: blend(dark, lip, 0.5),
    cavity: blend(dark, lip, 0.24),
    deep: blend(scale(dark, 0.65), lip, 0.06),
    grain: grainOf(picture, landmarks, radius),
  };
}

/** The portrait's own teeth, where it shows some. */
function shownTeeth(picture: Picture, mouth: MouthShape): Colour | undefined {
  const samples: Colour[] = [];
  for (let i = -8; i <= 8; i++) {
    const x = mouth.centre + (i / 8) * 0.45 * mouth.halfWidth;
    for (const share of [0.3, 0.45, 0.6]) {
      const y = mix(mouth.upperInner(x), mouth.lowerInner(x), share);
      samples.push(colourAt(picture, ...toPicture(mouth.frame, x, y)));
    }
  }
  const bright = brighterHalf(samples);
  const lip = lipColour(picture, mouth);
  // A shut row of teeth is lighter and greyer than the lips; a dark gap is not.
  const isTeeth = luma(bright) > luma(lip) * 1.15 && saturation(bright) < saturation(lip);
  return isTeeth ? bright : undefined;
}

function lipColour(picture: Picture, mouth: MouthShape): Colour {
  const samples: Colour[] = [];
  for (let i = -6; i <= 6; i++) {
    const x = mouth.centre + (i / 6) * 0.5 * mouth.halfWidth;
    const y = mix(mouth.lowerInner(x), mouth.lowerOuter(x), 0.45);
    samples.push(colourAt(picture, ...toPicture(mouth.frame, x, y)));
  }
  return median(samples);
}

/** Mean of the darkest fiftieth of the face around the mouth and up to the eyes. */
function darkest(picture: Picture, mouth: MouthShape): Colour {
  const samples: Colour[] = [];
  const { halfWidth, topY, chinY, frame } = mouth;
  for (let j = 0; j <= 60; j++) {
    for (let i = -30; i <= 30; i++) {
      const y = mix(topY * 1.15, chinY * 0.5, j / 60);
      samples.push(colourAt(picture, ...toPicture(frame, (i / 30) * 1.6 * halfWidth, y)));
    }
  }
  samples.sort((a, b) => luma(a) - luma(b));
  const few = samples.slice(0, Math.ceil(samples.length / 50));
  return mean(few);
}

/** Standard deviation of what a small blur takes away, in the smoothest of the cheek patches. */
function grainOf(picture: Picture, landmarks: readonly Landmark[], radius: number): number {
  const size = Math.max(2, Math.round(radius));
  const spreads = CHEEKS.map((index) => {
    const [cx, cy] = landmarks[index];
    let sum = 0;
    let count = 0;
    for (let y = -size; y <= size; y++) {
      for (let x = -size; x <= size; x++) {
        const at = (dx: number, dy: number) => lumaAt(picture, cx + x + dx, cy + y + dy);
        const rest = at(0, 0) - (at(1, 0) + at(-1, 0) + at(0, 1) + at(0, -1)) / 4;
        sum += rest * rest;
        count++;
      }
    }
    return Math.sqrt((sum / count) * 0.8);
  });
  return clamp(Math.min(...spreads), 0, 6);
}

function patch(picture: Picture, cx: number, cy: number, radius: number): Colour[] {
  const size = Math.round(radius);
  const colours: Colour[] = [];
  for (let y = -size; y <= size; y++) {
    for (let x = -size; x <= size; x++) colours.push(colourAt(picture, cx + x, cy + y));
  }
  return colours;
}

function colourAt({ data, width, height }: Picture, x: number, y: number): Colour {
  const column = clamp(Math.round(x), 0, width - 1);
  const row = clamp(Math.round(y), 0, height - 1);
  const at = 3 * (row * width + column);
  return [data[at], data[at + 1], data[at + 2]];
}

function luma([r, g, b]: Colour): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

function saturation(colour: Colour): number {
  const most = Math.max(...colour);
  return most === 0 ? 0 : (most - Math.min(...colour)) / most;
}

function brighterHalf(colours: Colour[]): Colour {
  const sorted = [...colours].sort((a, b) => luma(a) - luma(b));
  return mean(sorted.slice(Math.floor(sorted.length / 2), Math.ceil(sorted.length * 0.95)));
}

function mean(colours: Colour[]): Colour {
  const sum = [0, 0, 0];
  for (const colour of colours) colour.forEach((value, k) => (sum[k] += value));
  return sum.map((value) => value / Math.max(1, colours.length)) as unknown as Colour;
}

function median(colours: Colour[]): Colour {
  return [0, 1, 2].map((k) => {
    const values = colours.map((colour) => colour[k]).sort((a, b) => a - b);
    return values[values.length >> 1];
  }) as unknown as Colour;
}

function blend(from: Colour, to: Colour, share: number): Colour {
  return from.map((value, k) => mix(value, to[k], share)) as unknown as Colour;
}

/** The colour, darkened where it is lighter than a limit. */
function atMost(colour: Colour, limit: number): Colour {
  const own = luma(colour);
  return own <= limit ? colour : scale(colour, limit / own);
}

function scale(colour: Colour, factor: number): Colour {
  return colour.map((value) => value * factor) as unknown as Colour;
}

/** A grey of a given luma with a share of another colour's tint. */
function tint(colour: Colour, light: number, share: number): Colour {
  const own = luma(colour) || 1;
  return colour.map((value) =>
    clamp(light + (value - own) * share * (light / own), 0, 255),
  ) as unknown as Colour;
}

/** The rows of teeth, which depend on no pose. Tables by column: local x = left + column · step. */
interface TeethTables {
  /** Lower edge of the upper teeth, local y. */
  edge: Float32Array;
  /** Brightness of the upper and the lower row, darker between teeth, 0…1. */
  upperLight: Float32Array;
  lowerLight: Float32Array;
  /** What the portrait shows between its lips at rest, local y; empty (top > bottom) for closed lips. */
  ownTop: Float32Array;
  ownBottom: Float32Array;
}

/** Widths of the upper teeth from the middle outwards, in mouth widths (Wheeler's dental anatomy, seen from the front). */
const UPPER_WIDTHS = [0.165, 0.125, 0.115, 0.09, 0.075, 0.07, 0.06];
/** The lower front teeth are nearly alike. */
const LOWER_WIDTH = 0.1;
/** How far the upper teeth reach below the line of closed lips, in mouth widths. */
const BELOW_LIPS = 0.055;
/** The arch of the teeth recedes: their edge rises so much at the corners. */
const ARCH = 0.1;

/** @param columns length of the tables */
function tabulateTeeth(
  mouth: MouthShape,
  left: number,
  step: number,
  columns: number,
): TeethTables {
  const { unit, centre, halfWidth } = mouth;
  const tables: TeethTables = {
    edge: new Float32Array(columns),
    upperLight: new Float32Array(columns),
    lowerLight: new Float32Array(columns),
    ownTop: new Float32Array(columns).fill(1),
    ownBottom: new Float32Array(columns),
  };
  const joints = [0];
  for (const width of UPPER_WIDTHS) joints.push(joints.at(-1)! + width * unit);
  const line = Math.max(0.9, 0.014 * unit);
  // On a small face lines between the teeth would only be noise.
  const strength = 0.17 * smoothstep(28, 80, unit);
  const level = (mouth.upperInner(centre) + mouth.lowerInner(centre)) / 2;
  for (let i = 0; i < columns; i++) {
    const x = left + i * step;
    const away = Math.abs(x - centre);
    const tooth = joints.findIndex((joint) => joint > away);
    const [a, b] = tooth > 0 ? [joints[tooth - 1], joints[tooth]] : [away, away + 1];
    const within = (away - a) / (b - a) - 0.5;
    const bow = 0.24 * strength * unit * within * within;
    const shorter = tooth === 2 ? 0.01 * unit : tooth > 3 ? 0.008 * unit : 0;
    const arch = ARCH * unit * (away / halfWidth) ** 2;
    tables.edge[i] = level + BELOW_LIPS * unit - arch - bow - shorter;
    tables.upperLight[i] = 1 - strength * Math.max(0, 1 - Math.min(away - a, b - away) / line);
    const small = LOWER_WIDTH * unit;
    const toJoint = Math.min(away % small, small - (away % small));
    tables.lowerLight[i] = 1 - strength * Math.max(0, 1 - toJoint / line);
    if (mouth.isOpen && Math.abs(x) < halfWidth) {
      tables.ownTop[i] = mouth.upperInner(x);
      // The lower lip's own shine on its edge would stay behind on the teeth.
      tables.ownBottom[i] = mouth.lowerInner(x) - 0.12 * mouth.gap;
      tables.edge[i] = Math.max(tables.edge[i], mouth.lowerInner(x));
    }
  }
  return tables;
}

/** What the painter needs to know of the present pose. Lengths are local pixels. */
export interface Opening {
  /** Edges of the lips by local x, tabulated: x = left + index · step. */
  upperEdge: Float32Array;
  lowerEdge: Float32Array;
  left: number;
  step: number;
  /** Columns between the corners. */
  first: number;
  last: number;
  /** Columns that are open; none where to < from. */
  from: number;
  to: number;
  /** How far the lower teeth went down. */
  jaw: number;
  /** Shares 0…1. */
  round: number;
  tongue: number;
  tuck: number;
  active: number;
}

/**
 * Visits the pixels of some columns of the opening, two pixels beyond its edges.
 * @param visit is told the pixel's first byte, its local place, its column, and how far it is to the next
 */
function eachPixel(
  { left, step, upperEdge, lowerEdge }: Opening,
  { origin, cos, sin }: MouthShape['frame'],
  { width, height }: Picture,
  from: number,
  to: number,
  visit: (at: number, x: number, y: number, column: number, t: number) => void,
): void {
  let top = Infinity;
  let bottom = -Infinity;
  for (let i = from; i <= to; i++) {
    top = Math.min(top, upperEdge[i]);
    bottom = Math.max(bottom, lowerEdge[i]);
  }
  const xs = [left + from * step - 2, left + to * step + 2];
  const ys = [top - 2, bottom + 2];
  const px = xs.flatMap((x) => ys.map((y) => origin[0] + x * cos - y * sin));
  const py = xs.flatMap((x) => ys.map((y) => origin[1] + x * sin + y * cos));
  const right = Math.min(width - 1, Math.ceil(Math.max(...px)));
  const lowest = Math.min(height - 1, Math.ceil(Math.max(...py)));
  const leftmost = Math.max(0, Math.floor(Math.min(...px)));
  for (let row = Math.max(0, Math.floor(Math.min(...py))); row <= lowest; row++) {
    for (let column = leftmost; column <= right; column++) {
      const dx = column - origin[0];
      const dy = row - origin[1];
      const x = dx * cos + dy * sin;
      const place = (x - left) / step;
      const index = place | 0;
      if (index < from || index >= to) continue;
      visit((row * width + column) * 3, x, dy * cos - dx * sin, index, place - index);
    }
  }
}

/** What is the same for all pixels of a frame. */
interface OpeningFacts {
  middle: number;
  half: number;
  widest: number;
  /** Light that falls in between the lips, 0…1. */
  light: number;
  /** How far rounded lips cover the upper teeth. */
  covered: number;
  lowerTop: number;
  tongueTop: number;
  tongue: number;
}

const GRAIN_SIZE = 64;
/** An opening thinner than this, in pixels, is seen only in part. */
const THIN = 0.9;

/**
 * Paints what is behind the lips: upper teeth that stay with the skull, lower teeth and tongue that
 * go with the jaw, and the cavity, all in the shadow of the upper lip. Everything is a smooth
 * function of the place, so its edges are antialiased by themselves.
 */
export class InteriorPainter {
  readonly #mouth: MouthShape;
  readonly #palette: MouthPalette;
  readonly #grain: Float32Array;
  readonly #portrait: Picture;
  readonly #teeth: TeethTables;
  /** Width of a soft edge, and one over the depth of a lip's shadow, in pixels. */
  readonly #soft: number;
  readonly #shadow: number;
  /** The colour of the pixel at hand. */
  readonly #colour = new Float64Array(3);

  /** @param opening its tables' size and place; they stay the same */
  constructor(portrait: Picture, mouth: MouthShape, palette: MouthPalette, opening: Opening) {
    this.#portrait = portrait;
    this.#mouth = mouth;
    this.#palette = palette;
    this.#teeth = tabulateTeeth(mouth, opening.left, opening.step, opening.upperEdge.length);
    this.#soft = Math.max(1, 0.012 * mouth.unit);
    this.#shadow = 1 / (0.07 * mouth.unit);
    const random = seededRandom(7);
    // The sum of four even chances is nearly normal; its standard deviation is 0.577.
    this.#grain = Float32Array.from({ length: GRAIN_SIZE * GRAIN_SIZE }, () => {
      return (random() + random() + random() + random() - 2) * 1.73 * palette.grain;
    });
  }

  /** Paints the opening of a pose into a frame, one pixel beyond its edges. */
  paint(frame: Uint8Array, opening: Opening): void {
    const { from, to, upperEdge, lowerEdge } = opening;
    if (to <= from) return;
    const facts = this.#factsOf(opening);
    eachPixel(opening, this.#mouth.frame, this.#portrait, from, to, (at, x, y, column, t) => {
      const upper = upperEdge[column] + (upperEdge[column + 1] - upperEdge[column]) * t;
      const lower = lowerEdge[column] + (lowerEdge[column + 1] - lowerEdge[column]) * t;
      if (y < upper - 1 || y > lower + 1) return;
      this.#colourAt(facts, x, y, column, upper, lower);
      this.#write(frame, at, y, column, clamp((lower - upper) / THIN));
    });
  }

  /**
   * Closed lips meet in a dark line. A portrait that smiles with its teeth has none, so it is drawn.
   */
  drawContact(frame: Uint8Array, opening: Opening): void {
    if (!this.#mouth.isOpen) return;
    const { first, last, upperEdge, lowerEdge, active } = opening;
    const { unit, halfWidth, centre } = this.#mouth;
    const width = Math.max(0.6, 0.014 * unit);
    const { corner } = this.#palette;
    eachPixel(opening, this.#mouth.frame, this.#portrait, first, last, (at, x, y, column) => {
      const gap = lowerEdge[column] - upperEdge[column];
      const near = 1 - clamp(gap / (0.05 * unit));
      if (near === 0) return;
      const away = (y - (lowerEdge[column] + upperEdge[column]) / 2) / width;
      if (away * away > 9) return;
      const end = 1 - smoothstep(0.8, 1, Math.abs(x - centre) / halfWidth);
      const share = 0.3 * active * near * end * Math.exp(-away * away);
      for (let k = 0; k < 3; k++) {
        frame[at + k] = frame[at + k] + (corner[k] - frame[at + k]) * share + 0.5;
      }
    });
  }

  #factsOf(opening: Opening): OpeningFacts {
    const { from, to, left, step, upperEdge, lowerEdge, jaw, round } = opening;
    const { unit, centre } = this.#mouth;
    let widest = 0;
    for (let i = from; i <= to; i++) widest = Math.max(widest, lowerEdge[i] - upperEdge[i]);
    const centreColumn = Math.round((centre - left) / step);
    const lowerTop = this.#teeth.edge[centreColumn] - 0.025 * unit + jaw;
    const opened = smoothstep(0, 0.1 * unit, widest) * (1 - 0.6 * round);
    return {
      middle: left + ((from + to) / 2) * step,
      half: Math.max(1, ((to - from) / 2) * step),
      widest: widest || 1,
      light: Math.max(opened, 0.8 * opening.tuck),
      covered: 0.05 * unit * round,
      lowerTop,
      tongueTop: lowerTop - 0.04 * unit - 0.28 * jaw,
      tongue: opening.tongue,
    };
  }

  /** Computes the colour behind the lips at a place. */
  #colourAt(
    facts: OpeningFacts,
    x: number,
    y: number,
    column: number,
    upper: number,
    lower: number,
  ): void {
    const { centre, halfWidth, unit } = this.#mouth;
    const { deep, cavity, corner, tongue, teeth } = this.#palette;
    const colour = this.#colour;
    const across = (x - facts.middle) / facts.half;
    const side = 1 - across * across;
    // Cavity: dark, a little red towards the lower lip, and as the lips at its ends.
    const rise = clamp((y - upper) / facts.widest);
    for (let k = 0; k < 3; k++) colour[k] = deep[k] + (cavity[k] - deep[k]) * rise;
    this.#cover(corner, smoothstep(0.72, 1, Math.abs(across)) * 0.85, 1);
    // Tongue: a mound behind the lower teeth; its tip goes up to the upper teeth.
    const edge = this.#teeth.edge[column];
    const spread = ((x - centre) / (0.62 * halfWidth)) ** 2;
    const tip = (edge + 0.015 * unit - facts.tongueTop) * 0.9 * facts.tongue;
    const mound = facts.tongueTop + tip + spread * 0.16 * unit;
    const onTongue = clamp((y - mound) / (0.07 * unit)) * clamp(1.25 - spread);
    this.#cover(tongue, onTongue * (0.45 + 0.4 * clamp((y - mound) / (0.16 * unit))), 1);
    // Lower teeth, in the shade of the lower lip.
    const off = Math.abs(x - centre) / halfWidth;
    const onLower =
      clamp((y - facts.lowerTop - 0.1 * unit * off * off) / this.#soft + 0.5) *
      (1 - smoothstep(0.3, 0.62, off));
    const depth = 1 - 0.6 * clamp((y - facts.lowerTop) / (0.09 * unit));
    const lowerLight = this.#teeth.lowerLight[column] * (0.42 + 0.2 * facts.light) * depth;
    this.#cover(teeth, 0.85 * onLower * facts.light * (0.5 + 0.5 * side), lowerLight);
    // Upper teeth, fading into the cheeks.
    const onUpper = clamp((edge - facts.covered - y) / this.#soft + 0.5);
    const shown = (1 - 0.85 * smoothstep(0.5, 1.02, off)) * (0.35 + 0.65 * clamp(side * 1.8));
    const upperLight = this.#teeth.upperLight[column] * (0.7 + 0.3 * facts.light);
    this.#cover(teeth, onUpper * shown * (0.08 + 0.86 * facts.light), upperLight);
    // Shadow of the upper lip, and a little of the lower one's.
    const under = 1 + Math.max(0, y - upper) * this.#shadow;
    const over = 1 + Math.max(0, lower - y) * this.#shadow * 2;
    const dim = 1 - 0.42 / (under * under) - 0.2 / (over * over);
    for (let k = 0; k < 3; k++) colour[k] *= dim;
  }

  /** Lays a colour, lit by a share, over the pixel at hand. */
  #cover(over: Colour, share: number, light: number): void {
    if (share <= 0) return;
    const colour = this.#colour;
    for (let k = 0; k < 3; k++) colour[k] += (over[k] * light - colour[k]) * share;
  }

  /** Writes the pixel at hand, with grain; what the portrait itself shows between its lips stays. */
  #write(frame: Uint8Array, at: number, y: number, column: number, opacity: number): void {
    const { ownTop, ownBottom } = this.#teeth;
    const own =
      clamp((y - ownTop[column]) / this.#soft) * clamp((ownBottom[column] - y) / this.#soft);
    const place = at / 3;
    const row = (place / this.#portrait.width) | 0;
    const grain =
      this.#grain[
        (row & (GRAIN_SIZE - 1)) * GRAIN_SIZE +
          ((place - row * this.#portrait.width) & (GRAIN_SIZE - 1))
      ];
    for (let k = 0; k < 3; k++) {
      const painted = this.#colour[k] + grain;
      const inside = painted + (this.#portrait.data[at + k] - painted) * own;
      const value = frame[at + k] + (inside - frame[at + k]) * opacity;
      frame[at + k] = value < 0 ? 0 : value > 255 ? 255 : value + 0.5;
    }
  }
}
