/**
 * The folds that a smile draws from the nose past the corners of the mouth. Brought in with the
 * corners they would stay as deep, like a muzzle; a mouth that lets the smile go smooths them out.
 */
import { clamp, smoothstep } from '../maths';
import { lumaAt, type Picture } from '../picture';
import { toLocal } from './local-frame';
import type { MouthShape } from './mouth-geometry';

/** Share of a fold's depth that goes with the whole smile. */
const DEPTH = 0.75;
/** Widest fold and finest detail, as standard deviations of a blur in half widths of the mouth. */
const WIDE = 0.16;
const FINE = 0.025;
/** Deepest shadow that is taken for a fold, in 8-bit steps: hair and background are deeper. */
const DEEPEST = 45;

/** By how much each pixel is brightened when a smile is let go. */
export class SmileFolds {
  readonly #rest: Uint8Array;
  /** Places of the pixels that change, and by how much, in 8-bit steps. */
  readonly #places: Int32Array;
  readonly #rises: Float32Array;
  readonly #data: Uint8Array;
  #share = 0;

  /** @param relaxed how much of the smile is let go, 0…1 */
  constructor(picture: Picture, mouth: MouthShape, relaxed: number) {
    this.#rest = picture.data;
    this.#data = Uint8Array.from(picture.data);
    const { frame, halfWidth, noseY, chinY, jawLeft, jawRight } = mouth;
    const { width, height } = picture;
    const reach = 1.9 * halfWidth;
    const [cx, cy] = frame.origin;
    const size = Math.ceil(Math.hypot(reach, Math.max(-noseY, chinY)) + 2);
    const left = clamp(Math.floor(cx - size), 0, width - 1);
    const top = clamp(Math.floor(cy - size), 0, height - 1);
    const columns = clamp(Math.ceil(cx + size), left + 1, width) - left;
    const rows = clamp(Math.ceil(cy + size), top + 1, height) - top;
    const luma = new Float32Array(columns * rows);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        luma[y * columns + x] = lumaAt(picture, left + x, top + y);
      }
    }
    const wide = blurred(luma, columns, rows, WIDE * halfWidth);
    const fine = blurred(luma, columns, rows, FINE * halfWidth);
    const places: number[] = [];
    const rises: number[] = [];
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const [u, v] = toLocal(frame, left + x, top + y);
        const away = Math.abs(u) / halfWidth;
        const side = Math.abs(u) / (u < 0 ? jawLeft : jawRight);
        const mask =
          smoothstep(0.85, 1.15, away) *
          (1 - smoothstep(1.5, 1.9, away)) *
          (1 - smoothstep(0.6, 0.85, side)) *
          smoothstep(1.05 * noseY, 0.6 * noseY, v) *
          (1 - smoothstep(0.35 * chinY, 0.7 * chinY, v));
        const depth = wide[y * columns + x] - fine[y * columns + x];
        const rise = mask * relaxed * DEPTH * clamp(depth, 0, DEEPEST);
        if (rise < 0.5) continue;
        places.push((top + y) * width + left + x);
        rises.push(rise);
      }
    }
    this.#places = Int32Array.from(places);
    this.#rises = Float32Array.from(rises);
  }

  /** The picture with the smile let go by a share; the same buffer each time. */
  relaxed(share: number): { data: Uint8Array; isNew: boolean } {
    const isNew = share !== this.#share && this.#places.length > 0;
    if (isNew) {
      this.#share = share;
      for (let i = 0; i < this.#places.length; i++) {
        const at = 3 * this.#places[i];
        const [r, g, b] = [this.#rest[at], this.#rest[at + 1], this.#rest[at + 2]];
        // As bright a skin of the same hue.
        const factor =
          1 + (share * this.#rises[i]) / Math.max(16, 0.299 * r + 0.587 * g + 0.114 * b);
        this.#data[at] = Math.min(255, r * factor + 0.5);
        this.#data[at + 1] = Math.min(255, g * factor + 0.5);
        this.#data[at + 2] = Math.min(255, b * factor + 0.5);
      }
    }
    return { data: this.#data, isNew };
  }
}

/** Nearly Gaussian: three running means each way (Wells, "Efficient synthesis of Gaussian filters", 1986). */
function blurred(values: Float32Array, columns: number, rows: number, sigma: number): Float32Array {
  const radius = Math.max(1, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2));
  let from = values;
  for (let pass = 0; pass < 3; pass++) {
    from = runningMean(from, rows, columns, columns, 1, radius);
    from = runningMean(from, columns, rows, 1, columns, radius);
  }
  return from;
}

/** Means along lines: `lines` of them begin `across` apart and have `length` values `along` apart. */
function runningMean(
  values: Float32Array,
  lines: number,
  length: number,
  across: number,
  along: number,
  radius: number,
): Float32Array {
  const means = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    const start = line * across;
    const at = (i: number) => values[start + clamp(i, 0, length - 1) * along];
    let sum = 0;
    for (let i = -radius; i <= radius; i++) sum += at(i);
    for (let i = 0; i < length; i++) {
      means[start + i * along] = sum / (2 * radius + 1);
      sum += at(i + radius + 1) - at(i - radius);
    }
  }
  return means;
}
