/**
 * How much of the network's answer is seen where: the lower face, from the nose to the chin, fading
 * out inwards of its outline so that nothing outside it changes.
 */
import { FACEMESH, type Landmark } from '../../media';
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

/** The mask of one face, in coordinates of its crop. */
export class FaceMask {
  readonly #hull: readonly Point[];
  readonly #scale: number;

  constructor(landmarks: readonly Landmark[], crop: AlignedCrop) {
    this.#scale = SIDE / crop.size;
    const points = OUTLINE.map((index): Point => {
      const [u, v] = crop.toCrop(landmarks[index]!);
      return [u * this.#scale, v * this.#scale];
    });
    this.#hull = convexHull(points);
  }

  /** Weight of the network's answer at a place of the crop, 0…1. */
  at(u: number, v: number): number {
    const [x, y] = [u * this.#scale, v * this.#scale];
    const { top, bottom, left, right } = KEPT;
    const room = Math.min(x - left, right - x, y - top, bottom - y);
    if (room <= EDGE.from) return 0;
    const inside = depth(this.#hull, x, y) + BEYOND;
    return inside <= 0 ? 0 : smoothstep(0, FEATHER, inside) * smoothstep(EDGE.from, EDGE.to, room);
  }
}

/** Distance to the nearest edge of a convex outline; negative outside. */
function depth(hull: readonly Point[], x: number, y: number): number {
  let nearest = Infinity;
  hull.forEach(([ax, ay], i) => {
    const [bx, by] = hull[(i + 1) % hull.length]!;
    const length = Math.hypot(bx - ax, by - ay) || 1;
    nearest = Math.min(nearest, ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length);
  });
  return nearest;
}

/** Andrew's monotone chain (1979), so wound that {@link depth} is positive inside. */
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
