/** Where each pixel under the mask finds its colour in the network's picture: bicubic, computed once. */
import type { Region } from '../region';
import type { AlignedCrop } from './aligned-crop';
import type { FaceMask } from './mask';

/** Neighbours along each side. */
export const TAPS = 4;
/** Weights below would not change a level. */
const UNSEEN = 1 / 512;

interface Kept {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export class Warp {
  /** Pixels under the mask. */
  readonly count: number;
  /** Index of each in its region. */
  readonly place: Int32Array;
  readonly alpha: Float32Array;
  /** Index of the first of 4 × 4 neighbours in a plane of the kept part. */
  readonly start: Int32Array;
  /** Four weights for each pixel: from left to right, and from top to bottom. */
  readonly across: Float32Array;
  readonly down: Float32Array;
  /** Length of a row of the kept part. */
  readonly columns: number;
  readonly #pixels: number;

  constructor(region: Region, crop: AlignedCrop, mask: FaceMask, keep: Kept) {
    const { width, height, x: originX, y: originY } = region;
    this.#pixels = width * height;
    this.columns = keep.right - keep.left;
    const rows = keep.bottom - keep.top;
    const place: number[] = [];
    const alpha: number[] = [];
    const start: number[] = [];
    const across: number[] = [];
    const down: number[] = [];
    for (let i = 0; i < this.#pixels; i++) {
      const [u, v] = crop.toCrop([originX + (i % width), originY + Math.floor(i / width)]);
      const weight = mask.at(u, v);
      if (weight < UNSEEN) continue;
      const column = neighbours(u - 0.5 - keep.left, this.columns);
      const row = neighbours(v - 0.5 - keep.top, rows);
      place.push(i);
      alpha.push(weight);
      start.push(row.first * this.columns + column.first);
      across.push(...column.weights);
      down.push(...row.weights);
    }
    this.count = place.length;
    this.place = Int32Array.from(place);
    this.alpha = Float32Array.from(alpha);
    this.start = Int32Array.from(start);
    this.across = Float32Array.from(across);
    this.down = Float32Array.from(down);
  }

  /** The mask, one value for each pixel of the region. */
  mask(): Float32Array {
    const values = new Float32Array(this.#pixels);
    this.place.forEach((at, i) => (values[at] = this.alpha[i]!));
    return values;
  }
}

/** Catmull and Rom's cubic (1974) at a place between pixel centres; the mask keeps off the border. */
function neighbours(place: number, length: number): { first: number; weights: number[] } {
  const first = Math.min(length - TAPS, Math.max(0, Math.floor(place) - 1));
  const t = Math.min(1, Math.max(0, place - first - 1));
  return {
    first,
    weights: [
      ((2 - t) * t - 1) * t * 0.5,
      ((3 * t - 5) * t * t + 2) * 0.5,
      ((4 - 3 * t) * t + 1) * t * 0.5,
      (t - 1) * t * t * 0.5,
    ],
  };
}
