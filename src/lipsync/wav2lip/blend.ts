/** What puts the network's answer back into pictures. */
import type { Landmark } from '../../contract';
import type { Picture } from '../picture';
import type { Region } from '../region';

/** Pixel pairs across the seam, and how much they differ, out of 255. */
export interface SeamMeasure {
  /** Mean difference of neighbours on the seam, in the frames. */
  seam: number;
  /** The same pixels in the portrait. */
  original: number;
}

/** Where a face is, in pixels of its picture; which of both is needed is the blend's matter. */
export interface FacePlace {
  /** 468 FaceMesh points. */
  landmarks?: readonly Landmark[];
  /** x1, y1, x2, y2. */
  box?: readonly number[];
}

/** The face of one frame of a video. */
export interface FaceAtFrame extends FacePlace {
  /** A cut raises it. */
  shot: number;
}

/** A rectangle of a picture with its pixels, rgb24. */
export interface Part extends Region {
  data: Uint8Array;
}

/** One face as it was read. */
export interface Sight {
  /** Smallest even rectangle of the picture that holds all that changes. */
  readonly region: Region;
  /** The network's input for it: 6 × size × size. */
  readonly input: Float32Array;
}

/** Sights, and answers, come in the order of the frames. */
export interface Blend<S extends Sight = Sight> {
  /**
   * The rectangle of a picture that is read and changed; nothing outside it is looked at.
   * @throws E_INPUT for a face of which nothing lies inside the picture
   */
  around(face: FacePlace, size: { width: number; height: number }): Region;
  /** Reads a face. @param picture holds all of {@link around}, or all of it that there is */
  see(picture: Picture, face: FacePlace): S;
  /**
   * Puts one answer into a frame.
   * @param part a rectangle of the picture that holds the sight's region
   * @param planes blue, green, red of the kept rows and columns, 0…1
   * @param weight 0…1, how far the mouth is taken from the network
   */
  put(sight: S, part: Part, planes: Float32Array, weight: number): void;
  /** @param before and @param after two pictures of the same rectangle, the latter after {@link put} */
  measureSeam(sight: S, before: Part, after: Part): SeamMeasure;
  /** A cut: what follows has nothing to do with what was. */
  restart(): void;
}
