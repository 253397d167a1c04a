/** The reference's way: the box, resized, pasted with hard edges; bit for bit after the network. */
import type { Picture } from '../picture';
import { crop as cropRegion, regionAround, type Region } from '../region';
import type { Blend, SeamMeasure } from './blend';
import { padBox, type Pads, type PixelBox } from './boxes';
import { boxInput, pastePatch, patchFromOutput } from './face-input';
import { seamOf } from './seam';

export class HardBlend implements Blend {
  readonly region: Region;
  readonly input: Float32Array;
  /** The padded box in the picture. */
  readonly box: PixelBox;
  readonly #original: Picture;
  readonly #size: number;

  /**
   * @param box of the face in pixels, before the pads
   * @throws E_INPUT when nothing of the box lies inside the picture
   */
  constructor(picture: Picture, box: readonly number[], pads: Pads, size: number) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box.map((side) => Math.trunc(Math.max(0, side)));
    this.box = padBox([x1, y1, x2, y2], pads, picture.width, picture.height);
    this.#size = size;
    this.input = new Float32Array(6 * size * size);
    boxInput({ ...picture, channels: 3 }, this.box, size, 'rgb', this.input);
    const [left, top, right, bottom] = this.box;
    this.region = regionAround(
      [
        [left, top],
        [right - 1, bottom - 1],
      ],
      // The seam's own neighbours too, so that it can be measured.
      2,
      picture,
    );
    this.#original = cropRegion(picture, this.region);
  }

  apply(frame: Uint8Array, planes: Float32Array): void {
    const patch = patchFromOutput(planes, this.#size, this.#size, 'rgb');
    const { width, height } = this.region;
    pastePatch({ width, height, channels: 3, data: frame }, patch, this.#inRegion());
  }

  measureSeam(frame: Uint8Array): SeamMeasure {
    const { width, height } = this.region;
    const [x1, y1, x2, y2] = this.#inRegion();
    const alpha = Float32Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return x >= x1 && x < x2 && y >= y1 && y < y2 ? 1 : 0;
    });
    return seamOf(this.#original, { data: frame, width, height }, alpha);
  }

  #inRegion(): PixelBox {
    const { x, y } = this.region;
    const [x1, y1, x2, y2] = this.box;
    return [x1 - x, y1 - y, x2 - x, y2 - y];
  }
}
