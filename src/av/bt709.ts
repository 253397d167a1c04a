/**
 * From RGB to Y'CbCr as H.264 carries it: ITU-R BT.709-6 (item 3), 8 bits, limited range; in 16.16
 * fixed point, so that every machine gets the same levels.
 */
const UNIT = 65536;
const LUMA = [0.2126, 0.7152, 0.0722].map((k) => Math.round((k * 219 * UNIT) / 255));
const [LR, LG] = LUMA as [number, number, number];
const CHROMA = (224 * UNIT) / 255;
const BR = Math.round((-0.2126 / 1.8556) * CHROMA);
const BG = Math.round((-0.7152 / 1.8556) * CHROMA);
const RG = Math.round((-0.7152 / 1.5748) * CHROMA);
const RB = Math.round((-0.0722 / 1.5748) * CHROMA);

/** Luma (L), Cb (B) and Cr (R) of red, green and blue; luma sums to 219/255, chroma to 0. */
export const BT709 = {
  LR,
  LG,
  /** Taken from the whole so that white is 235 exactly. */
  LB: Math.round((219 * UNIT) / 255) - LR - LG,
  BR,
  BG,
  BB: -BR - BG,
  RR: -RG - RB,
  RG,
  RB,
  /** Added to a sum of luma before it is shifted by 16 bits. */
  LUMA_OFFSET: 16 * UNIT + UNIT / 2,
  /** Added to a sum of chroma over four pixels before it is shifted by 18 bits. */
  CHROMA_OFFSET: (128 * UNIT + UNIT / 2) * 4,
} as const;

/** Bytes of one yuv420p picture of even width and height. */
export function yuvBytes(width: number, height: number): number {
  return (width * height * 3) / 2;
}
