/**
 * Moves the whole head a little. What is around it gives way smoothly up to the region's border, so
 * that no hole opens behind it.
 */
import { FACE_OVAL, type Landmark } from '../../../contract';
import { smoothstep } from '../../maths';
import type { Picture } from '../../picture';
import type { HeadPose } from '../pose';

/** The ellipse that moves, in widths and heights of the face; it holds hair and a part of the neck. */
const REACH = { across: 1.15, along: 1.05 };
/** Inside this share of the ellipse everything moves as one. */
const RIGID = 0.5;

/** The ellipse around a head: centre and half axes in pixels. */
export function headEllipse(landmarks: readonly Landmark[]) {
  const outline = FACE_OVAL.map((index) => landmarks[index]);
  const xs = outline.map(([x]) => x);
  const ys = outline.map(([, y]) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  return {
    x: (left + right) / 2,
    y: (top + bottom) / 2,
    across: Math.max(2, REACH.across * (right - left)),
    along: Math.max(2, REACH.along * (bottom - top)),
  };
}

/** Fixed-point arithmetic: places in 1/256 pixel, shares in 1/4096, so that products stay below 2³¹. */
const PLACE_BITS = 8;
const ONE = 1 << PLACE_BITS;
const SHARE_BITS = 12;

export class HeadWarp {
  readonly #width: number;
  readonly #height: number;
  readonly #share: Uint16Array;
  /** The columns of a row that move: from first to before last. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #pivotX: number;
  readonly #pivotY: number;

  constructor({ width, height }: Picture, landmarks: readonly Landmark[]) {
    this.#width = width;
    this.#height = height;
    const ellipse = headEllipse(landmarks);
    this.#pivotX = ellipse.x;
    // A head turns about the neck, not about the nose.
    this.#pivotY = ellipse.y + 0.6 * ellipse.along;
    this.#share = new Uint16Array(width * height);
    this.#first = new Int32Array(height).fill(width);
    this.#last = new Int32Array(height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const away = Math.hypot((x - ellipse.x) / ellipse.across, (y - ellipse.y) / ellipse.along);
        const border = Math.min(x, y, width - 1 - x, height - 1 - y) / (0.1 * ellipse.across);
        const share = (1 - smoothstep(RIGID, 1, away)) * smoothstep(0, 1, border);
        const fixed = Math.round(share * (1 << SHARE_BITS));
        if (fixed === 0) continue;
        this.#share[y * width + x] = fixed;
        this.#first[y] = Math.min(this.#first[y], x);
        this.#last[y] = x + 1;
      }
    }
  }

  /** Draws a frame with its head moved into another; both rgb24 of the picture's size. */
  move(from: Uint8Array, to: Uint8Array, { x, y, roll }: HeadPose): void {
    to.set(from);
    if (x === 0 && y === 0 && roll === 0) return;
    const step = Math.round(roll * ONE * ONE);
    for (let row = 0; row < this.#height; row++) {
      const first = this.#first[row];
      if (first >= this.#last[row]) continue;
      // Backwards, by the small-angle rotation: shares fall slowly, so nothing folds.
      const across = Math.round((x - roll * (row - this.#pivotY)) * ONE);
      const down = Math.round((y + roll * (first - this.#pivotX)) * ONE * ONE);
      this.#moveRow(from, to, row, across, down, step);
    }
  }

  /** @param across, down way of a fully moved pixel, places; down and its step a column in 1/256 place */
  #moveRow(
    from: Uint8Array,
    to: Uint8Array,
    row: number,
    across: number,
    down: number,
    step: number,
  ): void {
    const width = this.#width;
    const stride = 3 * width;
    const rightmost = (width - 1) << PLACE_BITS;
    const lowest = (this.#height - 1) << PLACE_BITS;
    const last = this.#last[row];
    for (let x = this.#first[row]; x < last; x++, down += step) {
      const share = this.#share[row * width + x];
      const u = (x << PLACE_BITS) - ((share * across) >> SHARE_BITS);
      const v = (row << PLACE_BITS) - ((share * (down >> PLACE_BITS)) >> SHARE_BITS);
      const fu = u < 0 ? 0 : u > rightmost ? rightmost : u;
      const fv = v < 0 ? 0 : v > lowest ? lowest : v;
      const right = fu & (ONE - 1);
      const below = fv & (ONE - 1);
      const a = (fv >> PLACE_BITS) * stride + (fu >> PLACE_BITS) * 3;
      const b = right === 0 ? a : a + 3;
      const c = below === 0 ? a : a + stride;
      const d = c + b - a;
      const w11 = right * below;
      const w10 = (right << PLACE_BITS) - w11;
      const w01 = (below << PLACE_BITS) - w11;
      const w00 = ONE * ONE - w10 - w01 - w11;
      const out = row * stride + x * 3;
      to[out] = (from[a] * w00 + from[b] * w10 + from[c] * w01 + from[d] * w11 + 32768) >> 16;
      to[out + 1] =
        (from[a + 1] * w00 + from[b + 1] * w10 + from[c + 1] * w01 + from[d + 1] * w11 + 32768) >>
        16;
      to[out + 2] =
        (from[a + 2] * w00 + from[b + 2] * w10 + from[c + 2] * w01 + from[d + 2] * w11 + 32768) >>
        16;
    }
  }
}
