/**
 * The default way: the network sees the face upright, and only the lower face of its answer is seen,
 * matched in colour and fading into the picture.
 */
import { inputError } from '../../contract';
import type { Picture } from '../picture';
import { regionAround, type Region } from '../region';
import { AlignedCrop } from './aligned-crop';
import type { Blend, FacePlace, Part, SeamMeasure, Sight } from './blend';
import { ColourMatch, momentsOf, type Moments } from './colour-match';
import { faceInput } from './face-input';
import { FaceMask, KEPT } from './mask';
import { seamOf } from './seam';
import { CUBIC, TAPS, Warp, type Kept } from './warp';

/** Mask values between which the skin is compared. */
const RIM = { least: 0.02, most: 0.7 };

export interface SoftOptions {
  /** Side of the network's picture. */
  size: number;
  /** Rows and columns of it that the network gives. */
  keep: Kept;
  frameSeconds: number;
}

interface SoftSight extends Sight {
  crop: AlignedCrop;
  mask: FaceMask;
  /** Of the skin around the mouth. */
  wanted: Moments[];
  rim: Int32Array;
}

export class SoftBlend implements Blend<SoftSight> {
  readonly #size: number;
  readonly #keep: Kept;
  readonly #match: ColourMatch;
  readonly #warp: Warp;
  #aimed: { sight: SoftSight; target: Region } | undefined;

  constructor({ size, keep, frameSeconds }: SoftOptions) {
    this.#size = size;
    this.#keep = keep;
    this.#match = new ColourMatch(frameSeconds);
    this.#warp = new Warp(keep);
  }

  around(face: FacePlace, size: { width: number; height: number }): Region {
    return regionAround(this.#crop(face).corners(), 1, size);
  }

  see(picture: Picture, face: FacePlace): SoftSight {
    const size = this.#size;
    const crop = this.#crop(face);
    const mask = new FaceMask(face.landmarks!, crop);
    const input = new Float32Array(6 * size * size);
    faceInput(crop.sample(picture), 'rgb', input);
    const region = regionAround(keptCorners(crop), 0, picture);
    const rim = this.#rim(mask);
    const wanted = momentsOf(this.#kept(input.subarray(3 * size * size)), rim);
    return { region, input, crop, mask, wanted, rim };
  }

  put(sight: SoftSight, part: Part, planes: Float32Array, weight: number): void {
    this.#match.update(sight.wanted, planes, sight.rim);
    this.#aim(sight, part);
    const { gain, shift } = this.#match;
    const { count, place, alpha, start, across, down, columns } = this.#warp;
    const { data } = part;
    // An imported name is looked up each time it is used.
    const weights = CUBIC;
    const taps = TAPS;
    const plane = planes.length / 3;
    for (let i = 0; i < count; i++) {
      const share = alpha[i] * weight;
      const to = 3 * place[i];
      const first = across[i];
      const w0 = weights[first];
      const w1 = weights[first + 1];
      const w2 = weights[first + 2];
      const w3 = weights[first + 3];
      for (let c = 0; c < 3; c++) {
        let value = 0;
        let at = start[i] + c * plane;
        for (let row = down[i], end = row + taps; row < end; row++, at += columns) {
          const line =
            planes[at] * w0 + planes[at + 1] * w1 + planes[at + 2] * w2 + planes[at + 3] * w3;
          value += line * weights[row];
        }
        const level = 255 * (value * gain[c] + shift[c]);
        const old = data[to + 2 - c];
        const mixed = old + share * (level - old) + 0.5;
        data[to + 2 - c] = mixed < 0 ? 0 : mixed > 255 ? 255 : mixed;
      }
    }
  }

  measureSeam(sight: SoftSight, before: Part, after: Part): SeamMeasure {
    this.#aim(sight, after);
    return seamOf(before, after, this.#warp.mask(after.width * after.height));
  }

  restart(): void {
    this.#match.restart();
  }

  #crop({ landmarks }: FacePlace): AlignedCrop {
    if (!landmarks) throw inputError('a face', 'its landmarks', landmarks);
    return new AlignedCrop(landmarks, this.#size);
  }

  /** A still portrait is aimed at once. */
  #aim(sight: SoftSight, { x, y, width, height }: Part): void {
    const known = this.#aimed;
    const isSame = known?.target.x === x && known.target.y === y && known.target.width === width;
    if (known?.sight === sight && isSame) return;
    const target = { x, y, width, height };
    this.#warp.aim(sight.crop, sight.mask, sight.region, target);
    this.#aimed = { sight, target };
  }

  /** The kept part of three planes. */
  #kept(planes: Float32Array): Float32Array {
    const { top, bottom, left, right } = this.#keep;
    const size = this.#size;
    const [rows, columns] = [bottom - top, right - left];
    const kept = new Float32Array(3 * rows * columns);
    for (let c = 0; c < 3; c++) {
      for (let row = 0; row < rows; row++) {
        const from = (c * size + top + row) * size + left;
        kept.set(planes.subarray(from, from + columns), (c * rows + row) * columns);
      }
    }
    return kept;
  }

  #rim(mask: FaceMask): Int32Array {
    const { top, bottom, left, right } = this.#keep;
    const rim: number[] = [];
    for (let v = top, i = 0; v < bottom; v++) {
      for (let u = left; u < right; u++, i++) {
        const alpha = mask.at(u + 0.5, v + 0.5);
        if (alpha > RIM.least && alpha < RIM.most) rim.push(i);
      }
    }
    return Int32Array.from(rim);
  }
}

function keptCorners(crop: AlignedCrop): [number, number][] {
  const scale = crop.size / 96;
  const [top, bottom, left, right] = [KEPT.top, KEPT.bottom, KEPT.left, KEPT.right].map(
    (side) => side * scale,
  ) as [number, number, number, number];
  return [
    crop.toPicture(left, top),
    crop.toPicture(right, top),
    crop.toPicture(left, bottom),
    crop.toPicture(right, bottom),
  ];
}
