/**
 * The default way: the network sees the face upright, and only the lower face of its answer is seen,
 * matched in colour and fading into the portrait.
 */
import type { Landmark } from '../../media';
import type { Picture } from '../picture';
import { crop as cropRegion, regionAround, type Region } from '../region';
import { AlignedCrop } from './aligned-crop';
import type { Blend, SeamMeasure } from './blend';
import { ColourMatch } from './colour-match';
import { faceInput } from './face-input';
import { FaceMask, KEPT } from './mask';
import { seamOf } from './seam';
import { TAPS, Warp } from './warp';

/** Mask values between which the skin is compared. */
const RIM = { least: 0.02, most: 0.7 };

export interface SoftOptions {
  picture: Picture;
  /** 468 FaceMesh points in pixels of the picture. */
  landmarks: readonly Landmark[];
  /** Side of the network's picture. */
  size: number;
  /** Rows and columns of it that the network gives. */
  keep: { top: number; bottom: number; left: number; right: number };
  frameSeconds: number;
}

export class SoftBlend implements Blend {
  readonly region: Region;
  readonly input: Float32Array;
  readonly #original: Picture;
  readonly #warp: Warp;
  readonly #match: ColourMatch;

  constructor({ picture, landmarks, size, keep, frameSeconds }: SoftOptions) {
    const crop = new AlignedCrop(landmarks, size);
    const mask = new FaceMask(landmarks, crop);
    const seen = crop.sample(picture);
    this.input = new Float32Array(6 * size * size);
    faceInput(seen, 'rgb', this.input);
    const { top, bottom, left, right } = scaled(size);
    const corners = [
      [left, top],
      [right, top],
      [left, bottom],
      [right, bottom],
    ].map(([u, v]) => crop.toPicture(u!, v!));
    this.region = regionAround(corners, 0, picture);
    this.#original = cropRegion(picture, this.region);
    this.#warp = new Warp(this.region, crop, mask, keep);
    const whole = this.input.subarray(3 * size * size);
    const [rows, columns] = [keep.bottom - keep.top, keep.right - keep.left];
    const original = new Float32Array(3 * rows * columns);
    const rim: number[] = [];
    for (let i = 0; i < rows * columns; i++) {
      const [u, v] = [keep.left + (i % columns), keep.top + Math.floor(i / columns)];
      for (let c = 0; c < 3; c++) {
        original[c * rows * columns + i] = whole[(c * size + v) * size + u]!;
      }
      const alpha = mask.at(u + 0.5, v + 0.5);
      if (alpha > RIM.least && alpha < RIM.most) rim.push(i);
    }
    this.#match = new ColourMatch(original, Int32Array.from(rim), frameSeconds);
  }

  apply(frame: Uint8Array, planes: Float32Array, weight: number): void {
    this.#match.update(planes);
    const { gain, shift } = this.#match;
    const { count, place, alpha, start, across, down, columns } = this.#warp;
    const plane = planes.length / 3;
    for (let i = 0; i < count; i++) {
      const share = alpha[i]! * weight;
      const to = 3 * place[i]!;
      const first = i * TAPS;
      const w0 = across[first]!;
      const w1 = across[first + 1]!;
      const w2 = across[first + 2]!;
      const w3 = across[first + 3]!;
      for (let c = 0; c < 3; c++) {
        let value = 0;
        let at = start[i]! + c * plane;
        for (let row = first; row < first + TAPS; row++, at += columns) {
          const line =
            planes[at]! * w0 + planes[at + 1]! * w1 + planes[at + 2]! * w2 + planes[at + 3]! * w3;
          value += line * down[row]!;
        }
        const level = 255 * (value * gain[c]! + shift[c]!);
        const old = frame[to + 2 - c]!;
        const mixed = old + share * (level - old) + 0.5;
        frame[to + 2 - c] = mixed < 0 ? 0 : mixed > 255 ? 255 : mixed;
      }
    }
  }

  measureSeam(frame: Uint8Array): SeamMeasure {
    const { width, height } = this.region;
    return seamOf(this.#original, { data: frame, width, height }, this.#warp.mask());
  }
}

function scaled(size: number): { top: number; bottom: number; left: number; right: number } {
  const { top, bottom, left, right } = KEPT;
  const scale = size / 96;
  return { top: top * scale, bottom: bottom * scale, left: left * scale, right: right * scale };
}
