/** Small pictures made with sharp, for the tests of reading. */
import sharp, { type Sharp } from 'sharp';

export const RED = [200, 40, 30] as const;
export const GREEN = [40, 180, 60] as const;
export const BLUE = [30, 60, 190] as const;
export const YELLOW = [220, 200, 40] as const;

/** 80 × 60: red, green, blue and yellow quarters (top left, top right, bottom left, bottom right). */
export function quarters(): Sharp {
  const data = Buffer.alloc(80 * 60 * 3);
  for (let y = 0; y < 60; y++) {
    for (let x = 0; x < 80; x++) {
      const colour = y < 30 ? (x < 40 ? RED : GREEN) : x < 40 ? BLUE : YELLOW;
      data.set(colour, (y * 80 + x) * 3);
    }
  }
  return sharp(data, { raw: { width: 80, height: 60, channels: 3 } });
}
