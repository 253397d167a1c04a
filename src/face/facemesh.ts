/**
 * FaceMesh: 468 landmarks of the face in a square view of 192 × 192 pixels.
 * Paper: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
 * 2019.
 */
import { FACEMESH, FACEMESH_POINTS } from '../contract';
import type { Network, Tensor } from '../ml/onnx/session';
import type { Pyramid } from './pyramid';
import { sampleView } from './sample';
import { toPicture, toView, type View } from './view';

const SIZE = 192;
/** The view is this much larger than the box around the landmarks; the network was trained so. */
const MARGIN = 1.5;

export interface Mesh {
  /** 468 × [x, y, z] in pixels of the picture. */
  landmarks: [number, number, number][];
  /** 0…1: how sure the network is that the view shows a face. */
  presence: number;
}

/** The landmarks of the face that fills the view. */
export async function meshInView(network: Network, pyramid: Pyramid, view: View): Promise<Mesh> {
  const [input] = network.inputs;
  const data = sampleView(pyramid, view, {
    size: SIZE,
    scale: 1 / 255,
    offset: 0,
    outside: 'edge',
  });
  const outputs = Object.values(
    await network.run({
      [(input as { name: string }).name]: { data, shape: [1, SIZE, SIZE, 3] },
    }),
  );
  const numbers = outputOf(outputs, FACEMESH_POINTS * 3);
  const landmarks = Array.from({ length: FACEMESH_POINTS }, (_, index) => {
    const [x, y, z] = numbers.subarray(index * 3, index * 3 + 3) as unknown as number[];
    const [pictureX, pictureY] = toPicture(view, x / SIZE, y / SIZE);
    return [pictureX, pictureY, (z / SIZE) * view.size] as [number, number, number];
  });
  return { landmarks, presence: outputOf(outputs, 1)[0] };
}

function outputOf(outputs: readonly Tensor[], length: number): Float32Array {
  return (outputs.find(({ data }) => data.length === length) as Tensor).data;
}

/** The view that suits these landmarks: eyes level, the face in the middle. */
export function viewOfLandmarks(landmarks: readonly (readonly number[])[]): View {
  const [x1, y1] = landmarks[FACEMESH.leftEyeOuter] as [number, number];
  const [x2, y2] = landmarks[FACEMESH.rightEyeOuter] as [number, number];
  const level: View = { x: x1, y: y1, size: 1, roll: Math.atan2(y2 - y1, x2 - x1) };
  const points = landmarks.map(([x, y]) => toView(level, x, y));
  const us = points.map(([u]) => u);
  const vs = points.map(([, v]) => v);
  const [left, right] = [Math.min(...us), Math.max(...us)];
  const [top, bottom] = [Math.min(...vs), Math.max(...vs)];
  const [x, y] = toPicture(level, (left + right) / 2, (top + bottom) / 2);
  return { x, y, size: Math.max(right - left, bottom - top) * MARGIN, roll: level.roll };
}

/** The view for a box of the detector. */
export function viewOfBox(box: { x: number; y: number; size: number; roll: number }): View {
  return { x: box.x, y: box.y, size: box.size * MARGIN, roll: box.roll };
}
