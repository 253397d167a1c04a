/** Paints what is seen between the lips. */
import { clamp, mix, smoothstep, seededRandom } from '../maths';
import type { Picture } from '../picture';
import type { MouthShape } from './mouth-geometry';
import type { OwnInside } from './own-inside';
import type { Colour, MouthPalette } from './palette';

/** The rows of teeth, which depend on no pose. Tables by column: local x = left + column · step. */
interface TeethTables {
  /** Lower edge of the upper teeth, local y. */
  edge: Float32Array;
  /** Brightness of the upper and the lower row, darker between teeth, 0…1. */
  upperLight: Float32Array;
  lowerLight: Float32Array;
}

/** Widths of the upper teeth from the middle outwards, in mouth widths (Wheeler's dental anatomy, seen from the front). */
const UPPER_WIDTHS = [0.165, 0.125, 0.115, 0.09, 0.075, 0.07, 0.06];
/** The lower front teeth are nearly alike. */
const LOWER_WIDTH = 0.1;
/** How far the upper teeth reach below the line of closed lips, in mouth widths. */
const BELOW_LIPS = 0.055;
/** The same below the lower lip of a smile that they reach down to. */
const BEHIND_LIP = 0.012;
/** The arch of the teeth recedes: their edge rises so much at the corners. */
const ARCH = 0.1;

