/**
 * A part of a yuv420p frame as RGB, and back. Pixels that were not changed are not written, so that
 * they stay what the video has.
 */
import { BT709 } from '../../av/yuv';
import type { Picture, Region } from '../picture';

const { LR, LG, LB, BR, BG, BB, RR, RG, RB, LUMA_OFFSET, CHROMA_OFFSET } = BT709;
/** The inverse of BT.709's matrix, 16.16 fixed point, from limited range. */
const UNIT = 65536;
const LUMA = (255 / 219) * UNIT;
const CHROMA = (255 / 224) * UNIT;
const Y = Math.round(LUMA);
const RED_CR = Math.round(1.5748 * CHROMA);
const GREEN_CB = Math.round(((-0.0722 * 1.8556) / 0.7152) * CHROMA);
const GREEN_CR = Math.round(((-0.2126 * 1.5748) / 0.7152) * CHROMA);
const BLUE_CB = Math.round(1.8556 * CHROMA);
const HALF = UNIT / 2;

/** yuv420p (ITU-R BT.709, limited range); width and height are even. */
interface YuvFrame {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** @param region of the frame, all four even */
export function rgbOf({ data, width, height }: YuvFrame, region: Region): Picture {
  const rgb = new Uint8Array(3 * region.width * region.height);
  const blueAt = width * height;
  const plane = blueAt / 4;
  for (let row = 0, to = 0; row < region.height; row++) {
    const line = (region.y + row) * width + region.x;
    const chroma = blueAt + (((region.y + row) >> 1) * width + region.x) / 2;
    for (let column = 0; column < region.width; column++, to += 3) {
      const at = chroma + (column >> 1);
      const luma = Math.imul(Y, data[line + column] - 16) + HALF;
      const blue = data[at] - 128;
      const red = data[at + plane] - 128;
      const r = (luma + Math.imul(RED_CR, red)) >> 16;
      const g = (luma + Math.imul(GREEN_CB, blue) + Math.imul(GREEN_CR, red)) >> 16;
      const b = (luma + Math.imul(BLUE_CB, blue)) >> 16;
      rgb[to] = r < 0 ? 0 : r > 255 ? 255 : r;
      rgb[to + 1] = g < 0 ? 0 : g > 255 ? 255 : g;
      rgb[to + 2] = b < 0 ? 0 : b > 255 ? 255 : b;
    }
  }
  return { data: rgb, width: region.width, height: region.height };
}

/**
 * Writes what changed: the luma of changed pixels, and the chroma of each two by two of which one
 * changed.
 * @param before what {@link rgbOf} gave of the region
 * @param after the same, changed
 */
export function putRgb(frame: YuvFrame, region: Region, before: Picture, after: Picture): void {
  const stride = 3 * region.width;
  for (let row = 0; row < region.height; row += 2) {
    for (let column = 0; column < region.width; column += 2) {
      const at = row * stride + 3 * column;
      if (isSame(before.data, after.data, at, stride)) continue;
      putBlock(frame, region.x + column, region.y + row, before.data, after.data, at, stride);
    }
  }
}

function isSame(before: Uint8Array, after: Uint8Array, at: number, stride: number): boolean {
  for (let i = at; i < at + 6; i++) {
    if (before[i] !== after[i] || before[i + stride] !== after[i + stride]) return false;
  }
  return true;
}

/** Two by two pixels, of which at least one changed. */
function putBlock(
  { data, width, height }: YuvFrame,
  x: number,
  y: number,
  before: Uint8Array,
  after: Uint8Array,
  at: number,
  stride: number,
): void {
  let [red, green, blue] = [0, 0, 0];
  for (let i = 0; i < 4; i++) {
    const from = at + (i & 1) * 3 + (i >> 1) * stride;
    const r = after[from];
    const g = after[from + 1];
    const b = after[from + 2];
    red += r;
    green += g;
    blue += b;
    if (r === before[from] && g === before[from + 1] && b === before[from + 2]) continue;
    const luma = Math.imul(LR, r) + Math.imul(LG, g) + Math.imul(LB, b) + LUMA_OFFSET;
    data[(y + (i >> 1)) * width + x + (i & 1)] = luma >> 16;
  }
  const plane = (width * height) / 4;
  const chroma = 4 * plane + (y * width) / 4 + x / 2;
  data[chroma] = (BR * red + BG * green + BB * blue + CHROMA_OFFSET) >> 18;
  data[chroma + plane] = (RR * red + RG * green + RB * blue + CHROMA_OFFSET) >> 18;
}
