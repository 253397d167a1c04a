/**
 * RGB to Y'CbCr as H.264 carries it: 4:2:0, matrix of ITU-R BT.709-6 (item 3), limited range. Chroma
 * is the mean of two by two pixels, where browsers expect it. Done here and not in FFmpeg because most
 * rows of a talking head do not change: these cost one comparison, and the pipe carries half the bytes.
 */

/** 16.16 fixed point, so that every machine gets the same levels. */
const UNIT = 65536;
const LUMA = [0.2126, 0.7152, 0.0722].map((k) => Math.round((k * 219 * UNIT) / 255));
const [LR, LG] = LUMA;
const CHROMA = (224 * UNIT) / 255;
const BR = Math.round((-0.2126 / 1.8556) * CHROMA);
const BG = Math.round((-0.7152 / 1.8556) * CHROMA);
const RG = Math.round((-0.7152 / 1.5748) * CHROMA);
const RB = Math.round((-0.0722 / 1.5748) * CHROMA);

/** Luma (L), Cb (B) and Cr (R) of red, green and blue; luma sums to 219/255, chroma to 0. */
export const BT709 = {
  ...{ LR, LG, BR, BG, RG, RB },
  /** Taken from the whole so that white is 235 exactly. */
  LB: Math.round((219 * UNIT) / 255) - LR - LG,
  BB: -BR - BG,
  RR: -RG - RB,
  /** Added to a sum of luma before it is shifted by 16 bits. */
  LUMA_OFFSET: 16 * UNIT + UNIT / 2,
  /** Added to a sum of chroma over four pixels before it is shifted by 18 bits. */
  CHROMA_OFFSET: (128 * UNIT + UNIT / 2) * 4,
} as const;
const { LB, BB, RR, LUMA_OFFSET, CHROMA_OFFSET } = BT709;

/** Columns compared at a time. */
const TILE = 32;

/** Converts the pictures of one clip; only what changed since the last one is computed. */
export class YuvConverter {
  readonly #width: number;
  readonly #height: number;
  readonly #rgb: Buffer;
  readonly #yuv: Buffer;
  #hasPrevious = false;

  /** Width and height in pixels, both even. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#rgb = Buffer.alloc(width * height * 3);
    this.#yuv = Buffer.alloc(yuvBytes(width, height));
  }

  /**
   * @param rgb rgb24, width × height × 3 bytes; may be reused by the caller afterwards
   * @returns yuv420p in a buffer of its own
   */
  convert(rgb: Buffer): Buffer {
    for (let row = 0; row < this.#height; row += 2) this.#updateRows(rgb, row);
    this.#hasPrevious = true;
    return Buffer.from(this.#yuv);
  }

  /** Brings two rows of luma, and one of chroma, up to date. */
  #updateRows(rgb: Buffer, row: number): void {
    const stride = this.#width * 3;
    const start = row * stride;
    const end = start + 2 * stride;
    if (!this.#hasPrevious) {
      rgb.copy(this.#rgb, start, start, end);
      this.#convertRows(row, 0, this.#width);
      return;
    }
    if (this.#rgb.compare(rgb, start, end, start, end) === 0) return;
    const first = this.#firstChange(rgb, start);
    const last = this.#lastChange(rgb, start);
    rgb.copy(this.#rgb, start, start, end);
    this.#convertRows(row, first, last);
  }

  #firstChange(rgb: Buffer, start: number): number {
    let column = 0;
    while (column < this.#width && !this.#differs(rgb, start, column)) column += TILE;
    return column;
  }

  #lastChange(rgb: Buffer, start: number): number {
    let column = Math.floor((this.#width - 1) / TILE) * TILE;
    while (column > 0 && !this.#differs(rgb, start, column)) column -= TILE;
    return Math.min(this.#width, column + TILE);
  }

  #differs(rgb: Buffer, start: number, column: number): boolean {
    const stride = this.#width * 3;
    const from = start + column * 3;
    const to = start + Math.min(this.#width, column + TILE) * 3;
    return (
      this.#rgb.compare(rgb, from, to, from, to) !== 0 ||
      this.#rgb.compare(rgb, from + stride, to + stride, from + stride, to + stride) !== 0
    );
  }

  /** Columns `from` (even) up to `to` (even) of two rows. */
  #convertRows(row: number, from: number, to: number): void {
    this.#convertLuma(row, from, to);
    this.#convertLuma(row + 1, from, to);
    this.#convertChroma(row, from, to);
  }

  #convertLuma(row: number, from: number, to: number): void {
    const rgb = this.#rgb;
    const yuv = this.#yuv;
    let source = (row * this.#width + from) * 3;
    const end = row * this.#width + to;
    for (let target = row * this.#width + from; target < end; target++, source += 3) {
      const red = Math.imul(LR, rgb[source]);
      const green = Math.imul(LG, rgb[source + 1]);
      const blue = Math.imul(LB, rgb[source + 2]);
      yuv[target] = (red + green + blue + LUMA_OFFSET) >> 16;
    }
  }

  #convertChroma(row: number, from: number, to: number): void {
    const rgb = this.#rgb;
    const yuv = this.#yuv;
    const stride = this.#width * 3;
    const planeBytes = (this.#width * this.#height) / 4;
    let target = 4 * planeBytes + ((row / 2) * this.#width + from) / 2;
    const end = row * stride + to * 3;
    for (let here = row * stride + from * 3; here < end; here += 6, target++) {
      const r = sumOfFour(rgb, here, stride);
      const g = sumOfFour(rgb, here + 1, stride);
      const b = sumOfFour(rgb, here + 2, stride);
      const blue = Math.imul(BR, r) + Math.imul(BG, g) + Math.imul(BB, b);
      const red = Math.imul(RR, r) + Math.imul(RG, g) + Math.imul(RB, b);
      yuv[target] = (blue + CHROMA_OFFSET) >> 18;
      yuv[target + planeBytes] = (red + CHROMA_OFFSET) >> 18;
    }
  }
}

/** One colour of two by two pixels. */
function sumOfFour(rgb: Uint8Array, here: number, stride: number): number {
  return rgb[here] + rgb[here + 3] + rgb[here + stride] + rgb[here + stride + 3];
}

/** Bytes of one yuv420p picture of even width and height. */
export function yuvBytes(width: number, height: number): number {
  return (width * height * 3) / 2;
}