/** @param columns length of the tables */
function tabulateTeeth(
  mouth: MouthShape,
  left: number,
  step: number,
  columns: number,
  own: OwnInside | undefined,
): TeethTables {
  const { unit, centre, halfWidth } = mouth;
  const tables: TeethTables = {
    edge: new Float32Array(columns),
    upperLight: new Float32Array(columns),
    lowerLight: new Float32Array(columns),
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
    // Teeth that the lower lip covers end a little below its edge.
    if (own?.isFullOfTeeth) {
      tables.edge[i] = Math.max(tables.edge[i], own.bottom[i] + BEHIND_LIP * unit - bow - shorter);
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
  readonly #own: OwnInside | undefined;
  /** Width of a soft edge, and one over the depth of a lip's shadow, in pixels. */
  readonly #soft: number;
  readonly #shadow: number;
  /** The colour of the pixel at hand. */
  readonly #colour = new Float64Array(3);

  /**
   * @param own what the portrait shows between its lips
   * @param opening its tables' size and place; they stay the same
   */
  constructor(
    portrait: Picture,
    mouth: MouthShape,
    palette: MouthPalette,
    own: OwnInside | undefined,
    opening: Opening,
  ) {
    this.#portrait = portrait;
    this.#own = own;
    this.#mouth = mouth;
    this.#palette = palette;
    const { left, step, upperEdge } = opening;
    this.#teeth = tabulateTeeth(mouth, left, step, upperEdge.length, own);
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
      this.#addGrain(at);
      if (this.#own) this.#showOwn(this.#own, opening, at, y, column, upper, lower);
      this.#write(frame, at, clamp((lower - upper) / THIN));
    });
  }

  /**
   * Closed lips meet in a dark line. A portrait that smiles with its teeth has none, so it is drawn.
   */
  drawContact(frame: Uint8Array, opening: Opening): void {
    if (!this.#mouth.isApart) return;
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
    if (this.#own?.isTelling && !this.#own.isFullOfTeeth) return;
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
    if (!this.#own?.isTelling) this.#addUpperTeeth(facts, y, column, off, side);
    // Shadow of the upper lip, and a little of the lower one's.
    const under = 1 + Math.max(0, y - upper) * this.#shadow;
    const over = 1 + Math.max(0, lower - y) * this.#shadow * 2;
    const dim = 1 - 0.3 / (under * under) - 0.2 / (over * over);
    for (let k = 0; k < 3; k++) colour[k] *= dim;
  }

  /** Upper teeth, fading into the cheeks. */
  #addUpperTeeth(facts: OpeningFacts, y: number, column: number, off: number, side: number): void {
    const onUpper = clamp((this.#teeth.edge[column] - facts.covered - y) / this.#soft + 0.5);
    const shown = (1 - 0.85 * smoothstep(0.5, 1.02, off)) * (0.35 + 0.65 * clamp(side * 1.8));
    const upperLight = this.#teeth.upperLight[column] * (0.7 + 0.3 * facts.light);
    this.#cover(this.#palette.teeth, onUpper * shown * (0.08 + 0.86 * facts.light), upperLight);
  }

  /** Lays a colour, lit by a share, over the pixel at hand. */
  #cover(over: Colour, share: number, light: number): void {
    if (share <= 0) return;
    const colour = this.#colour;
    for (let k = 0; k < 3; k++) colour[k] += (over[k] * light - colour[k]) * share;
  }

  #addGrain(at: number): void {
    const place = at / 3;
    const row = (place / this.#portrait.width) | 0;
    const column = place - row * this.#portrait.width;
    const grain = this.#grain[(row & (GRAIN_SIZE - 1)) * GRAIN_SIZE + (column & (GRAIN_SIZE - 1))];
    for (let k = 0; k < 3; k++) this.#colour[k] += grain;
  }

  /**
   * Lays what the portrait shows between its lips over the pixel at hand: the upper part where it is,
   * the lower part as far down as the lower lip went. What opens between and beside them is continued
   * from its edge.
   */
  #showOwn(
    own: OwnInside,
    { active, round }: Opening,
    at: number,
    y: number,
    column: number,
    upper: number,
    lower: number,
  ): void {
    const [top, bottom, split] = [own.top[column], own.bottom[column], own.split[column]];
    const height = bottom - top;
    if (height <= 0) return;
    const { unit } = this.#mouth;
    // At the edges the lips are mixed in; that is not continued.
    const highest = top + own.topRim[column] * active;
    const lowest = bottom - own.bottomRim[column] * active;
    let from = y;
    let share = 1;
    if (y < highest) from = highest;
    else if (split < bottom) {
      if (y > split) from = clamp(y - (lower - bottom), split, lowest);
    } else if (y > lowest) {
      from = lowest;
      share = own.isFullOfTeeth
        ? clamp((this.#teeth.edge[column] - y) / this.#soft + 0.5)
        : 1 - (own.isDarkBelow ? 0.45 : 0.85) * smoothstep(0, 0.12 * unit, y - bottom);
    }
    if (!own.isTelling) share *= 1 - smoothstep(0, 0.5, active);
    share *= mix(1, smoothstep(0, 0.04 * unit, height), active);
    if (share <= 0) return;
    // Less light falls into a mouth that is nearly shut, or rounded.
    const gap = smoothstep(0, 0.06 * unit, lower - upper);
    const light =
      mix(1, (0.45 + 0.55 * gap) * (1 - 0.06 * round), active) *
      (1 - 0.3 * smoothstep(0, 0.08 * unit, top - y));
    this.#blendPortrait(at, from - y, share, light);
  }

  /** Lays the portrait's pixel so far further down the face over the pixel at hand. */
  #blendPortrait(at: number, down: number, share: number, light: number): void {
    const { data, width, height } = this.#portrait;
    const colour = this.#colour;
    if (down === 0) {
      for (let k = 0; k < 3; k++) colour[k] += (data[at + k] * light - colour[k]) * share;
      return;
    }
    const place = at / 3;
    const row = (place / width) | 0;
    const { cos, sin } = this.#mouth.frame;
    const x = clamp(place - row * width - sin * down, 0, width - 1.001);
    const y = clamp(row + cos * down, 0, height - 1.001);
    const [left, above] = [x | 0, y | 0];
    const [u, v] = [x - left, y - above];
    const p = 3 * (above * width + left);
    const q = p + 3 * width;
    for (let k = 0; k < 3; k++) {
      const first = data[p + k] + (data[p + 3 + k] - data[p + k]) * u;
      const second = data[q + k] + (data[q + 3 + k] - data[q + k]) * u;
      colour[k] += ((first + (second - first) * v) * light - colour[k]) * share;
    }
  }

  /** Writes the pixel at hand. */
  #write(frame: Uint8Array, at: number, opacity: number): void {
    for (let k = 0; k < 3; k++) {
      const value = frame[at + k] + (this.#colour[k] - frame[at + k]) * opacity;
      frame[at + k] = value < 0 ? 0 : value > 255 ? 255 : value + 0.5;
    }
  }
}
