/** What the detectors that look at one view of a picture have in common. */
import type { Network, Tensor } from '../ml/onnx/session';
import { toPicture, type Pyramid, type View } from './view';

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
}

/** The faces in a view with at least that score, without repeats. */
export type Detect = (pyramid: Pyramid, view: View, minScore: number) => Promise<Candidate[]>;

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
 * @param inputSize side of the input; centre, eyes (left in the picture first) and size are in its
 *   pixels
 */
export function placeInPicture(
  view: View,
  inputSize: number,
  found: { centre: Point; eyes: readonly [Point, Point]; size: number; score: number },
): Candidate {
  const place = ([x, y]: Point) => toPicture(view, x / inputSize, y / inputSize);
  const [x, y] = place(found.centre);
  const [left, right] = found.eyes.map(place);
  const roll = Math.atan2(right[1] - left[1], right[0] - left[0]);
  return { x, y, size: (found.size / inputSize) * view.size, roll, score: found.score };
}
