/**
 * Mean and contrast of the network's picture brought to those of the portrait's skin around the
 * mouth, where the mask is half transparent. The correction follows the frames slowly, so that it
 * never flickers.
 */
import { clamp } from '../maths';

/** How far contrast may be changed. */
const GAIN = { least: 0.8, most: 1.25 };
/** Seconds in which a correction follows. */
const FOLLOWS = 0.3;
/** Added to both contrasts, so that flat skin asks for none: out of 0…1. */
const FLAT = 0.02;

export interface Moments {
  mean: number;
  spread: number;
}

/** One for each clip; frames come in order. */
export class ColourMatch {
  /** value · gain + shift, for blue, green and red. */
  readonly gain = new Float64Array(3).fill(1);
  readonly shift = new Float64Array(3);
  readonly #follow: number;
  #isFirst = true;

  /** @param frameSeconds from one frame to the next */
  constructor(frameSeconds: number) {
    this.#follow = 1 - Math.exp(-frameSeconds / FOLLOWS);
  }

  /** What follows has nothing to do with what was: a cut. */
  restart(): void {
    this.#isFirst = true;
  }

  /**
   * Takes the next frame into account.
   * @param wanted of the picture itself, see {@link momentsOf}
   * @param planes the network's answer: blue, green, red, 0…1
   * @param rim indices into a plane: the pixels that are compared
   */
  update(wanted: readonly Moments[], planes: Float32Array, rim: Int32Array): void {
    if (rim.length === 0) return;
    const share = this.#isFirst ? 1 : this.#follow;
    this.#isFirst = false;
    momentsOf(planes, rim).forEach(({ mean, spread }, c) => {
      const { mean: wantedMean, spread: wantedSpread } = wanted[c];
      const gain = clamp((wantedSpread + FLAT) / (spread + FLAT), GAIN.least, GAIN.most);
      this.gain[c] += share * (gain - this.gain[c]);
      this.shift[c] += share * (wantedMean - gain * mean - this.shift[c]);
    });
  }
}

/** Mean and contrast of three planes, where the rim is. */
export function momentsOf(planes: Float32Array, rim: Int32Array): Moments[] {
  const plane = planes.length / 3;
  return [0, 1, 2].map((channel) => {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < rim.length; i++) {
      const value = planes[channel * plane + rim[i]];
      sum += value;
      squares += value * value;
    }
    const count = Math.max(1, rim.length);
    const mean = sum / count;
    return { mean, spread: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
  });
}
