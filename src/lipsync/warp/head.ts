/**
 * Moves the whole head a little. What is around it gives way smoothly up to the region's border, so
 * that no hole opens behind it.
 */
import { FACE_OVAL, type Landmark } from '../../media';
import { smoothstep } from '../maths';
import type { Picture } from '../picture';
import type { HeadPose } from '../pose';

/** The ellipse that moves, in widths and heights of the face; it holds hair and a part of the neck. */
const REACH = { across: 1.15, along: 1.05 };
/** Inside this share of the ellipse everything moves as one. */
const RIGID = 0.5;

/** The ellipse around a head: centre and half axes in pixels. */
export function headEllipse(landmarks: readonly Landmark[]) {
  const outline = FACE_OVAL.map((index) => landmarks[index]!);
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

export class HeadWarp {
  readonly #width: number;
  readonly #height: number;
  readonly #share: Float32Array;
  readonly #pivotX: number;
  readonly #pivotY: number;

  constructor({ width, height }: Picture, landmarks: readonly Landmark[]) {
    this.#width = width;
    this.#height = height;
    const ellipse = headEllipse(landmarks);
    this.#pivotX = ellipse.x;
    // A head turns about the neck, not about the nose.
    this.#pivotY = ellipse.y + 0.6 * ellipse.along;
    this.#share = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const away = Math.hypot((x - ellipse.x) / ellipse.across, (y - ellipse.y) / ellipse.along);
        const border = Math.min(x, y, width - 1 - x, height - 1 - y) / (0.1 * ellipse.across);
        this.#share[y * width + x] = (1 - smoothstep(RIGID, 1, away)) * smoothstep(0, 1, border);
      }
    }
  }

  /** Draws a frame with its head moved into another; both rgb24 of the picture's size. */
  move(from: Uint8Array, to: Uint8Array, { x: shiftX, y: shiftY, roll }: HeadPose): void {
    const width = this.#width;
    const height = this.#height;
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const share = this.#share[i]!;
        const out = 3 * i;
        if (share === 0) {
          to[out] = from[out]!;
          to[out + 1] = from[out + 1]!;
          to[out + 2] = from[out + 2]!;
          continue;
        }
        // Backwards, by the small-angle rotation: shares fall slowly, so nothing folds.
        let u = x - share * (shiftX - roll * (y - this.#pivotY));
        let v = y - share * (shiftY + roll * (x - this.#pivotX));
        u = u < 0 ? 0 : u > width - 1 ? width - 1 : u;
        v = v < 0 ? 0 : v > height - 1 ? height - 1 : v;
        const left = u | 0;
        const top = v | 0;
        const right = u - left;
        const down = v - top;
        const at = 3 * (top * width + left);
        const next = right === 0 ? at : at + 3;
        const below = down === 0 ? 0 : 3 * width;
        const w11 = right * down;
        const w10 = right - w11;
        const w01 = down - w11;
        const w00 = 1 - right - w01;
        for (let k = 0; k < 3; k++) {
          to[out + k] =
            from[at + k]! * w00 +
            from[next + k]! * w10 +
            from[at + below + k]! * w01 +
            from[next + below + k]! * w11 +
            0.5;
        }
      }
    }
  }
}
