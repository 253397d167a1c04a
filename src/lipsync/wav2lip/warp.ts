/** Where each pixel under the mask finds its colour in the network's picture: bicubic. */
import type { Region } from '../region';
import type { AlignedCrop } from './aligned-crop';
import type { FaceMask } from './mask';

/** Neighbours along each side. */
export const TAPS = 4;
/** Weights below would not change a level. */
const UNSEEN = 1 / 512;
/** Places between two pixels that are told apart. */
const PHASES = 256;

/** Rows and columns of the network's picture; bottom and right are outside. */
export interface Kept {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** {@link TAPS} weights for each phase. */
export const CUBIC = cubicWeights();

/** May be aimed anew for every frame: its memory is used again. */
export class Warp {
  /** Pixels under the mask. */
  count = 0;
  /** Index of each in the target. */
  place = new Int32Array(0);
  alpha = new Float32Array(0);
  /** Index of the first of 4 × 4 neighbours in a plane of the kept part. */
  start = new Int32Array(0);
  /** Where in {@link CUBIC} the weights begin, from left to right and from top to bottom. */
  across = new Int32Array(0);
  down = new Int32Array(0);
  /** Length of a row of the kept part. */
  readonly columns: number;
  readonly #keep: Kept;

  constructor(keep: Kept) {
    this.#keep = keep;
    this.columns = keep.right - keep.left;
  }

  /**
   * @param region of the picture: all that the mask can cover
   * @param target the rectangle of the picture that is drawn into; holds the region
   */
  aim(crop: AlignedCrop, mask: FaceMask, region: Region, target: Region): void {
    this.#reserve(region.width * region.height);
    const { top, bottom, left } = this.#keep;
    const rows = bottom - top;
    const { u: stepU, v: stepV } = crop.steps;
    let count = 0;
    for (let row = 0; row < region.height; row++) {
      const [firstU, firstV] = crop.toCrop([region.x, region.y + row]);
      const line = (region.y + row - target.y) * target.width + region.x - target.x;
      for (let column = 0; column < region.width; column++) {
        const u = firstU + column * stepU[0];
        const v = firstV + column * stepV[0];
        const weight = mask.at(u, v);
        if (weight < UNSEEN) continue;
        const x = u - 0.5 - left;
        const y = v - 0.5 - top;
        const firstX = first(x, this.columns);
        const firstY = first(y, rows);
        this.place[count] = line + column;
        this.alpha[count] = weight;
        this.start[count] = firstY * this.columns + firstX;
        this.across[count] = phase(x - firstX);
        this.down[count] = phase(y - firstY);
        count++;
      }
    }
    this.count = count;
  }

  /** The mask, one value for each of so many pixels of the target. */
  mask(pixels: number): Float32Array {
    const values = new Float32Array(pixels);
    for (let i = 0; i < this.count; i++) values[this.place[i]] = this.alpha[i];
    return values;
  }

  #reserve(most: number): void {
    if (this.place.length >= most) return;
    this.place = new Int32Array(most);
    this.alpha = new Float32Array(most);
    this.start = new Int32Array(most);
    this.across = new Int32Array(most);
    this.down = new Int32Array(most);
  }
}

/** The mask keeps off the border, where there are not as many neighbours. */
function first(place: number, length: number): number {
  return Math.min(length - TAPS, Math.max(0, Math.floor(place) - 1));
}

function phase(beyondFirst: number): number {
  const share = Math.min(1, Math.max(0, beyondFirst - 1));
  return TAPS * Math.round(share * PHASES);
}

/** Catmull and Rom's cubic (1974) at a place between pixel centres. */
function cubicWeights(): Float32Array {
  const weights = new Float32Array(TAPS * (PHASES + 1));
  for (let i = 0; i <= PHASES; i++) {
    const t = i / PHASES;
    weights.set(
      [
        ((2 - t) * t - 1) * t * 0.5,
        ((3 * t - 5) * t * t + 2) * 0.5,
        ((4 - 3 * t) * t + 1) * t * 0.5,
        (t - 1) * t * t * 0.5,
      ],
      TAPS * i,
    );
  }
  return weights;
}
