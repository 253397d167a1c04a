/** Seams of some of the frames, and their mean. */
import type { SeamMeasure } from './blend';

/** Spoken frames from one measurement to the next. */
const FRAMES_A_MEASURE = 50;

export class Seams {
  #spoken = 0;
  #count = 0;
  #seam = 0;
  #original = 0;

  /** Whether the next frame in which the mouth is wholly the network's is to be measured. */
  isNext(): boolean {
    return this.#spoken++ % FRAMES_A_MEASURE === 0;
  }

  add({ seam, original }: SeamMeasure): void {
    this.#count++;
    this.#seam += seam;
    this.#original += original;
  }

  /** Nothing where none was measured. */
  get mean(): SeamMeasure | undefined {
    if (this.#count === 0) return undefined;
    return { seam: this.#seam / this.#count, original: this.#original / this.#count };
  }
}
