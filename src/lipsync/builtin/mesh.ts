/** Meshes of a picture's own pixels that move, and the rasterizer that draws them. */
import type { Picture } from '../picture';
import { toPicture, type LocalFrame } from './local-frame';

/** A vertex: where it is drawn (x, y), where it comes from (u, v), how opaque it is (a, 0…1). */
interface Vertex {
  x: number;
  y: number;
  u: number;
  v: number;
  a: number;
}

/** Bits of the fraction between two source pixels. */
const BITS = 8;
const ONE = 1 << BITS;
/** Weights of a cubic are whole parts of this: two of them and a byte fit into 32 bits. */
const CUBIC_ONE = 1 << 11;
const CUBIC_BITS = 22;
const CUBIC_HALF = 1 << (CUBIC_BITS - 1);

/** Weights of the four neighbours for each of ONE fractions: Catmull and Rom's cubic, 1974. */
function cubicTable(): Int32Array {
  const table = new Int32Array(4 * ONE);
  for (let i = 0; i < ONE; i++) {
    const t = i / ONE;
    const first = Math.round(CUBIC_ONE * 0.5 * (-t * t * t + 2 * t * t - t));
    const third = Math.round(CUBIC_ONE * 0.5 * (-3 * t * t * t + 4 * t * t + t));
    const fourth = Math.round(CUBIC_ONE * 0.5 * (t * t * t - t * t));
    table.set([first, CUBIC_ONE - first - third - fourth, third, fourth], 4 * i);
  }
  return table;
}

const CUBIC = cubicTable();
const { imul } = Math;

/** One number a pixel, so that a cubic's sixteen neighbours are sixteen reads. */
function packed({ data, width, height }: Picture): Int32Array {
  const pixels = new Int32Array(width * height);
  for (let i = 0, at = 0; i < pixels.length; i++, at += 3) {
    pixels[i] = data[at] | (data[at + 1] << 8) | (data[at + 2] << 16);
  }
  return pixels;
}

/**
 * Draws textured triangles: the picture's own pixels at new places. Neighbouring triangles share
 * their edges without gap or overlap (pixel centres, top-left rule); coordinates are pixel centres,
 * so a triangle that is not moved gives back exactly the picture.
 */
export class Rasterizer {
  #source: Uint8Array;
  #pixels: Int32Array;
  readonly #width: number;
  readonly #height: number;
  #target: Uint8Array;
  /** Samples by a cubic rather than linearly: slower, and as sharp as the picture itself. */
  fine = false;
  // The plane equations of the triangle at hand: value = c + x·dx + y·dy.
  #u = new Float64Array(3);
  #v = new Float64Array(3);
  #a = new Float64Array(3);

  constructor(source: Picture) {
    this.#source = source.data;
    this.#pixels = packed(source);
    this.#width = source.width;
    this.#height = source.height;
    this.#target = source.data;
  }

  /** Takes other pixels of the same size, or these after they changed. */
  drawFrom(source: Uint8Array): void {
    this.#source = source;
    this.#pixels = packed({ data: source, width: this.#width, height: this.#height });
  }

  /** Chooses the frame that is drawn into; same size as the source, and not the source itself. */
  drawInto(target: Uint8Array): void {
    this.#target = target;
  }

