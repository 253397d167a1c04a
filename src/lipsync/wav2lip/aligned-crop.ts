/**
 * The face as the network was trained to see it: upright, eyebrows to chin. The head's roll is taken
 * out by the eyes; the box around brows and jaw, at that angle, becomes the network's square.
 */
import { FACE_OVAL, FACEMESH, LEFT_BROW, RIGHT_BROW, type Landmark } from '../../contract';
import type { Region as Kept } from './regions';
import { smoothstep } from '../maths';
import type { Picture } from '../picture';
import type { BytePicture } from './face-input';

/** Room under the chin, as a share of the box's height: a jaw that drops stays inside. */
const CHIN_ROOM = 0.04;
/** Most samples across for one pixel of the crop, where the picture is larger. */
const MOST_SAMPLES = 6;
/** The outline from one ear over the chin to the other. */
const JAW = FACE_OVAL.slice(8, 29);
/** The whole picture of the network. */
export const WHOLE: Kept = { top: 0, bottom: 96, left: 0, right: 96 };

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

  /** Corners in the picture of a part of the crop, given in pixels of one of 96 × 96. */
  corners({ top, bottom, left, right }: Kept = WHOLE): [number, number][] {
    const scale = this.size / SIDE;
    return [
      this.toPicture(left * scale, top * scale),
      this.toPicture(right * scale, top * scale),
      this.toPicture(left * scale, bottom * scale),
      this.toPicture(right * scale, bottom * scale),
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

/** Side of the network's picture for which lengths of the mask are given. */
const SIDE = 96;
/**
 * Rows and columns outside of which the mask is always empty, so that the decoder need not compute
 * them; bottom and right are outside.
 */
export const KEPT: Kept = { top: 44, bottom: 96, left: 12, right: 84 };
/** Width of the soft rim along the outline, and where the kept part ends. */
const FEATHER = 8;
/** How far the mask reaches beyond the outline. */
const BEYOND = 1.5;
const EDGE = { from: 2, to: 7 };

const { rightNostril, noseBase, leftNostril } = FACEMESH;
/** FaceMesh points around the lower face: jaw and chin, then the lower side of the nose. */
// prettier-ignore
const OUTLINE = [
  58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288,
  rightNostril, 326, noseBase, 97, leftNostril,
];

type Point = readonly [number, number];

const { top: TOP, bottom: BOTTOM, left: LEFT, right: RIGHT } = KEPT;
/** The mask is known at whole pixels, the rims of the kept part included. */
const ROWS = BOTTOM - TOP + 1;
const COLUMNS = RIGHT - LEFT + 1;

/**
 * How much of the network's answer is seen where, in coordinates of a face's crop: the lower face,
 * from the nose to the chin, fading out inwards of its outline so that nothing outside it changes.
 */
export class FaceMask {
  readonly #values = new Float32Array(ROWS * COLUMNS);
  readonly #scale: number;

  constructor(landmarks: readonly Landmark[], crop: AlignedCrop) {
    this.#scale = SIDE / crop.size;
    const points = OUTLINE.map((index): Point => {
      const [u, v] = crop.toCrop(landmarks[index]);
      return [u * this.#scale, v * this.#scale];
    });
    const edges = edgesOf(convexHull(points));
    for (let row = 1; row < ROWS - 1; row++) {
      for (let column = 1; column < COLUMNS - 1; column++) {
        const room = Math.min(column, COLUMNS - 1 - column, row, ROWS - 1 - row);
        if (room <= EDGE.from) continue;
        const inside = depth(edges, column + LEFT, row + TOP) + BEYOND;
        if (inside <= 0) continue;
        this.#values[row * COLUMNS + column] =
          smoothstep(0, FEATHER, inside) * smoothstep(EDGE.from, EDGE.to, room);
      }
    }
  }

  /** Weight of the network's answer at a place of the crop, 0…1; bilinear between whole pixels. */
  at(u: number, v: number): number {
    const x = u * this.#scale - LEFT;
    const y = v * this.#scale - TOP;
    if (!(x > 0 && y > 0 && x < COLUMNS - 1 && y < ROWS - 1)) return 0;
    const column = Math.floor(x);
    const row = Math.floor(y);
    const at = row * COLUMNS + column;
    const values = this.#values;
    const upper = values[at] + (values[at + 1] - values[at]) * (x - column);
    const first = values[at + COLUMNS];
    const lower = first + (values[at + COLUMNS + 1] - first) * (x - column);
    return upper + (lower - upper) * (y - row);
  }
}

/**
 * Distances from a convex outline's edges, positive inside: a, b and c of a · x + b · y + c, one edge
 * after the other.
 */
function edgesOf(hull: readonly Point[]): Float64Array {
  const edges = new Float64Array(3 * hull.length);
  hull.forEach(([ax, ay], i) => {
    const [bx, by] = hull[(i + 1) % hull.length];
    const length = Math.hypot(bx - ax, by - ay) || 1;
    const [across, down] = [(bx - ax) / length, (by - ay) / length];
    edges.set([-down, across, down * ax - across * ay], 3 * i);
  });
  return edges;
}

/** Distance to the nearest edge of a convex outline; negative outside. */
function depth(edges: Float64Array, x: number, y: number): number {
  let nearest = Infinity;
  for (let i = 0; i < edges.length; i += 3) {
    const distance = edges[i] * x + edges[i + 1] * y + edges[i + 2];
    if (distance < nearest) nearest = distance;
  }
  return nearest;
}

/** Andrew's monotone chain (1979), so wound that {@link edgesOf} is positive inside. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (ordered: readonly Point[]): Point[] => {
    const kept: Point[] = [];
    for (const point of ordered) {
      while (kept.length > 1 && turn(kept.at(-2)!, kept.at(-1)!, point) <= 0) kept.pop();
      kept.push(point);
    }
    return kept.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}

function turn([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}
