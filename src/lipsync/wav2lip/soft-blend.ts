/**
 * The default blend: the network sees the face upright, and only the lower face of its answer is
 * seen, matched in colour and fading into the picture.
 */
import { inputError } from '../../contract';
import type { Region as Kept } from './regions';
import { clamp } from '../maths';
import { type Picture, regionAround, type Region } from '../picture';
import { AlignedCrop, FaceMask, KEPT } from './aligned-crop';
import { seamOf, type Blend, type Part, type SeamMeasure, type Sight } from './blend';
import { faceInput } from './face-input';
import type { FacePlace } from './face-path';

/** Mask values between which the skin is compared. */
const RIM = { least: 0.02, most: 0.7 };

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

  /**
   * @param size side of the network's picture
   * @param keep rows and columns of it that the network gives
   * @param frameSeconds from one frame to the next
   */
  constructor(size: number, keep: Kept, frameSeconds: number) {
    this.#size = size;
    this.#keep = keep;
    this.#match = new ColourMatch(frameSeconds);
    this.#warp = new Warp(keep);
  }

  around(face: FacePlace, size: { width: number; height: number }): Region {
    const crop = new AlignedCrop(expectLandmarks(face), this.#size);
    return regionAround(crop.corners(), 1, size);
  }

  see(picture: Picture, face: FacePlace): SoftSight {
    const size = this.#size;
    const landmarks = expectLandmarks(face);
    const crop = new AlignedCrop(landmarks, size);
    const mask = new FaceMask(landmarks, crop);
    const input = new Float32Array(6 * size * size);
    faceInput(crop.sample(picture), 'rgb', input);
    const region = regionAround(crop.corners(KEPT), 0, picture);
    const rim = this.#rim(mask);
    // The same pixels of the whole picture.
    const { top, left } = this.#keep;
    const { columns } = this.#warp;
    const places = rim.map((at) => (top + Math.floor(at / columns)) * size + left + (at % columns));
    const wanted = momentsOf(input.subarray(3 * size * size), places);
    return { region, input, crop, mask, wanted, rim };
  }

  put(sight: SoftSight, part: Part, planes: Float32Array, weight: number): void {
    this.#match.update(sight.wanted, planes, sight.rim);
    this.#aim(sight, part);
    const { gain, shift } = this.#match;
    const { count, place, alpha, start, across, down, columns } = this.#warp;
    const { data } = part;
    const weights = CUBIC;
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
        for (let row = down[i], end = row + TAPS; row < end; row++, at += columns) {
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

  /** A still portrait is aimed only once. */
  #aim(sight: SoftSight, { x, y, width, height }: Part): void {
    const known = this.#aimed;
    const isSame = known?.target.x === x && known.target.y === y && known.target.width === width;
    if (known?.sight === sight && isSame) return;
    const target = { x, y, width, height };
    this.#warp.aim(sight.crop, sight.mask, sight.region, target);
    this.#aimed = { sight, target };
  }

  /** Indices into a plane of the kept part: where the mask is half transparent. */
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

function expectLandmarks({ landmarks }: FacePlace): NonNullable<FacePlace['landmarks']> {
  if (!landmarks) throw inputError('a face', 'its landmarks', landmarks);
  return landmarks;
}

/** Neighbours along each side of a pixel that is interpolated. */
const TAPS = 4;
/** Weights below would not change a level. */
const UNSEEN = 1 / 512;
/** Places between two pixels that are told apart. */
const PHASES = 256;
/** {@link TAPS} weights for each phase. */
const CUBIC = cubicWeights();

/**
 * Where each pixel under the mask finds its colour in the network's picture: bicubic. May be aimed
 * anew for every frame: its memory is used again.
 */
class Warp {
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

/** How far contrast may be changed. */
const GAIN = { least: 0.8, most: 1.25 };
/** Seconds in which a correction follows. */
const FOLLOWS = 0.3;
/** Added to both contrasts, so that flat skin asks for none: out of 0…1. */
const FLAT = 0.02;

interface Moments {
  mean: number;
  spread: number;
}

/**
 * Brings mean and contrast of the network's picture to those of the portrait's skin around the mouth,
 * where the mask is half transparent. The correction follows the frames slowly, so that it does not
 * flicker. One for each clip; frames come in order.
 */
class ColourMatch {
  /** value · gain + shift, for blue, green and red. */
  readonly gain = new Float64Array(3).fill(1);
  readonly shift = new Float64Array(3);
  readonly #follow: number;
  #isFirst = true;

  /** @param frameSeconds from one frame to the next */
  constructor(frameSeconds: number) {
    this.#follow = 1 - Math.exp(-frameSeconds / FOLLOWS);
  }

  /** Called at a cut. */
  restart(): void {
    this.#isFirst = true;
  }

  /**
   * Takes the next frame into account.
   * @param wanted of the picture itself, see {@link momentsOf}
   * @param planes the network's answer: blue, green, red, 0…1
   * @param rim indices into a plane: the pixels that are compared
   */
  update(wanted: readonly Moments[], planes: Float32Array, rim: Int32Array): void {
    if (rim.length === 0) return;
    const share = this.#isFirst ? 1 : this.#follow;
    this.#isFirst = false;
    momentsOf(planes, rim).forEach(({ mean, spread }, c) => {
      const { mean: wantedMean, spread: wantedSpread } = wanted[c];
      const gain = clamp((wantedSpread + FLAT) / (spread + FLAT), GAIN.least, GAIN.most);
      this.gain[c] += share * (gain - this.gain[c]);
      this.shift[c] += share * (wantedMean - gain * mean - this.shift[c]);
    });
  }
}

/** Mean and contrast of three planes, where the rim is. */
function momentsOf(planes: Float32Array, rim: Int32Array): Moments[] {
  const plane = planes.length / 3;
  return [0, 1, 2].map((channel) => {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < rim.length; i++) {
      const value = planes[channel * plane + rim[i]];
      sum += value;
      squares += value * value;
    }
    const count = Math.max(1, rim.length);
    const mean = sum / count;
    return { mean, spread: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
  });
}
