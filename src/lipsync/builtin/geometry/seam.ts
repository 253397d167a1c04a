/**
 * Lines of the lips, found in the picture. Landmarks miss them by a few pixels, and a cut beside the
 * line on which the lips meet would tear a strip off one lip and hang it on the other.
 */
import { mix, smoothstep } from '../../maths';
import { smoothLumaAt, type Picture } from '../../picture';
import { toPicture, type LocalFrame } from './local-frame';

/** Price of a place: local x, local y, distance from the guess, reach of the column. */
export type Price = (x: number, y: number, offset: number, reach: number) => number;

/** Resolution of a path, in pixels. */
const STEP = 0.5;
/** Price of a bend against the guess, for a slope of one. */
const BEND = 30;

/**
 * The cheapest smooth path near a guess, by dynamic programming over columns (as in seam carving,
 * Avidan and Shamir 2007).
 * @param columns x of the columns, local, rising, evenly spaced
 * @param guess local y that the landmarks say, a column each
 * @param reach how far the path may leave the guess, in pixels, a column each
 * @returns local y, a column each
 */
export function cheapestPath(
  columns: readonly number[],
  guess: readonly number[],
  reach: readonly number[],
  price: Price,
): number[] {
  const most = Math.ceil(Math.max(...reach) / STEP);
  const size = 2 * most + 1;
  const spacing = columns.length > 1 ? columns[1] - columns[0] : 1;
  const widest = Math.max(1, Math.ceil((spacing * 0.8) / STEP));
  const prices = columns.map((x, i) =>
    Float64Array.from({ length: size }, (_, k) => {
      const offset = (k - most) * STEP;
      if (Math.abs(offset) > reach[i] + 1e-9) return Infinity;
      return price(x, guess[i] + offset, offset, reach[i]);
    }),
  );
  const from = columns.map(() => new Int32Array(size));
  let totals = prices[0].slice();
  for (let i = 1; i < columns.length; i++) {
    const next = new Float64Array(size).fill(Infinity);
    for (let k = 0; k < size; k++) {
      for (let j = Math.max(0, k - widest); j <= Math.min(size - 1, k + widest); j++) {
        const bend = ((k - j) * STEP) / spacing;
        const total = totals[j] + prices[i][k] + BEND * bend * bend;
        if (total < next[k]) {
          next[k] = total;
          from[i][k] = j;
        }
      }
    }
    totals = next;
  }
  let k = totals.indexOf(Math.min(...totals));
  const path = new Array<number>(columns.length);
  for (let i = columns.length - 1; i >= 0; i--) {
    path[i] = guess[i] + (k - most) * STEP;
    k = from[i][k];
  }
  return path;
}

/** Low on a dark line between brighter sides: where closed lips meet. */
export function darkLine(picture: Picture, frame: LocalFrame): Price {
  return (x, y, offset, reach) => {
    const at = (dy: number) => smoothLumaAt(picture, ...toPicture(frame, x, y + dy));
    const side = Math.max(2, reach * 0.8);
    const ridge = at(0) - 0.5 * Math.min(at(-side), at(side) + 15);
    return at(0) * 0.5 + ridge * 0.5 + away(offset, reach);
  };
}

/**
 * Low on the edge of a lip that is apart from the other: brighter teeth lie below the upper lip (sign
 * 1) or above the lower one (sign −1). Towards the corners the teeth are in the shade, and any edge counts.
 */
export function lipEdge(
  picture: Picture,
  frame: LocalFrame,
  halfWidth: number,
  sign: 1 | -1,
): Price {
  return (x, y, offset, reach) => {
    const at = (dy: number) => smoothLumaAt(picture, ...toPicture(frame, x, y + dy));
    const side = Math.max(0.75, reach * 0.5);
    const step = sign * (at(-side) - at(side));
    const shaded = smoothstep(0.45, 0.65, Math.abs(x) / halfWidth);
    return mix(step, -Math.abs(step), shaded) + away(offset, reach);
  };
}

function away(offset: number, reach: number): number {
  return 6 * (offset / (reach || 1)) ** 2;
}
