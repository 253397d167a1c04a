/** The opening between the lips: where it is, and which pixels lie in it. */
import type { MouthShape } from '../geometry/mouth';
import type { Picture } from '../../picture';

/** What the painter needs to know of the present pose. Lengths are local pixels. */
export interface Opening {
  /** Edges of the lips by local x, tabulated: x = left + index · step. */
  upperEdge: Float32Array;
  lowerEdge: Float32Array;
  left: number;
  step: number;
  /** Columns between the corners. */
  first: number;
  last: number;
  /** Columns that are open; none where to < from. */
  from: number;
  to: number;
  /** How far the lower teeth went down. */
  jaw: number;
  /** Shares 0…1. */
  round: number;
  tongue: number;
  tuck: number;
  active: number;
}

/**
 * Visits the pixels of some columns of the opening, two pixels beyond its edges.
 * @param visit is told the pixel's first byte, its local place, its column, and how far it is to the next
 */
export function eachPixel(
  { left, step, upperEdge, lowerEdge }: Opening,
  { origin, cos, sin }: MouthShape['frame'],
  { width, height }: Picture,
  from: number,
  to: number,
  visit: (at: number, x: number, y: number, column: number, t: number) => void,
): void {
  let top = Infinity;
  let bottom = -Infinity;
  for (let i = from; i <= to; i++) {
    top = Math.min(top, upperEdge[i]);
    bottom = Math.max(bottom, lowerEdge[i]);
  }
  const xs = [left + from * step - 2, left + to * step + 2];
  const ys = [top - 2, bottom + 2];
  const px = xs.flatMap((x) => ys.map((y) => origin[0] + x * cos - y * sin));
  const py = xs.flatMap((x) => ys.map((y) => origin[1] + x * sin + y * cos));
  const right = Math.min(width - 1, Math.ceil(Math.max(...px)));
  const lowest = Math.min(height - 1, Math.ceil(Math.max(...py)));
  const leftmost = Math.max(0, Math.floor(Math.min(...px)));
  for (let row = Math.max(0, Math.floor(Math.min(...py))); row <= lowest; row++) {
    for (let column = leftmost; column <= right; column++) {
      const dx = column - origin[0];
      const dy = row - origin[1];
      const x = dx * cos + dy * sin;
      const place = (x - left) / step;
      const index = place | 0;
      if (index < from || index >= to) continue;
      visit((row * width + column) * 3, x, dy * cos - dx * sin, index, place - index);
    }
  }
}
