/** Pixels, and the rectangle of a picture in which a face moves. */
import type { Landmark } from '../contract';

/** 8-bit sRGB, rows from the top, no padding. */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Luma of a pixel, 0…255 (ITU-R BT.601). Coordinates outside are taken from the border. */
export function lumaAt({ data, width, height }: Picture, x: number, y: number): number {
  const column = Math.min(width - 1, Math.max(0, Math.round(x)));
  const row = Math.min(height - 1, Math.max(0, Math.round(y)));
  const at = 3 * (row * width + column);
  return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
}

/** Luma between pixels, bilinear. */
export function smoothLumaAt(picture: Picture, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const [u, v] = [x - left, y - top];
  const upper = lumaAt(picture, left, top) * (1 - u) + lumaAt(picture, left + 1, top) * u;
  const lower = lumaAt(picture, left, top + 1) * (1 - u) + lumaAt(picture, left + 1, top + 1) * u;
  return upper * (1 - v) + lower * v;
}

/** Pixels; all four even, inside the picture. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The smallest even rectangle around points, with a margin, inside a picture of even size. */
export function regionAround(
  points: Iterable<readonly [number, number]>,
  margin: number,
  { width, height }: { width: number; height: number },
): Region {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const even = (value: number, most: number) =>
    2 * Math.floor(Math.min(most, Math.max(0, value)) / 2);
  const x = even(left - margin, width - 2);
  const y = even(top - margin, height - 2);
  return {
    x,
    y,
    width: Math.max(2, even(right + margin + 2, width) - x),
    height: Math.max(2, even(bottom + margin + 2, height) - y),
  };
}

/** A part of a picture. */
export function crop({ data, width }: Picture, region: Region): Picture {
  const part = new Uint8Array(region.width * region.height * 3);
  for (let row = 0; row < region.height; row++) {
    const from = ((region.y + row) * width + region.x) * 3;
    part.set(data.subarray(from, from + region.width * 3), row * region.width * 3);
  }
  return { data: part, width: region.width, height: region.height };
}

/** Landmarks as seen from a region's corner. */
export function shift(landmarks: readonly Landmark[], { x, y }: Region): Landmark[] {
  return landmarks.map(([px, py]) => [px - x, py - y]);
}
