/** When a portrait blinks. */
import { clamp, smoothstep } from '../../maths';
import { seededRandom } from '../random';

/**
 * Seconds between blinks; people in talk blink every 2 to 6 seconds (Bentivoglio and others,
 * "Analysis of blink rate patterns in normal subjects", 1997).
 */
const INTERVAL = { least: 2, most: 6 };
/** A blink closes faster than it opens. */
const CLOSING = 0.065;
const SHUT = 0.035;
const OPENING = 0.1;
/** No blink is cut by the ends of a clip, where clips are joined. */
const MARGIN = 0.3;

export class Blinks {
  readonly #starts: number[] = [];

  /**
   * @param duration seconds of the clip
   * @param seed the same seed gives the same blinks
   */
  constructor(duration: number, seed: number) {
    const random = seededRandom(seed);
    const length = CLOSING + SHUT + OPENING;
    let at = 0.8 + 2.5 * random();
    while (at < duration - length - MARGIN) {
      this.#starts.push(at);
      // Mostly short intervals, now and then a long one.
      at += INTERVAL.least + (INTERVAL.most - INTERVAL.least) * random() ** 1.3;
    }
  }

  /** How far the lids are closed at a time in seconds, 0…1. */
  at(time: number): number {
    // The last blink that began by then.
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= time) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const since = time - this.#starts[low - 1];
    if (since < CLOSING) return smoothstep(0, CLOSING, since);
    return clamp(1 - smoothstep(CLOSING + SHUT, CLOSING + SHUT + OPENING, since));
  }

  get count(): number {
    return this.#starts.length;
  }
}
