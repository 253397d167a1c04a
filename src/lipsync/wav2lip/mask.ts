/**
 * How much of the network's answer is seen where: the lower face, from the nose to the chin, fading
 * out inwards of its outline so that nothing outside it changes.
 */
import { FACEMESH, type Landmark } from '../../contract';
import { smoothstep } from '../maths';
import type { AlignedCrop } from './aligned-crop';

/** Side of the network's picture for which lengths are given here. */
const SIDE = 96;
/**
 * Rows and columns outside of which the mask is always empty, so that the decoder need not compute
 * them; bottom and right are outside.
 */
export const KEPT = { top: 44, bottom: 96, left: 12, right: 84 } as const;
/** Width of the soft rim along the outline, and where the kept part ends. */
const FEATHER = 8;
/** How far the mask reaches beyond the outline. */
const BEYOND = 1.5;
const EDGE = { from: 2, to: 7 };

/** FaceMesh points around the lower face: jaw and chin, then the lower side of the nose. */
const OUTLINE = [
  58,
  172,
  136,
  150,
  149,
  176,
  148,
  152,
  377,
  400,
  378,
  379,
  365,
  397,
  288,
  FACEMESH.rightNostril,
  326,
  FACEMESH.noseBase,
  97,
  FACEMESH.leftNostril,
];

type Point = readonly [number, number];

const { top: TOP, bottom: BOTTOM, left: LEFT, right: RIGHT } = KEPT;
/** The mask is known at whole pixels, the rims of the kept part included. */
const ROWS = BOTTOM - TOP + 1;
const COLUMNS = RIGHT - LEFT + 1;

/** The mask of one face, in coordinates of its crop. */
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
