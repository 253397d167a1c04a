/** Boxes around faces: x1, y1, x2, y2 in pixels of the picture. */

export type Box = [number, number, number, number];

/** The box around landmarks. */
export function boxAround(landmarks: readonly (readonly number[])[]): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of landmarks as readonly [number, number][]) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/** The box with room of `share` of its size on every side, inside the picture. */
export function padBox(
  [x1, y1, x2, y2]: Box,
  share: number,
  { width, height }: { width: number; height: number },
): Box {
  const [dx, dy] = [(x2 - x1) * share, (y2 - y1) * share];
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return [
    within(x1 - dx, width),
    within(y1 - dy, height),
    within(x2 + dx, width),
    within(y2 + dy, height),
  ];
}

/** Area in square pixels. */
export function areaOf([x1, y1, x2, y2]: Box): number {
  return (x2 - x1) * (y2 - y1);
}

/** Shared area of two boxes as a share of the area they cover together. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}

/** Shared area of two boxes as a share of the smaller one's. */
export function sharedPart(a: Box, b: Box): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / Math.min(areaOf(a), areaOf(b));
}

/** Shared area of two boxes in square pixels. */
export function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return width > 0 && height > 0 ? width * height : 0;
}

/** A place where a detector sees a face. */
export type Point = [number, number];

export interface Candidate {
  /** Centre, in pixels of the picture. */
  x: number;
  y: number;
  /** Larger side of the detector's box. */
  size: number;
  /** Clockwise, in radians, from the eyes. */
  roll: number;
  /** 0…1 */
  score: number;
  /** The eyes (that at the picture's left first), then whatever else the detector gives. */
  keypoints: Point[];
}
