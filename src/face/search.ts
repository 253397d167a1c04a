/**
 * Where to look for faces. BlazeFace sees faces from about 1/12 of its view up to nearly all of it,
 * at any roll; a picture is therefore looked at whole, then in overlapping squares about a
 * third of the size, and so on until a face of 40 pixels is large enough.
 */
import type { View } from './view';

/** Side of the smallest squares: a face of 40 pixels is a twelfth of it. */
const SMALLEST_SQUARE = 480;
/** A twelfth of a square is the least face seen in it. */
export const LEAST_SHARE = 1 / 12;
/** So much larger than the picture is the first view, so that a face that fills it has a margin. */
const MARGIN = 1.35;
/** From one level to the next, views shrink at most so much. */
const MOST_STEP = 3;
/** Neighbouring squares share this much, so that no face that counts is cut by all of them. */
const OVERLAP = 0.3;
/** Squares reach over the picture's border by this share, so that faces there are not cut twice. */
const OVERHANG = 0.08;
/** Very large pictures: no more than this many squares along the long side, to bound the time. */
const MOST_SQUARES = 16;

/** Views of one size. */
export interface Level {
  /** Side of the views in pixels of the picture. */
  size: number;
  views: View[];
}

/** The levels for a picture, the largest views first, turned by `roll` radians. */
export function planSearch(width: number, height: number, roll = 0): Level[] {
  const long = Math.max(width, height);
  const smallest = Math.max(SMALLEST_SQUARE, long / MOST_SQUARES);
  const whole = long * MARGIN;
  const levels = [{ size: whole, views: [{ x: width / 2, y: height / 2, size: whole, roll }] }];
  // Even steps of at most MOST_STEP that end at the smallest size.
  const steps = Math.ceil(Math.log(whole / smallest) / Math.log(MOST_STEP));
  for (let step = 1; step <= steps; step++) {
    const size = whole * (smallest / whole) ** (step / steps);
    levels.push({ size, views: grid(width, height, size, roll) });
  }
  return levels;
}

function grid(width: number, height: number, size: number, roll: number): View[] {
  const centres = (length: number): number[] => {
    const reach = length + 2 * OVERHANG * size;
    if (reach <= size) return [length / 2];
    const count = Math.ceil((reach - size) / (size * (1 - OVERLAP))) + 1;
    const first = size / 2 - OVERHANG * size;
    const step = (reach - size) / (count - 1);
    return Array.from({ length: count }, (_, index) => first + step * index);
  };
  return centres(height).flatMap((y) => centres(width).map((x) => ({ x, y, size, roll })));
}
