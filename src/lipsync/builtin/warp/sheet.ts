/**
 * A sheet of skin: a grid of points that moves by a weighted sum of fields and is drawn with the
 * picture's own pixels. Linear blending of displacement fields, as in blend-shape animation.
 */
import { toPicture, type LocalFrame } from '../geometry/local-frame';
import type { Rasterizer, Vertex } from './raster';

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

export class Sheet {
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

  /** Its resting corners in the picture; it never leaves the rectangle around them. */
  outline(): [number, number][] {
    const { columns, rows } = this;
    return [0, columns - 1, (rows - 1) * columns, rows * columns - 1].map((i) => [
      this.#homeX[i],
      this.#homeY[i],
    ]);
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
