/**
 * The face as the network was trained to see it: upright, eyebrows to chin. The head's roll is taken
 * out by the eyes; the box around brows and jaw, at that angle, becomes the network's square.
 */
import { FACE_OVAL, FACEMESH, LEFT_BROW, RIGHT_BROW, type Landmark } from '../../contract';
import type { Picture } from '../picture';
import type { BytePicture } from './resize';

/** Room under the chin, as a share of the box's height: a jaw that drops stays inside. */
const CHIN_ROOM = 0.04;
/** Most samples across for one pixel of the crop, where the picture is larger. */
const MOST_SAMPLES = 6;
/** The outline from one ear over the chin to the other. */
const JAW = FACE_OVAL.slice(8, 29);

/** A square crop that lies turned in a picture. Its coordinates run from 0 to `size`. */
export class AlignedCrop {
  readonly size: number;
  readonly #cos: number;
  readonly #sin: number;
  readonly #left: number;
  readonly #top: number;
  readonly #width: number;
  readonly #height: number;

  /**
   * @param landmarks 468 FaceMesh points in pixels of the picture
   * @param size pixels of the crop's sides
   */
  constructor(landmarks: readonly Landmark[], size: number) {
    this.size = size;
    const [leftX, leftY] = landmarks[FACEMESH.leftEyeOuter];
    const [rightX, rightY] = landmarks[FACEMESH.rightEyeOuter];
    const apart = Math.hypot(rightX - leftX, rightY - leftY) || 1;
    this.#cos = (rightX - leftX) / apart;
    this.#sin = (rightY - leftY) / apart;
    const points = [...JAW, ...LEFT_BROW, ...RIGHT_BROW].map((i) => this.#turned(landmarks[i]));
    const across = points.map(([x]) => x);
    const down = points.map(([, y]) => y);
    this.#left = Math.min(...across);
    this.#top = Math.min(...down);
    // A face seen on edge still has a size.
    this.#width = Math.max(2, Math.max(...across) - this.#left);
    this.#height = Math.max(2, Math.max(...down) - this.#top) * (1 + CHIN_ROOM);
  }

  /** From the picture to the crop. */
  toCrop([x, y]: Landmark): [number, number] {
    const [across, down] = this.#turned([x, y]);
    return [
      ((across - this.#left) / this.#width) * this.size,
      ((down - this.#top) / this.#height) * this.size,
    ];
  }

  /** From the crop to the picture. */
  toPicture(u: number, v: number): [number, number] {
    const across = this.#left + (u / this.size) * this.#width;
    const down = this.#top + (v / this.size) * this.#height;
    return [across * this.#cos - down * this.#sin, across * this.#sin + down * this.#cos];
  }

  /** The crop's corners in the picture. */
  corners(): [number, number][] {
    const { size } = this;
    return [
      this.toPicture(0, 0),
      this.toPicture(size, 0),
      this.toPicture(0, size),
      this.toPicture(size, size),
    ];
  }

  /** How places move: from one pixel of the picture to the next, in the crop. */
  get steps(): { u: readonly [x: number, y: number]; v: readonly [x: number, y: number] } {
    const [across, down] = [this.size / this.#width, this.size / this.#height];
    return {
      u: [this.#cos * across, this.#sin * across],
      v: [-this.#sin * down, this.#cos * down],
    };
  }

  /** The crop's pixels: means of several bilinear samples each; the picture's border is repeated. */
  sample(picture: Picture): BytePicture {
    const { size } = this;
    const larger = Math.max(this.#width, this.#height) / size;
    const steps = Math.min(MOST_SAMPLES, Math.max(1, Math.round(larger)));
    const [startX, startY] = this.toPicture(0.5 / steps, 0.5 / steps);
    const [across, down] = [this.#width / size / steps, this.#height / size / steps];
    const sums = new Float64Array(3 * size);
    const data = new Uint8Array(3 * size * size);
    for (let row = 0; row < size * steps; row++) {
      if (row % steps === 0) sums.fill(0);
      const x = startX - row * down * this.#sin;
      const y = startY + row * down * this.#cos;
      for (let column = 0, to = 0; column < size * steps; column++) {
        if (column > 0 && column % steps === 0) to += 3;
        const along = column * across;
        addSample(picture, x + along * this.#cos, y + along * this.#sin, sums, to);
      }
      if (row % steps < steps - 1) continue;
      const start = 3 * size * Math.floor(row / steps);
      for (let i = 0; i < sums.length; i++) data[start + i] = Math.round(sums[i] / steps ** 2);
    }
    return { width: size, height: size, channels: 3, data };
  }

  #turned([x, y]: Landmark): [number, number] {
    return [x * this.#cos + y * this.#sin, y * this.#cos - x * this.#sin];
  }
}

/** Adds the colour between pixels, bilinear. */
function addSample(
  { data, width, height }: Picture,
  x: number,
  y: number,
  sums: Float64Array,
  to: number,
): void {
  const column = Math.min(width - 1, Math.max(0, x));
  const row = Math.min(height - 1, Math.max(0, y));
  const left = Math.floor(column);
  const top = Math.floor(row);
  const u = column - left;
  const v = row - top;
  const first = 3 * (top * width + left);
  const right = left + 1 < width ? 3 : 0;
  const below = top + 1 < height ? 3 * width : 0;
  for (let k = 0; k < 3; k++) {
    const at = first + k;
    const upper = data[at] * (1 - u) + data[at + right] * u;
    const lower = data[at + below] * (1 - u) + data[at + below + right] * u;
    sums[to + k] += upper * (1 - v) + lower * v;
  }
}
