/**
 * The face as the network was trained to see it: upright, eyebrows to chin. The head's roll is taken
 * out by the eyes; the box around brows and jaw, at that angle, becomes the network's square.
 */
import { FACE_OVAL, FACEMESH, LEFT_BROW, RIGHT_BROW, type Landmark } from '../../media';
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
    const [leftX, leftY] = landmarks[FACEMESH.leftEyeOuter]!;
    const [rightX, rightY] = landmarks[FACEMESH.rightEyeOuter]!;
    const apart = Math.hypot(rightX - leftX, rightY - leftY) || 1;
    this.#cos = (rightX - leftX) / apart;
    this.#sin = (rightY - leftY) / apart;
    const points = [...JAW, ...LEFT_BROW, ...RIGHT_BROW].map((i) => this.#turned(landmarks[i]!));
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

  /** The crop's pixels: means of several bilinear samples each; the picture's border is repeated. */
  sample(picture: Picture): BytePicture {
    const { size } = this;
    const larger = Math.max(this.#width, this.#height) / size;
    const steps = Math.min(MOST_SAMPLES, Math.max(1, Math.round(larger)));
    const data = new Uint8Array(size * size * 3);
    const sums = new Float64Array(3);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        sums.fill(0);
        for (let i = 0; i < steps * steps; i++) {
          const u = column + ((i % steps) + 0.5) / steps;
          const v = row + (Math.floor(i / steps) + 0.5) / steps;
          const [x, y] = this.toPicture(u, v);
          addSample(picture, x, y, sums);
        }
        const to = (row * size + column) * 3;
        for (let k = 0; k < 3; k++) data[to + k] = Math.round(sums[k]! / steps ** 2);
      }
    }
    return { width: size, height: size, channels: 3, data };
  }

  #turned([x, y]: Landmark): [number, number] {
    return [x * this.#cos + y * this.#sin, y * this.#cos - x * this.#sin];
  }
}

/** Adds the colour between pixels, bilinear. */
function addSample({ data, width, height }: Picture, x: number, y: number, sums: Float64Array) {
  const column = Math.min(width - 1, Math.max(0, x));
  const row = Math.min(height - 1, Math.max(0, y));
  const left = Math.floor(column);
  const top = Math.floor(row);
  const right = Math.min(width - 1, left + 1);
  const bottom = Math.min(height - 1, top + 1);
  const [u, v] = [column - left, row - top];
  for (let k = 0; k < 3; k++) {
    const at = (px: number, py: number): number => data[(py * width + px) * 3 + k]!;
    const upper = at(left, top) * (1 - u) + at(right, top) * u;
    const lower = at(left, bottom) * (1 - u) + at(right, bottom) * u;
    sums[k]! += upper * (1 - v) + lower * v;
  }
}
