/** The face boxes of the reference: padding and its forward smoothing. */

/** Left, top, right, bottom in whole pixels; right and bottom are outside. */
export type PixelBox = readonly [x1: number, y1: number, x2: number, y2: number];

/** Pixels added to a box, as `--pads` takes them. */
export interface Pads {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** The reference's `--pads`. */
export const DEFAULT_PADS: Pads = { top: 0, bottom: 10, left: 0, right: 0 };

/** Frames that one smoothed box is the mean of. */
const SPAN = 5;

/** The box with its pads, kept inside a picture of the given size. */
export function padBox(
  [x1, y1, x2, y2]: PixelBox,
  pads: Pads,
  width: number,
  height: number,
): PixelBox {
  return [
    Math.max(0, x1 - pads.left),
    Math.max(0, y1 - pads.top),
    Math.min(width, x2 + pads.right),
    Math.min(height, y2 + pads.bottom),
  ];
}

/**
 * The reference's smoothing, with its quirks: each box becomes the mean of itself and the four that
 * follow, truncated, so that it runs two frames ahead of the motion; the last ones share a window
 * that holds boxes already smoothed.
 */
export function smoothBoxes(boxes: readonly PixelBox[]): PixelBox[] {
  const smoothed = [...boxes];
  const count = boxes.length;
  // Below five boxes the reference's start is negative, which Python counts from the end.
  const tail = count >= SPAN ? count - SPAN : Math.max(0, 2 * count - SPAN);
  for (let i = 0; i < count; i++) {
    const from = i + SPAN > count ? tail : i;
    const window = smoothed.slice(from, i + SPAN > count ? count : i + SPAN);
    const mean = (side: number): number =>
      Math.trunc(window.reduce((sum, box) => sum + box[side]!, 0) / window.length);
    smoothed[i] = [mean(0), mean(1), mean(2), mean(3)];
  }
  return smoothed;
}
