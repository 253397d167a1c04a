import type { Picture } from '../av/picture';

export interface View {
  /** Centre in pixels of the picture; may lie outside it. */
  x: number;
  y: number;
  /** Length of a side in pixels of the picture. */
  size: number;
  /** Clockwise, in radians: a face with this roll is upright in the view. */
  roll: number;
}

/** A point of the view (0…1 from its left and its top) in pixels of the picture. */
export function toPicture(view: View, u: number, v: number): [number, number] {
  const cos = Math.cos(view.roll) * view.size;
  const sin = Math.sin(view.roll) * view.size;
  const [a, b] = [u - 0.5, v - 0.5];
  return [view.x + a * cos - b * sin, view.y + a * sin + b * cos];
}

/** The inverse of {@link toPicture}. */
export function toView(view: View, x: number, y: number): [number, number] {
  const cos = Math.cos(view.roll) / view.size;
  const sin = Math.sin(view.roll) / view.size;
  const [a, b] = [x - view.x, y - view.y];
  return [a * cos + b * sin + 0.5, b * cos - a * sin + 0.5];
}

/**
 * Half-size copies of a picture, made at the first use, so that small views of large pictures do not
 * alias and cost little.
 */
export class Pyramid {
  readonly #levels: Picture[];

  constructor(picture: Picture) {
    this.#levels = [picture];
  }

  get picture(): Picture {
    return this.#levels[0];
  }

  /** The picture at 1/2^level of its size, at least one pixel. */
  level(level: number): { picture: Picture; scale: number } {
    let index = 0;
    while (index < level) {
      const current = this.#levels[index];
      if (current.width < 2 || current.height < 2) break;
      this.#levels[index + 1] ??= halve(current);
      index++;
    }
    return { picture: this.#levels[index], scale: 2 ** -index };
  }
}

/** Means of 2 × 2 pixels; an odd last row or column is left out to keep the grid exact. */
function halve({ width, height, data }: Picture): Picture {
  const half: Picture = {
    width: width >> 1,
    height: height >> 1,
    data: new Uint8Array((width >> 1) * (height >> 1) * 3),
  };
  const stride = width * 3;
  let to = 0;
  for (let y = 0; y < half.height; y++) {
    let from = 2 * y * stride;
    for (let x = 0; x < half.width; x++, from += 6) {
      for (let channel = 0; channel < 3; channel++) {
        const at = from + channel;
        half.data[to++] =
          (data[at] + data[at + 3] + data[at + stride] + data[at + stride + 3] + 2) >> 2;
      }
    }
  }
  return half;
}

interface Sampling {
  /** Rows and columns of the result. */
  size: number;
  /** A byte becomes byte × scale + offset. */
  scale: number;
  offset: number;
  /** Outside the picture: its nearest pixel, or black. */
  outside: 'edge' | 'black';
}

/**
 * Bilinear samples of the nearest level of the pyramid.
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
  // Index i covers i … i + 1, its centre is at i + 0.5.
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
