/**
 * Paints what is behind the lips: upper teeth that stay with the skull, lower teeth and tongue that
 * go with the jaw, and the cavity, all in the shadow of the upper lip. Everything is a smooth
 * function of the place, so its edges are antialiased by themselves.
 */
import type { MouthShape } from '../geometry/mouth';
import { clamp, smoothstep } from '../maths';
import { seededRandom } from '../random';
import type { MouthPalette } from './palette';

/** What the painter needs to know of the present pose. Lengths are local pixels. */
export interface InteriorState {
  /** Edges of the opening by local x, tabulated: index = (x − left) / step. */
  upperEdge: Float32Array;
  lowerEdge: Float32Array;
  left: number;
  step: number;
  /** Columns of the table that are open. */
  from: number;
  to: number;
  /** How far the lower teeth went down. */
  jaw: number;
  /** Shares 0…1. */
  round: number;
  tongue: number;
  tuck: number;
}

/** Widths of the upper teeth from the middle outwards, in mouth units (Wheeler's dental anatomy, seen from the front). */
const TOOTH_WIDTHS = [0.165, 0.125, 0.115, 0.09, 0.075, 0.07, 0.06];
const GRAIN_SIZE = 64;

export class InteriorPainter {
  readonly #mouth: MouthShape;
  readonly #palette: MouthPalette;
  readonly #grain: Float32Array;
  readonly #width: number;
  readonly #height: number;
  readonly #portrait: Uint8Array;
  /** By column of the table: lower edge of the upper teeth, light between teeth, rest opening. */
  #tables?: {
    left: number;
    step: number;
    edge: Float32Array;
    gaps: Float32Array;
    lowerGaps: Float32Array;
    top: Float32Array;
    bottom: Float32Array;
  };

  constructor(
    portrait: { data: Uint8Array; width: number; height: number },
    mouth: MouthShape,
    palette: MouthPalette,
  ) {
    this.#portrait = portrait.data;
    this.#width = portrait.width;
    this.#height = portrait.height;
    this.#mouth = mouth;
    this.#palette = palette;
    const random = seededRandom(7);
    this.#grain = Float32Array.from({ length: GRAIN_SIZE * GRAIN_SIZE }, () => {
      const sum = random() + random() + random() + random() - 2;
      return sum * 1.73 * palette.grain;
    });
  }

  /** Paints the opening of a pose into a frame. */
  paint(frame: Uint8Array, state: InteriorState): void {
    const { from, to, left, step, upperEdge, lowerEdge } = state;
    if (to <= from) return;
    const tables = (this.#tables ??= this.#tabulate(state));
    const { origin, cos, sin } = this.#mouth.frame;
    const { unit, centre, halfWidth } = this.#mouth;
    const { teeth, tongue, cavity, deep, corner } = this.#palette;
    let top = Infinity;
    let bottom = -Infinity;
    let widest = 0;
    for (let i = from; i <= to; i++) {
      top = Math.min(top, upperEdge[i]!);
      bottom = Math.max(bottom, lowerEdge[i]!);
      widest = Math.max(widest, lowerEdge[i]! - upperEdge[i]!);
    }
    const xLeft = left + from * step;
    const xRight = left + to * step;
    const box = this.#boxOf(xLeft - 1, top - 1, xRight + 1, bottom + 1);
    const soft = Math.max(1, 0.012 * unit);
    const shadow = 1 / (0.07 * unit);
    const light = Math.max(
      smoothstep(0, 0.09 * unit, widest) * (1 - 0.6 * state.round),
      0.75 * state.tuck,
    );
    // Rounded lips stand before the teeth and cover them.
    const covered = 0.05 * unit * state.round;
    const middle = (xLeft + xRight) / 2;
    const half = Math.max(1, (xRight - xLeft) / 2);
    const lowerTop = tables.edge[Math.round((centre - left) / step)]! - 0.025 * unit + state.jaw;
    const tongueTop = lowerTop - 0.04 * unit - 0.28 * state.jaw;
    for (let py = box.top; py <= box.bottom; py++) {
      for (let px = box.left; px <= box.right; px++) {
        const dx = px - origin[0];
        const dy = py - origin[1];
        const x = dx * cos + dy * sin;
        const y = dy * cos - dx * sin;
        const place = (x - left) / step;
        const column = place | 0;
        if (column < from || column >= to) continue;
        const t = place - column;
        const upper = upperEdge[column]! + (upperEdge[column + 1]! - upperEdge[column]!) * t;
        const lower = lowerEdge[column]! + (lowerEdge[column + 1]! - lowerEdge[column]!) * t;
        if (y < upper - 1 || y > lower + 1) continue;
        const depth = y - upper;
        const across = (x - middle) / half;
        const side = 1 - across * across;
        // Cavity: dark, a little red towards the lower lip.
        const rise = clamp((y - upper) / (widest || 1));
        let r = deep[0] + (cavity[0] - deep[0]) * rise;
        let g = deep[1] + (cavity[1] - deep[1]) * rise;
        let b = deep[2] + (cavity[2] - deep[2]) * rise;
        const end = smoothstep(0.72, 1, Math.abs(across)) * 0.85;
        r += (corner[0] - r) * end;
        g += (corner[1] - g) * end;
        b += (corner[2] - b) * end;
        // Tongue: a mound behind the lower teeth; its tip goes up to the upper teeth.
        const edge = tables.edge[column]!;
        const spread = (x - centre) / (0.62 * halfWidth);
        const mound =
          tongueTop +
          (edge + 0.015 * unit - tongueTop) * 0.9 * state.tongue +
          spread * spread * 0.16 * unit;
        const onTongue = clamp((y - mound) / (0.07 * unit)) * clamp(1.25 - spread * spread);
        if (onTongue > 0) {
          const shade = onTongue * (0.45 + 0.4 * clamp((y - mound) / (0.16 * unit)));
          r += (tongue[0] - r) * shade;
          g += (tongue[1] - g) * shade;
          b += (tongue[2] - b) * shade;
        }
        // Lower teeth, in the lower lip's shade.
        const curve = ((x - centre) / halfWidth) ** 2;
        const onLower =
          clamp((y - lowerTop - 0.1 * unit * curve) / soft + 0.5) *
          (1 - smoothstep(0.3, 0.62, Math.abs(x - centre) / halfWidth));
        if (onLower > 0) {
          const shade =
            onLower *
            0.6 *
            tables.lowerGaps[column]! *
            light *
            (0.5 + 0.5 * side) *
            (1 - 0.7 * clamp((y - lowerTop) / (0.09 * unit)));
          r += (teeth[0] - r) * shade;
          g += (teeth[1] - g) * shade;
          b += (teeth[2] - b) * shade;
        }
        // Upper teeth.
        const onUpper = clamp((edge - covered - y) / soft + 0.5);
        if (onUpper > 0) {
          const rounded = 1 - smoothstep(0.5, 1.02, Math.abs(x - centre) / halfWidth);
          const shade =
            onUpper *
            (0.12 + 0.8 * rounded) *
            tables.gaps[column]! *
            light *
            (0.35 + 0.65 * clamp(side * 1.6));
          r += (teeth[0] - r) * shade;
          g += (teeth[1] - g) * shade;
          b += (teeth[2] - b) * shade;
        }
        // Shadow of the upper lip, and a little of the lower one's.
        const under = 1 + clamp(depth, 0, 1e9) * shadow;
        const over = 1 + clamp(lower - y, 0, 1e9) * shadow * 2;
        const dim = 1 - 0.42 / (under * under) - 0.2 / (over * over);
        const noise = this.#grain[(py & (GRAIN_SIZE - 1)) * GRAIN_SIZE + (px & (GRAIN_SIZE - 1))]!;
        r = r * dim + noise;
        g = g * dim + noise;
        b = b * dim + noise;
        const at = (py * this.#width + px) * 3;
        // What the portrait itself shows between its lips stays where it is.
        const own =
          clamp((y - tables.top[column]!) / soft) * clamp((tables.bottom[column]! - y) / soft);
        if (own > 0) {
          r += (this.#portrait[at]! - r) * own;
          g += (this.#portrait[at + 1]! - g) * own;
          b += (this.#portrait[at + 2]! - b) * own;
        }
        frame[at] = r < 0 ? 0 : r > 255 ? 255 : r + 0.5;
        frame[at + 1] = g < 0 ? 0 : g > 255 ? 255 : g + 0.5;
        frame[at + 2] = b < 0 ? 0 : b > 255 ? 255 : b + 0.5;
      }
    }
  }

  #boxOf(x1: number, y1: number, x2: number, y2: number) {
    const { origin, cos, sin } = this.#mouth.frame;
    const xs: number[] = [];
    const ys: number[] = [];
    for (const x of [x1, x2]) {
      for (const y of [y1, y2]) {
        xs.push(origin[0] + x * cos - y * sin);
        ys.push(origin[1] + x * sin + y * cos);
      }
    }
    return {
      left: Math.max(0, Math.floor(Math.min(...xs))),
      right: Math.min(this.#width - 1, Math.ceil(Math.max(...xs))),
      top: Math.max(0, Math.floor(Math.min(...ys))),
      bottom: Math.min(this.#height - 1, Math.ceil(Math.max(...ys))),
    };
  }

  /** Everything about the teeth that no pose changes. */
  #tabulate({ left, step, upperEdge }: InteriorState) {
    const { unit, centre, halfWidth, isOpen } = this.#mouth;
    const size = upperEdge.length;
    const edge = new Float32Array(size);
    const gaps = new Float32Array(size);
    const lowerGaps = new Float32Array(size);
    const top = new Float32Array(size).fill(1);
    const bottom = new Float32Array(size).fill(0);
    const joints: number[] = [0];
    for (const width of TOOTH_WIDTHS) joints.push(joints.at(-1)! + width * unit);
    const line = Math.max(0.9, 0.014 * unit);
    // On a small face lines between the teeth would only be noise.
    const strength = 0.2 * smoothstep(28, 80, unit);
    const level = (this.#mouth.upperInner(centre) + this.#mouth.lowerInner(centre)) / 2;
    for (let i = 0; i < size; i++) {
      const x = left + i * step;
      const away = Math.abs(x - centre);
      const tooth = joints.findIndex((joint) => joint > away);
      const [a, b] = tooth > 0 ? [joints[tooth - 1]!, joints[tooth]!] : [away, away + 1];
      const toJoint = Math.min(away - a, b - away);
      const within = (away - a) / (b - a) - 0.5;
      const bow = 0.02 * unit * 4 * within * within;
      const shorter = tooth === 2 ? 0.01 * unit : tooth > 3 ? 0.008 * unit : 0;
      edge[i] =
        level + 0.055 * unit - 0.1 * unit * (away / halfWidth) ** 2 - bow * strength * 3 - shorter;
      gaps[i] = 1 - strength * Math.max(0, 1 - toJoint / line);
      const small = 0.1 * unit;
      const lowerAway = Math.abs(away % small);
      lowerGaps[i] = 1 - strength * Math.max(0, 1 - Math.min(lowerAway, small - lowerAway) / line);
      if (isOpen && Math.abs(x) < halfWidth) {
        top[i] = this.#mouth.upperInner(x);
        bottom[i] = this.#mouth.lowerInner(x) - 0.12 * this.#mouth.gap;
        edge[i] = Math.max(edge[i]!, this.#mouth.lowerInner(x));
      }
    }
    return { left, step, edge, gaps, lowerGaps, top, bottom };
  }
}
