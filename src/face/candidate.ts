/** A place where a detector sees a face. */
export type Point = [number, number];

export interface Candidate {
  /** Centre, in pixels of the picture. */
  x: number;
  y: number;
  /** Larger side of the detector's box. */
  size: number;
  /** Clockwise, in radians, from the eyes. */
  roll: number;
  /** 0…1 */
  score: number;
  /** The eyes (that at the picture's left first), then whatever else the detector gives. */
  keypoints: Point[];
}
