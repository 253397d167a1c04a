/** Pictures as they are worked on here. */

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
