/**
 * FaceMesh: 468 landmarks of the face in a square view of 192 × 192 pixels.
 * Paper: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
 * 2019.
 */
import { FACEMESH, FACEMESH_POINTS } from '../contract';
import type { Network, Tensor } from '../ml/onnx/session';
import { type Pyramid, toPicture, toView, type View, sampleView } from './view';

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
async function meshInView(network: Network, pyramid: Pyramid, view: View): Promise<Mesh> {
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

/**
 * Precise landmarks. FaceMesh answers a little differently for every crop of the same face (by up to
 * 1 % of the view, which shows on lips), so that its answers for several crops are averaged.
 */

/** One crop: size and shift relative to the view. */
interface Crop {
  scale: number;
  x: number;
  y: number;
}

const SHIFTS = [
  [0, 0],
  [-0.02, -0.02],
  [0.02, 0.02],
  [-0.02, 0.02],
  [0.02, -0.02],
] as const;

const crops = (scales: readonly number[]): Crop[] =>
  scales.flatMap((scale) => SHIFTS.map(([x, y]) => ({ scale, x, y })));

/**
 * `quick` takes one crop a round, `fair` two, `steady` five and `fine` fifteen. Measured on portraits
 * with different starts, the lips scatter by 0.4 (quick), 0.2 (steady) and 0.13 (fine) of the
 * network's pixels.
 */
const CROPS = {
  quick: [{ scale: 1.07, x: 0, y: 0 }],
  fair: [
    { scale: 1.02, x: -0.02, y: 0.02 },
    { scale: 1.12, x: 0.02, y: -0.02 },
  ],
  steady: crops([1.07]),
  fine: crops([1, 1.07, 1.14]),
} as const;

export type Precision = keyof typeof CROPS;

/** A view that moves by less than this share of its size has settled. */
const SETTLED = 0.005;

interface RefineOptions {
  precision: Precision;
  /** The most rounds. */
  rounds: number;
  /** The share of its size by which a view may move and count as settled. */
  settled?: number;
}

/**
 * Landmarks of the face in a view, found again in the view that they suggest, until it stays where
 * it is or `rounds` are done. A start that shows part of a face finds its way to the whole.
 */
export async function refineMesh(
  network: Network,
  pyramid: Pyramid,
  start: View,
  { precision, rounds, settled = SETTLED }: RefineOptions,
): Promise<Mesh> {
  let view = start;
  for (let round = 1; ; round++) {
    const mesh = await averageMesh(network, pyramid, view, CROPS[precision]);
    const next = viewOfLandmarks(mesh.landmarks);
    if (round >= rounds || isClose(view, next, settled)) return mesh;
    view = next;
  }
}

function isClose(a: View, b: View, share: number): boolean {
  const moved = Math.hypot(a.x - b.x, a.y - b.y) + Math.abs(a.size - b.size);
  return moved < share * a.size && Math.abs(a.roll - b.roll) < share;
}

async function averageMesh(
  network: Network,
  pyramid: Pyramid,
  view: View,
  all: readonly Crop[],
): Promise<Mesh> {
  const meshes: Mesh[] = [];
  for (const crop of all) meshes.push(await meshInView(network, pyramid, shift(view, crop)));
  const mean = (read: (mesh: Mesh) => number) =>
    meshes.reduce((sum, mesh) => sum + read(mesh), 0) / meshes.length;
  const [first] = meshes as [Mesh, ...Mesh[]];
  const landmarks = first.landmarks.map((_, index) => {
    const at = (axis: 0 | 1 | 2) => mean((mesh) => mesh.landmarks[index][axis]);
    return [at(0), at(1), at(2)] as [number, number, number];
  });
  return { landmarks, presence: mean(({ presence }) => presence) };
}

function shift(view: View, { scale, x, y }: Crop): View {
  const size = view.size * scale;
  const cos = Math.cos(view.roll) * size;
  const sin = Math.sin(view.roll) * size;
  return { x: view.x + x * cos - y * sin, y: view.y + x * sin + y * cos, size, roll: view.roll };
}
