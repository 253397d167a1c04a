/** A coordinate system that lies in the face, and curves in it. */

export type Point = readonly [number, number];

/** A coordinate system that lies in the face: x along a feature, y down the face. */
export interface LocalFrame {
  /** Picture coordinates of the origin. */
  readonly origin: Point;
  readonly cos: number;
  readonly sin: number;
}

/** The frame whose origin lies half way between two points and whose x axis runs from one to the other. */
export function frameBetween(left: Point, right: Point): LocalFrame {
  const length = Math.hypot(right[0] - left[0], right[1] - left[1]) || 1;
  return {
    origin: [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2],
    cos: (right[0] - left[0]) / length,
    sin: (right[1] - left[1]) / length,
  };
}

export function toLocal({ origin, cos, sin }: LocalFrame, x: number, y: number): Point {
  const dx = x - origin[0];
  const dy = y - origin[1];
  return [dx * cos + dy * sin, dy * cos - dx * sin];
}

export function toPicture({ origin, cos, sin }: LocalFrame, x: number, y: number): Point {
  return [origin[0] + x * cos - y * sin, origin[1] + x * sin + y * cos];
}

/** Local x → local y, in pixels. */
export type Curve = (x: number) => number;
