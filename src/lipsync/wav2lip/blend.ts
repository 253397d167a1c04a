/**
 * Putting the network's answer back into pictures: what every blend does, and the reference's way
 * (`parity`): the box, resized, pasted with hard edges; bit for bit after the network.
 */
import { inputError } from '../../contract';
import { lumaAt, type Picture, regionAround, type Region } from '../picture';
import { boxInput, pastePatch, patchFromOutput } from './face-input';
import { padBox, wholeBox, type FacePlace, type Pads, type PixelBox } from './face-path';

/** Mean difference of neighbouring pixels across the seam, out of 255. */
export interface SeamMeasure {
  /** In the frames. */
  seam: number;
  /** The same pixels in the portrait. */
  original: number;
}

/** A rectangle of a picture with its pixels, rgb24. */
export interface Part extends Region {
  data: Uint8Array;
}

/** A face that was read. */
export interface Sight {
  /** Smallest even rectangle of the picture that holds all that changes. */
  readonly region: Region;
  /** The network's input for it: 6 × size × size. */
  readonly input: Float32Array;
}

/** Sights, and answers, come in the order of the frames. */
export interface Blend<S extends Sight = Sight> {
  /**
   * The rectangle of a picture that is read and changed; nothing outside it is looked at.
   * @throws E_INPUT for a face of which nothing lies inside the picture
   */
  around(face: FacePlace, size: Size): Region;
  /** Reads a face. @param picture holds all of {@link around}, or all of it that there is */
  see(picture: Picture, face: FacePlace): S;
  /**
   * Puts one answer into a frame.
   * @param part a rectangle of the picture that holds the sight's region
   * @param planes blue, green, red of the kept rows and columns, 0…1
   * @param weight 0…1, how far the mouth is taken from the network
   */
  put(sight: S, part: Part, planes: Float32Array, weight: number): void;
  /** @param before and @param after two pictures of the same rectangle, the latter after {@link put} */
  measureSeam(sight: S, before: Part, after: Part): SeamMeasure;
  /** Called at a cut: what follows has nothing to do with the frames before. */
  restart(): void;
}

interface Size {
  width: number;
  height: number;
}

interface HardSight extends Sight {
  /** The padded box in the picture. */
  box: PixelBox;
}

export class HardBlend implements Blend<HardSight> {
  readonly #pads: Pads;
  readonly #size: number;

  /** @param size side of the network's picture */
  constructor(pads: Pads, size: number) {
    this.#pads = pads;
    this.#size = size;
  }

  around(face: FacePlace, size: Size): Region {
    const [left, top, right, bottom] = this.#box(face, size);
    const corners = [
      [left, top],
      [right - 1, bottom - 1],
    ] as const;
    // With two pixels around the seam, so that it can be measured.
    return regionAround(corners, 2, size);
  }

  see(picture: Picture, face: FacePlace): HardSight {
    const box = this.#box(face, picture);
    const input = new Float32Array(6 * this.#size ** 2);
    boxInput({ ...picture, channels: 3 }, box, this.#size, 'rgb', input);
    return { box, input, region: this.around(face, picture) };
  }

  put({ box }: HardSight, part: Part, planes: Float32Array): void {
    const patch = patchFromOutput(planes, this.#size, this.#size, 'rgb');
    pastePatch({ ...part, channels: 3 }, patch, within(part, box));
  }

  measureSeam({ box }: HardSight, before: Part, after: Part): SeamMeasure {
    const { width, height } = after;
    const [x1, y1, x2, y2] = within(after, box);
    const alpha = new Float32Array(width * height);
    for (let y = y1; y < y2; y++) alpha.fill(1, y * width + x1, y * width + x2);
    return seamOf(before, after, alpha);
  }

  restart(): void {
    // Nothing is remembered from frame to frame.
  }

  /** In whole pixels, with its pads. */
  #box({ box }: FacePlace, size: Size): PixelBox {
    if (!box) throw inputError('a face', 'its box', box);
    return padBox(wholeBox(box), this.#pads, size);
  }
}

function within({ x, y }: Region, [x1, y1, x2, y2]: PixelBox): PixelBox {
  return [x1 - x, y1 - y, x2 - x, y2 - y];
}

/**
 * How much neighbours differ where the mask changes.
 * @param alpha the mask, one value a pixel; neighbours count where it differs between them
 */
export function seamOf(original: Picture, frame: Picture, alpha: Float32Array): SeamMeasure {
  const { width, height } = original;
  let [seam, before, pairs] = [0, 0, 0];
  const compare = (x: number, y: number, nextX: number, nextY: number): void => {
    if (alpha[y * width + x] === alpha[nextY * width + nextX]) return;
    seam += Math.abs(lumaAt(frame, x, y) - lumaAt(frame, nextX, nextY));
    before += Math.abs(lumaAt(original, x, y) - lumaAt(original, nextX, nextY));
    pairs++;
  };
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      compare(x, y, x + 1, y);
      compare(x, y, x, y + 1);
    }
  }
  return pairs === 0 ? { seam: 0, original: 0 } : { seam: seam / pairs, original: before / pairs };
}
