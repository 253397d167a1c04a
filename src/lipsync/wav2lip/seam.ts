/** Whether a seam can be seen: differences of neighbours where the mask changes. */
import { lumaAt, type Picture } from '../picture';
import type { SeamMeasure } from './blend';

/** @param alpha the mask, one value a pixel; neighbours count where it differs between them */
export function seamOf(original: Picture, frame: Picture, alpha: Float32Array): SeamMeasure {
  const { width, height } = original;
  let [seam, before, pairs] = [0, 0, 0];
  const compare = (x: number, y: number, nextX: number, nextY: number): void => {
    if (alpha[y * width + x] === alpha[nextY * width + nextX]) return;
    seam += Math.abs(lumaAt(frame, x, y) - lumaAt(frame, nextX, nextY));
    before += Math.abs(lumaAt(original, x, y) - lumaAt(original, nextX, nextY));
    pairs++;
  };
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      compare(x, y, x + 1, y);
      compare(x, y, x, y + 1);
    }
  }
  return pairs === 0 ? { seam: 0, original: 0 } : { seam: seam / pairs, original: before / pairs };
}
