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

export const NO_PADS: Pads = { top: 0, bottom: 0, left: 0, right: 0 };

/** Frames that one smoothed box is the mean of. */
const SPAN = 5;
const SIDES = 4;

/** Sides cut to whole pixels as the reference does, none below 0. */
export function wholeBox(box: readonly number[]): PixelBox {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box.map((side) => Math.trunc(Math.max(0, side)));
  return [x1, y1, x2, y2];
}

/** The box with its pads, kept inside a picture of the given size. */
export function padBox(
  [x1, y1, x2, y2]: PixelBox,
  pads: Pads,
  { width, height }: { width: number; height: number },
): PixelBox {
  return [
    Math.max(0, x1 - pads.left),
    Math.max(0, y1 - pads.top),
    Math.min(width, x2 + pads.right),
    Math.min(height, y2 + pads.bottom),
  ];
}

/**
 * The reference's smoothing, with its quirks, in place: each box becomes the mean of itself and the
 * four that follow, truncated, so that it runs two frames ahead of the motion; the last ones share a
 * window that holds boxes already smoothed.
 * @param boxes x1, y1, x2, y2 of one frame after the other
 */
export function smoothBoxes(boxes: Int32Array): void {
  const count = boxes.length / SIDES;
  // Below five boxes the reference's start is negative, which Python counts from the end.
  const tail = count >= SPAN ? count - SPAN : Math.max(0, 2 * count - SPAN);
  for (let i = 0; i < count; i++) {
    const from = i + SPAN > count ? tail : i;
    const end = Math.min(count, i + SPAN);
    for (let side = 0; side < SIDES; side++) {
      let sum = 0;
      for (let k = from; k < end; k++) sum += boxes[SIDES * k + side];
      boxes[SIDES * i + side] = Math.trunc(sum / (end - from));
    }
  }
}
