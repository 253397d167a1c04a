/** Square windows onto a picture, turned by any angle: what the networks look through. */

export interface View {
  /** Centre in pixels of the picture; may lie outside it. */
  x: number;
  y: number;
  /** Length of a side in pixels of the picture. */
  size: number;
  /** Clockwise turn in radians: what is tilted so in the picture stands upright in the view. */
  roll: number;
}

/** A point of the view (0…1 from its left and its top) in pixels of the picture. */
export function toPicture(view: View, u: number, v: number): [number, number] {
  const cos = Math.cos(view.roll) * view.size;
  const sin = Math.sin(view.roll) * view.size;
  const [a, b] = [u - 0.5, v - 0.5];
  return [view.x + a * cos - b * sin, view.y + a * sin + b * cos];
}

/** The counterpart of {@link toPicture}. */
export function toView(view: View, x: number, y: number): [number, number] {
  const cos = Math.cos(view.roll) / view.size;
  const sin = Math.sin(view.roll) / view.size;
  const [a, b] = [x - view.x, y - view.y];
  return [a * cos + b * sin + 0.5, b * cos - a * sin + 0.5];
}
