/** What puts the network's answer back into the picture. */
import type { Region as PictureRegion } from '../region';

/** Pixel pairs across the seam, and how much they differ, out of 255. */
export interface SeamMeasure {
  /** Mean difference of neighbours on the seam, in the frames. */
  seam: number;
  /** The same pixels in the portrait. */
  original: number;
}

export interface Blend {
  /** Smallest even rectangle of the picture that holds all that changes. */
  readonly region: PictureRegion;
  /** The network's input for this face: 6 × size × size. */
  readonly input: Float32Array;
  /**
   * Puts one answer into a frame. Frames must come in order.
   * @param frame rgb24 of `region`'s size, holding the portrait
   * @param planes blue, green, red of the kept rows and columns, 0…1
   * @param weight 0…1, how far the mouth is taken from the network
   */
  apply(frame: Uint8Array, planes: Float32Array, weight: number): void;
  /** @param frame rgb24 of `region`'s size, after {@link apply} */
  measureSeam(frame: Uint8Array): SeamMeasure;
}
