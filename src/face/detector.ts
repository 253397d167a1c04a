/** What the detectors that look at one view of a picture have in common. */
import type { Network, Tensor } from '../ml/onnx/session';
import { toPicture, type Pyramid, type View } from './view';

/** Points that a detector sees on a face. Left and right are those of the picture. */
export interface FacePoints {
  leftEye: Point;
  rightEye: Point;
  nose: Point;
  /** Middle of the mouth. */
  mouth: Point;
}

/** A place where a detector sees a face, in pixels of the picture. */
export interface Candidate {
  /** Centre. */
  x: number;
  y: number;
  /** Larger side of the detector's box. */
  size: number;
  /** Clockwise, in radians, from the eyes. */
  roll: number;
  /** 0…1 */
  score: number;
  points: FacePoints;
}

export interface Detector {
  /** The faces in a view with at least that score, without repeats. */
  detect(pyramid: Pyramid, view: View, minScore: number): Promise<Candidate[]>;
  /** The least face that it sees reliably, as a share of its view. */
  leastShare: number;
}

/** Runs a network that has one input. */
export function runOn(
  network: Network,
  data: Float32Array,
  shape: readonly number[],
): Promise<Record<string, Tensor>> {
  return network.run({ [network.inputs[0].name]: { data, shape } });
}

export type Point = readonly [x: number, y: number];

/**
 * Moves a face from a network's input into the picture.
 * @param inputSize side of the input; centre, points and size are in its pixels
 */
export function placeInPicture(
  view: View,
  inputSize: number,
  found: { centre: Point; points: FacePoints; size: number; score: number },
): Candidate {
  const place = ([x, y]: Point): Point => toPicture(view, x / inputSize, y / inputSize);
  const [x, y] = place(found.centre);
  const { leftEye, rightEye, nose, mouth } = found.points;
  const points = {
    leftEye: place(leftEye),
    rightEye: place(rightEye),
    nose: place(nose),
    mouth: place(mouth),
  };
  const [dx, dy] = [0, 1].map((axis) => points.rightEye[axis] - points.leftEye[axis]);
  const size = (found.size / inputSize) * view.size;
  return { x, y, size, roll: Math.atan2(dy, dx), score: found.score, points };
}
