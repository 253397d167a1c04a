/** Boxes around faces: x1, y1, x2, y2 in pixels of the picture. */
import type { Landmark } from '../contract';

export type Box = [x1: number, y1: number, x2: number, y2: number];

/** Pixels. */
export interface Size {
  width: number;
  height: number;
}

/** The size of a picture that is scaled down to a longest side of `most`. */
export function fitWithin({ width, height }: Size, most: number): Size {
  const scale = Math.min(1, most / Math.max(width, height));
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

export function boxAround(landmarks: readonly Landmark[]): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of landmarks) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

export function mapBox(box: Box, map: (side: number) => number): Box {
  return box.map(map) as Box;
}

/** Adds `share` of the box's size on every side, inside the picture. */
export function padBox([x1, y1, x2, y2]: Box, share: number, { width, height }: Size): Box {
  const [dx, dy] = [(x2 - x1) * share, (y2 - y1) * share];
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return [
    within(x1 - dx, width),
    within(y1 - dy, height),
    within(x2 + dx, width),
    within(y2 + dy, height),
  ];
}

export function centreOf([x1, y1, x2, y2]: Box): [number, number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

export function longSide([x1, y1, x2, y2]: Box): number {
  return Math.max(x2 - x1, y2 - y1);
}

/** Square pixels. */
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

/** Non-maximum suppression: of faces that repeat each other the one with the best score, best first. */
export function suppress<Face extends { score: number }>(
  faces: readonly Face[],
  isRepeat: (kept: Face, face: Face) => boolean,
): Face[] {
  const kept: Face[] = [];
  for (const face of [...faces].sort((a, b) => b.score - a.score)) {
    if (!kept.some((better) => isRepeat(better, face))) kept.push(face);
  }
  return kept;
}
