/** Half-size copies of a picture, made when asked for, so that small views of large pictures neither
 * alias nor cost much. */
import type { Picture } from '../av/picture';

export class Pyramid {
  readonly #levels: Picture[];

  constructor(picture: Picture) {
    this.#levels = [picture];
  }

  get picture(): Picture {
    return this.#levels[0];
  }

  /** The picture at 1/2^level of its size; the level where it would vanish is the last one. */
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

/** Means of 2 × 2 pixels; an odd last row or column is left out, so that the grid stays exact. */
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
