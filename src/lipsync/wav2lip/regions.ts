/** Parts of a picture, and the parts of the decoder that are computed for them. */

/** Pixels: `bottom` and `right` are outside. */
export interface Region {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** One decoder level that doubles the size of its input. */
export interface LevelRegions {
  /** The part of the level's input (and of the encoder's map joined to it) that is read. */
  input: Region;
  /** The part that the level computes: twice the input. Its rim is wrong where it was cut. */
  computed: Region;
}

export function wholeRegion(size: number): Region {
  return { top: 0, bottom: size, left: 0, right: size };
}

/** A region of a picture of 96 × 96 in one of another size, rounded outwards. */
export function scaledRegion({ top, bottom, left, right }: Region, size: number): Region {
  const scale = size / 96;
  return {
    top: Math.floor(top * scale),
    bottom: Math.ceil(bottom * scale),
    left: Math.floor(left * scale),
    right: Math.ceil(right * scale),
  };
}

/**
 * Works backwards from the kept pixels. Rows above and below that a level computes from missing
 * neighbours are wrong, but never reach a pixel that is kept.
 * @param keep kept pixels of the output
 * @param levels doubling levels, the last one first: side of its output, and how many convolutions of
 * 3 × 3 lie between its transposed convolution and what is read of it
 */
export function levelRegions(
  keep: Region,
  levels: readonly { size: number; convolutions: number }[],
): LevelRegions[] {
  let read = keep;
  return levels.map(({ size, convolutions }) => {
    const needed = grow(read, convolutions, size);
    // An odd pixel is made of two inputs, an even one of one: 3 × 3, stride 2, padding 1.
    const input = {
      top: Math.floor(needed.top / 2),
      left: Math.floor(needed.left / 2),
      bottom: Math.min(size / 2, Math.floor(needed.bottom / 2) + 1),
      right: Math.min(size / 2, Math.floor(needed.right / 2) + 1),
    };
    const computed = {
      top: 2 * input.top,
      left: 2 * input.left,
      bottom: 2 * input.bottom,
      right: 2 * input.right,
    };
    read = input;
    return { input, computed };
  });
}

/** `inner` as seen from the corner of `outer`. */
export function relativeTo(outer: Region, inner: Region): Region {
  return {
    top: inner.top - outer.top,
    bottom: inner.bottom - outer.top,
    left: inner.left - outer.left,
    right: inner.right - outer.left,
  };
}

export function isSame(a: Region, b: Region): boolean {
  return a.top === b.top && a.bottom === b.bottom && a.left === b.left && a.right === b.right;
}

function grow({ top, bottom, left, right }: Region, by: number, size: number): Region {
  return {
    top: Math.max(0, top - by),
    left: Math.max(0, left - by),
    bottom: Math.min(size, bottom + by),
    right: Math.min(size, right + by),
  };
}