  /** Draws one triangle, either way round. Parts outside the picture are left out. */
  triangle(p: Vertex, q: Vertex, r: Vertex): void {
    // Sorted from top to bottom.
    let [a, b, c] = [p, q, r];
    if (b.y < a.y) [a, b] = [b, a];
    if (c.y < a.y) [a, c] = [c, a];
    if (c.y < b.y) [b, c] = [c, b];
    const area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
    if (Math.abs(area) < 1e-9) return;
    const first = Math.max(0, Math.ceil(a.y));
    const last = Math.min(this.#height - 1, Math.ceil(c.y) - 1);
    if (first > last) return;
    plane(this.#u, a, b, c, a.u, b.u, c.u, area);
    plane(this.#v, a, b, c, a.v, b.v, c.v, area);
    const blended = a.a < 1 || b.a < 1 || c.a < 1;
    if (blended) plane(this.#a, a, b, c, a.a, b.a, c.a, area);
    const long = (c.x - a.x) / (c.y - a.y);
    const upper = b.y > a.y ? (b.x - a.x) / (b.y - a.y) : 0;
    const lower = c.y > b.y ? (c.x - b.x) / (c.y - b.y) : 0;
    for (let y = first; y <= last; y++) {
      const onLong = a.x + (y - a.y) * long;
      const onShort = y < b.y ? a.x + (y - a.y) * upper : b.x + (y - b.y) * lower;
      const from = Math.max(0, Math.ceil(onLong < onShort ? onLong : onShort));
      const to = Math.min(this.#width, Math.ceil(onLong < onShort ? onShort : onLong));
      if (from >= to) continue;
      if (blended) this.#blendSpan(y, from, to);
      else if (this.fine) this.#cubicSpan(y, from, to);
      else this.#copySpan(y, from, to);
    }
  }

  #copySpan(y: number, from: number, to: number): void {
    const source = this.#source;
    const target = this.#target;
    const width = this.#width;
    const rightmost = (width - 1) * ONE;
    const lowest = (this.#height - 1) * ONE;
    const row = width * 3;
    const du = this.#u[1] * ONE;
    const dv = this.#v[1] * ONE;
    let u = (this.#u[0] + this.#u[1] * from + this.#u[2] * y) * ONE + 0.5;
    let v = (this.#v[0] + this.#v[1] * from + this.#v[2] * y) * ONE + 0.5;
    let out = (y * width + from) * 3;
    for (let x = from; x < to; x++, u += du, v += dv, out += 3) {
      const fu = u < 0 ? 0 : u > rightmost ? rightmost : u | 0;
      const fv = v < 0 ? 0 : v > lowest ? lowest : v | 0;
      const right = fu & (ONE - 1);
      const down = fv & (ONE - 1);
      const at = (fv >> BITS) * row + (fu >> BITS) * 3;
      const next = right === 0 ? at : at + 3;
      const below = down === 0 ? at : at + row;
      const belowNext = below + next - at;
      const w11 = right * down;
      const w10 = (right << BITS) - w11;
      const w01 = (down << BITS) - w11;
      const w00 = ONE * ONE - w10 - w01 - w11;
      target[out] =
        (source[at] * w00 +
          source[next] * w10 +
          source[below] * w01 +
          source[belowNext] * w11 +
          32768) >>
        16;
      target[out + 1] =
        (source[at + 1] * w00 +
          source[next + 1] * w10 +
          source[below + 1] * w01 +
          source[belowNext + 1] * w11 +
          32768) >>
        16;
      target[out + 2] =
        (source[at + 2] * w00 +
          source[next + 2] * w10 +
          source[below + 2] * w01 +
          source[belowNext + 2] * w11 +
          32768) >>
        16;
    }
  }

  #cubicSpan(y: number, from: number, to: number): void {
    const pixels = this.#pixels;
    const target = this.#target;
    const width = this.#width;
    const du = this.#u[1] * ONE;
    const dv = this.#v[1] * ONE;
    let u = (this.#u[0] + this.#u[1] * from + this.#u[2] * y) * ONE + 0.5;
    let v = (this.#v[0] + this.#v[1] * from + this.#v[2] * y) * ONE + 0.5;
    for (let x = from; x < to; x++, u += du, v += dv) {
      const left = u >> BITS;
      const top = v >> BITS;
      // The border has no neighbours on one side.
      if (left < 1 || top < 1 || left > width - 3 || top > this.#height - 3) {
        this.#copySpan(y, x, x + 1);
        continue;
      }
      const i = (u & (ONE - 1)) * 4;
      const j = (v & (ONE - 1)) * 4;
      const a = CUBIC[i];
      const b = CUBIC[i + 1];
      const c = CUBIC[i + 2];
      const d = CUBIC[i + 3];
      let red = CUBIC_HALF;
      let green = CUBIC_HALF;
      let blue = CUBIC_HALF;
      for (let k = 0, at = (top - 1) * width + left - 1; k < 4; k++, at += width) {
        const weight = CUBIC[j + k];
        const p = pixels[at];
        const q = pixels[at + 1];
        const r = pixels[at + 2];
        const s = pixels[at + 3];
        red += imul(
          weight,
          imul(a, p & 255) + imul(b, q & 255) + imul(c, r & 255) + imul(d, s & 255),
        );
        green += imul(
          weight,
          imul(a, (p >> 8) & 255) +
            imul(b, (q >> 8) & 255) +
            imul(c, (r >> 8) & 255) +
            imul(d, (s >> 8) & 255),
        );
        blue += imul(
          weight,
          imul(a, p >> 16) + imul(b, q >> 16) + imul(c, r >> 16) + imul(d, s >> 16),
        );
      }
      const out = (y * width + x) * 3;
      target[out] = byte(red >> CUBIC_BITS);
      target[out + 1] = byte(green >> CUBIC_BITS);
      target[out + 2] = byte(blue >> CUBIC_BITS);
    }
  }

  #blendSpan(y: number, from: number, to: number): void {
    const source = this.#source;
    const target = this.#target;
    const width = this.#width;
    for (let x = from; x < to; x++) {
      const alpha = this.#a[0] + this.#a[1] * x + this.#a[2] * y;
      const share = alpha < 0 ? 0 : alpha > 1 ? 1 : alpha;
      let u = this.#u[0] + this.#u[1] * x + this.#u[2] * y;
      let v = this.#v[0] + this.#v[1] * x + this.#v[2] * y;
      u = u < 0 ? 0 : u > width - 1 ? width - 1 : u;
      v = v < 0 ? 0 : v > this.#height - 1 ? this.#height - 1 : v;
      const left = u | 0;
      const top = v | 0;
      const right = u - left;
      const down = v - top;
      const at = (top * width + left) * 3;
      const next = right === 0 ? 0 : 3;
      const below = down === 0 ? 0 : width * 3;
      const out = (y * width + x) * 3;
      for (let k = 0; k < 3; k++) {
        const p = at + k;
        const upper = source[p] + (source[p + next] - source[p]) * right;
        const lower = source[p + below] + (source[p + below + next] - source[p + below]) * right;
        const value = upper + (lower - upper) * down;
        target[out + k] = target[out + k] + (value - target[out + k]) * share + 0.5;
      }
    }
  }
}

function plane(
  into: Float64Array,
  a: Vertex,
  b: Vertex,
  c: Vertex,
  fa: number,
  fb: number,
  fc: number,
  area: number,
): void {
  const dx = ((fb - fa) * (c.y - a.y) - (fc - fa) * (b.y - a.y)) / area;
  const dy = ((fc - fa) * (b.x - a.x) - (fb - fa) * (c.x - a.x)) / area;
  into[0] = fa - dx * a.x - dy * a.y;
  into[1] = dx;
  into[2] = dy;
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Displacement in local pixels at a point: x, y local; lip: see the caller; returns [dx, dy]. */
export type Field = (
  x: number,
  y: number,
  column: number,
  row: number,
) => readonly [number, number];

/** Rows at the free edge that are drawn at the highest quality: the lips, and the skin around them. */
const FINE_ROWS = 9;
/** Rows at the free edge that may have been painted over. */
const EDGE_ROWS = 4;
/** Points closer to home than this are home, in pixels. */
const STILL = 1 / 512;

/**
 * A grid of points that moves by a weighted sum of fields and is drawn with the picture's own pixels:
 * linear blending of displacement fields, as in blend-shape animation.
 */
export class Mesh {
  readonly columns: number;
  readonly rows: number;
  /** Resting places and present places, local, row by row. */
  readonly restX: Float64Array;
  readonly restY: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly #frame: LocalFrame;
  readonly #fields: Float64Array[];
  readonly #pictureX: Float64Array;
  readonly #pictureY: Float64Array;
  readonly #homeX: Float64Array;
  readonly #homeY: Float64Array;
  readonly #corners: Vertex[] = [0, 1, 2, 3].map(() => ({ x: 0, y: 0, u: 0, v: 0, a: 1 }));

  /**
   * @param columnX local x of the columns, rising
   * @param rowsOf local y of the rows of a column; row 0 is the free edge
   * @param fields what moves it; the weights of {@link move} are in this order
   */
  constructor(
    frame: LocalFrame,
    columnX: readonly number[],
    rowsOf: (x: number) => readonly number[],
    fields: readonly Field[],
  ) {
    this.#frame = frame;
    this.columns = columnX.length;
    const grid = columnX.map(rowsOf);
    this.rows = grid[0].length;
    const size = this.columns * this.rows;
    this.restX = new Float64Array(size);
    this.restY = new Float64Array(size);
    this.#homeX = new Float64Array(size);
    this.#homeY = new Float64Array(size);
    this.#fields = fields.map(() => new Float64Array(2 * size));
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        const i = row * this.columns + column;
        const [x, y] = [columnX[column], grid[column][row]];
        this.restX[i] = x;
        this.restY[i] = y;
        [this.#homeX[i], this.#homeY[i]] = toPicture(frame, x, y) as [number, number];
        fields.forEach((field, k) => this.#fields[k].set(field(x, y, column, row), 2 * i));
      }
    }
    this.x = this.restX.slice();
    this.y = this.restY.slice();
    this.#pictureX = this.#homeX.slice();
    this.#pictureY = this.#homeY.slice();
  }

  /** Its resting points in the picture; it never leaves the rectangle around them. */
  outline(): [number, number][] {
    return Array.from(this.#homeX, (x, i) => [x, this.#homeY[i]]);
  }

  /** Moves all points to rest + Σ weight · field. */
  move(weights: ArrayLike<number>): void {
    this.x.set(this.restX);
    this.y.set(this.restY);
    for (let k = 0; k < this.#fields.length; k++) {
      const weight = weights[k];
      if (weight === 0) continue;
      const field = this.#fields[k];
      for (let i = 0; i < this.x.length; i++) {
        this.x[i] += weight * field[2 * i];
        this.y[i] += weight * field[2 * i + 1];
      }
    }
  }

  /**
   * Keeps the rows of every column in order, so that nothing folds over.
   * @param down true where rows go down from the edge
   */
  unfold(down: boolean): void {
    const sign = down ? 1 : -1;
    for (let row = 1; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        const i = row * this.columns + column;
        const before = i - this.columns;
        const least = 0.05 * Math.abs(this.restY[i] - this.restY[before]);
        if (sign * (this.y[i] - this.y[before]) < least) this.y[i] = this.y[before] + sign * least;
      }
    }
  }

  /**
   * Draws the cells that moved; those at home are in the frame already.
   * @param from first and last column whose cells at the free edge are drawn in any case, because
   *   something was painted behind them
   */
  draw(raster: Rasterizer, from = 0, to = -1): void {
    this.#toPicture();
    const { columns } = this;
    for (let row = 0; row + 1 < this.rows; row++) {
      raster.fine = row < FINE_ROWS;
      for (let column = 0; column + 1 < columns; column++) {
        const i = row * columns + column;
        const isEdge = row < EDGE_ROWS && column >= from && column < to;
        if (
          !isEdge &&
          this.#isHome(i) &&
          this.#isHome(i + 1) &&
          this.#isHome(i + columns) &&
          this.#isHome(i + columns + 1)
        ) {
          continue;
        }
        const [a, b, c, d] = this.#corners as [Vertex, Vertex, Vertex, Vertex];
        this.#load(a, i);
        this.#load(b, i + 1);
        this.#load(c, i + columns);
        this.#load(d, i + columns + 1);
        raster.triangle(a, b, c);
        raster.triangle(b, d, c);
      }
    }
  }

  /**
   * Draws a thin strip beyond the free edge that fades out: an antialiased edge.
   * @param reach width of the strip in a column, local pixels, signed: positive is down
   */
  drawEdge(raster: Rasterizer, from: number, to: number, reach: (column: number) => number): void {
    const [a, b, c, d] = this.#corners as [Vertex, Vertex, Vertex, Vertex];
    const { cos, sin } = this.#frame;
    for (let column = from; column < to; column++) {
      const here = reach(column);
      const there = reach(column + 1);
      if (Math.abs(here) < 0.02 && Math.abs(there) < 0.02) continue;
      this.#load(a, column);
      this.#load(b, column + 1);
      this.#load(c, column);
      this.#load(d, column + 1);
      c.x -= sin * here;
      c.y += cos * here;
      d.x -= sin * there;
      d.y += cos * there;
      c.a = d.a = 0;
      raster.triangle(a, b, c);
      raster.triangle(b, d, c);
    }
  }

  #toPicture(): void {
    const { origin, cos, sin } = this.#frame;
    for (let i = 0; i < this.x.length; i++) {
      const dx = this.x[i] - this.restX[i];
      const dy = this.y[i] - this.restY[i];
      if (Math.abs(dx) < STILL && Math.abs(dy) < STILL) {
        this.#pictureX[i] = this.#homeX[i];
        this.#pictureY[i] = this.#homeY[i];
      } else {
        this.#pictureX[i] = origin[0] + this.x[i] * cos - this.y[i] * sin;
        this.#pictureY[i] = origin[1] + this.x[i] * sin + this.y[i] * cos;
      }
    }
  }

  #isHome(i: number): boolean {
    return this.#pictureX[i] === this.#homeX[i] && this.#pictureY[i] === this.#homeY[i];
  }

  #load(vertex: Vertex, i: number): void {
    vertex.x = this.#pictureX[i];
    vertex.y = this.#pictureY[i];
    vertex.u = this.#homeX[i];
    vertex.v = this.#homeY[i];
    vertex.a = 1;
  }
}
