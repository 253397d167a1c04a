/** Fills a network's input with what a view shows. */
import type { Pyramid } from './pyramid';
import type { View } from './view';

export interface Sampling {
  /** Rows and columns of the result. */
  size: number;
  /** A byte becomes byte × scale + offset. */
  scale: number;
  offset: number;
  /** Beyond the picture's border: its nearest pixel, or black. */
  outside: 'edge' | 'black';
}

/**
 * Bilinear samples of the pyramid's level that fits.
 * @returns size × size × 3 numbers, rows from the top
 */
export function sampleView(pyramid: Pyramid, view: View, sampling: Sampling): Float32Array {
  const { size, scale: gain, offset, outside } = sampling;
  const wanted = Math.max(0, Math.round(Math.log2(view.size / size)));
  const { picture, scale } = pyramid.level(wanted);
  const { width, height, data } = picture;
  const result = new Float32Array(size * size * 3);
  const step = (view.size * scale) / size;
  const cos = Math.cos(view.roll) * step;
  const sin = Math.sin(view.roll) * step;
  const middle = (size - 1) / 2;
  // Pixel centres lie at halves: index i covers i … i + 1.
  const originX = view.x * scale - 0.5;
  const originY = view.y * scale - 0.5;
  let to = 0;
  for (let row = 0; row < size; row++) {
    const b = row - middle;
    for (let column = 0; column < size; column++, to += 3) {
      const a = column - middle;
      const x = originX + a * cos - b * sin;
      const y = originY + a * sin + b * cos;
      if (outside === 'black' && (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5)) {
        result[to] = result[to + 1] = result[to + 2] = offset;
        continue;
      }
      const x0 = Math.floor(x);
      const y0 = Math.floor(y);
      const fx = x - x0;
      const fy = y - y0;
      const left = clamp(x0, width) * 3;
      const right = clamp(x0 + 1, width) * 3;
      const top = clamp(y0, height) * width * 3;
      const bottom = clamp(y0 + 1, height) * width * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = data[top + left + channel] * (1 - fx) + data[top + right + channel] * fx;
        const lower =
          data[bottom + left + channel] * (1 - fx) + data[bottom + right + channel] * fx;
        result[to + channel] = (upper * (1 - fy) + lower * fy) * gain + offset;
      }
    }
  }
  return result;
}

function clamp(index: number, size: number): number {
  return index < 0 ? 0 : index >= size ? size - 1 : index;
}
