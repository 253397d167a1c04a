/**
 * The line on which closed lips meet, found in the picture. Landmarks miss it by a few pixels, and a
 * cut beside it would tear a strip off one lip and hang it on the other.
 */
import { smoothLumaAt, type Picture } from '../picture';
import { toPicture, type LocalFrame } from './local-frame';

/**
 * The darkest smooth path near a guess, by dynamic programming over columns (as in seam carving,
 * Avidan and Shamir 2007).
 * @param columns x of the columns, local, rising, evenly spaced
 * @param guess local y that the landmarks say, a column each
 * @param reach how far the path may leave the guess, in pixels, a column each
 * @returns local y, a column each
 */
export function darkestPath(
  picture: Picture,
  frame: LocalFrame,
  columns: readonly number[],
  guess: readonly number[],
  reach: readonly number[],
): number[] {
  const step = 0.5;
  const most = Math.ceil(Math.max(...reach) / step);
  const size = 2 * most + 1;
  const spacing = columns.length > 1 ? columns[1]! - columns[0]! : 1;
  const costs = columns.map((x, i) =>
    Float64Array.from({ length: size }, (_, k) => {
      const offset = (k - most) * step;
      if (Math.abs(offset) > reach[i]! + 1e-9) return Infinity;
      return darkness(picture, frame, x, guess[i]! + offset, reach[i]!, offset);
    }),
  );
  const from = columns.map(() => new Int32Array(size));
  let totals = costs[0]!.slice();
  const widest = Math.max(1, Math.ceil((spacing * 0.8) / step));
  for (let i = 1; i < columns.length; i++) {
    const next = new Float64Array(size).fill(Infinity);
    const shift = (guess[i]! - guess[i - 1]!) / step;
    for (let k = 0; k < size; k++) {
      for (let d = -widest; d <= widest; d++) {
        const j = k + d;
        if (j < 0 || j >= size) continue;
        // Bends against the guess cost; the guess's own slope does not.
        const bend = (d * step) / spacing;
        const total = totals[j]! + costs[i]![k]! + 30 * bend * bend + 0 * shift;
        if (total < next[k]!) {
          next[k] = total;
          from[i]![k] = j;
        }
      }
    }
    totals = next;
  }
  let k = totals.indexOf(Math.min(...totals));
  const path = new Array<number>(columns.length);
  for (let i = columns.length - 1; i >= 0; i--) {
    path[i] = guess[i]! + (k - most) * step;
    k = from[i]![k]!;
  }
  return path;
}

/** Low on a dark line between brighter sides. */
function darkness(
  picture: Picture,
  frame: LocalFrame,
  x: number,
  y: number,
  reach: number,
  offset: number,
): number {
  const at = (dy: number) => smoothLumaAt(picture, ...toPicture(frame, x, y + dy));
  const side = Math.max(2, reach * 0.8);
  const ridge = at(0) - 0.5 * Math.min(at(-side), at(side) + 15);
  return at(0) * 0.5 + ridge * 0.5 + 6 * (offset / (reach || 1)) ** 2;
}
