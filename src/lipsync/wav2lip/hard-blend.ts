/** The reference's way: the box, resized, pasted with hard edges; bit for bit after the network. */
import { inputError } from '../../contract';
import type { Picture } from '../picture';
import { regionAround, type Region } from '../region';
import type { Blend, FacePlace, Part, SeamMeasure, Sight } from './blend';
import { padBox, wholeBox, type Pads, type PixelBox } from './boxes';
import { boxInput, pastePatch, patchFromOutput } from './face-input';
import { seamOf } from './seam';

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

  around(face: FacePlace, size: { width: number; height: number }): Region {
    const [left, top, right, bottom] = paddedBox(face, this.#pads, size);
    const corners = [
      [left, top],
      [right - 1, bottom - 1],
    ] as const;
    // The seam's own neighbours too, so that it can be measured.
    return regionAround(corners, 2, size);
  }

  see(picture: Picture, face: FacePlace): HardSight {
    const box = paddedBox(face, this.#pads, picture);
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
    const alpha = Float32Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return x >= x1 && x < x2 && y >= y1 && y < y2 ? 1 : 0;
    });
    return seamOf(before, after, alpha);
  }

  restart(): void {
    // Nothing is remembered from frame to frame.
  }
}

/** The box in whole pixels with its pads. */
function paddedBox({ box }: FacePlace, pads: Pads, size: Size): PixelBox {
  if (!box) throw inputError('a face', 'its box', box);
  return padBox(wholeBox(box), pads, size);
}

interface Size {
  width: number;
  height: number;
}

function within({ x, y }: Region, [x1, y1, x2, y2]: PixelBox): PixelBox {
  return [x1 - x, y1 - y, x2 - x, y2 - y];
}
