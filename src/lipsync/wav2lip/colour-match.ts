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

interface Moments {
  mean: number;
  spread: number;
}

/** One for each clip; frames come in order. */
export class ColourMatch {
  /** value · gain + shift, for blue, green and red. */
  readonly gain = new Float64Array(3).fill(1);
  readonly shift = new Float64Array(3);
  readonly #rim: Int32Array;
  readonly #plane: number;
  readonly #wanted: readonly Moments[];
  readonly #follow: number;
  #isFirst = true;

  /**
   * @param original the portrait's three planes (blue, green, red, 0…1) where the answer's are
   * @param rim indices into a plane: the pixels that are compared
   * @param frameSeconds from one frame to the next
   */
  constructor(original: Float32Array, rim: Int32Array, frameSeconds: number) {
    this.#rim = rim;
    this.#plane = original.length / 3;
    this.#wanted = [0, 1, 2].map((c) => this.#measure(original, c));
    this.#follow = 1 - Math.exp(-frameSeconds / FOLLOWS);
  }

  /** Takes the next frame's planes into account. */
  update(planes: Float32Array): void {
    if (this.#rim.length === 0) return;
    const share = this.#isFirst ? 1 : this.#follow;
    this.#isFirst = false;
    this.#wanted.forEach((wanted, c) => {
      const { mean, spread } = this.#measure(planes, c);
      const gain = clamp((wanted.spread + FLAT) / (spread + FLAT), GAIN.least, GAIN.most);
      this.gain[c]! += share * (gain - this.gain[c]!);
      this.shift[c]! += share * (wanted.mean - gain * mean - this.shift[c]!);
    });
  }

  #measure(planes: Float32Array, channel: number): Moments {
    let [sum, squares] = [0, 0];
    for (const at of this.#rim) {
      const value = planes[channel * this.#plane + at]!;
      sum += value;
      squares += value * value;
    }
    const count = Math.max(1, this.#rim.length);
    const mean = sum / count;
    return { mean, spread: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
  }
}
