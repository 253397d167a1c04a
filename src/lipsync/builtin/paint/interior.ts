/**
 * Paints what is behind the lips: upper teeth that stay with the skull, lower teeth and tongue that
 * go with the jaw, and the cavity, all in the shadow of the upper lip. Everything is a smooth
 * function of the place, so its edges are antialiased by themselves.
 */
import type { MouthShape } from '../geometry/mouth';
import { clamp, smoothstep } from '../../maths';
import type { Picture } from '../../picture';
import { seededRandom } from '../random';
import { eachPixel, type Opening } from './opening';
import type { Colour, MouthPalette } from './palette';
import { tabulateTeeth, type TeethTables } from './teeth';

/** What is the same for all pixels of a frame. */
interface Scene {
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
    const scene = this.#sceneOf(opening);
    eachPixel(opening, this.#mouth.frame, this.#portrait, from, to, (at, x, y, column, t) => {
      const upper = upperEdge[column] + (upperEdge[column + 1] - upperEdge[column]) * t;
      const lower = lowerEdge[column] + (lowerEdge[column + 1] - lowerEdge[column]) * t;
      if (y < upper - 1 || y > lower + 1) return;
      this.#colourAt(scene, x, y, column, upper, lower);
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

  #sceneOf(opening: Opening): Scene {
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
    scene: Scene,
    x: number,
    y: number,
    column: number,
    upper: number,
    lower: number,
  ): void {
    const { centre, halfWidth, unit } = this.#mouth;
    const { deep, cavity, corner, tongue, teeth } = this.#palette;
    const colour = this.#colour;
    const across = (x - scene.middle) / scene.half;
    const side = 1 - across * across;
    // Cavity: dark, a little red towards the lower lip, and as the lips at its ends.
    const rise = clamp((y - upper) / scene.widest);
    for (let k = 0; k < 3; k++) colour[k] = deep[k] + (cavity[k] - deep[k]) * rise;
    this.#cover(corner, smoothstep(0.72, 1, Math.abs(across)) * 0.85, 1);
    // Tongue: a mound behind the lower teeth; its tip goes up to the upper teeth.
    const edge = this.#teeth.edge[column];
    const spread = ((x - centre) / (0.62 * halfWidth)) ** 2;
    const tip = (edge + 0.015 * unit - scene.tongueTop) * 0.9 * scene.tongue;
    const mound = scene.tongueTop + tip + spread * 0.16 * unit;
    const onTongue = clamp((y - mound) / (0.07 * unit)) * clamp(1.25 - spread);
    this.#cover(tongue, onTongue * (0.45 + 0.4 * clamp((y - mound) / (0.16 * unit))), 1);
    // Lower teeth, in the shade of the lower lip.
    const off = Math.abs(x - centre) / halfWidth;
    const onLower =
      clamp((y - scene.lowerTop - 0.1 * unit * off * off) / this.#soft + 0.5) *
      (1 - smoothstep(0.3, 0.62, off));
    const depth = 1 - 0.6 * clamp((y - scene.lowerTop) / (0.09 * unit));
    const lowerLight = this.#teeth.lowerLight[column] * (0.42 + 0.2 * scene.light) * depth;
    this.#cover(teeth, 0.85 * onLower * scene.light * (0.5 + 0.5 * side), lowerLight);
    // Upper teeth, fading into the cheeks.
    const onUpper = clamp((edge - scene.covered - y) / this.#soft + 0.5);
    const shown = (1 - 0.85 * smoothstep(0.5, 1.02, off)) * (0.35 + 0.65 * clamp(side * 1.8));
    const upperLight = this.#teeth.upperLight[column] * (0.7 + 0.3 * scene.light);
    this.#cover(teeth, onUpper * shown * (0.08 + 0.86 * scene.light), upperLight);
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
