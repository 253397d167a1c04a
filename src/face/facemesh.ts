/**
 * FaceMesh: 468 landmarks of the face in a square view of 192 × 192 pixels; and the attention mesh, which
 * looks at lips and eyes again, closer, and places irises as well.
 * Papers: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
 * 2019; Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", 2020.
 */
import {
  FACEMESH,
  FACEMESH_POINTS,
  LEFT_EYE,
  LEFT_IRIS,
  LIPS_INNER,
  LIPS_RINGS,
  RIGHT_EYE,
  RIGHT_IRIS,
  type Landmark,
} from '../contract';
import { centreOf, longSide, type Box } from './box';
import { runOn, type FacePoints, type Point } from './detector';
import type { Network, Tensor } from '../ml/onnx/session';
import { type Pyramid, toPicture, toView, type View, sampleView } from './view';

const SIZE = 192;
/** The view is this much larger than the box around the landmarks, as in training. */
export const VIEW_MARGIN = 1.5;
/** FaceMesh's own threshold for a face. */
export const LEAST_PRESENCE = 0.5;

export interface Mesh {
  /** 468 × [x, y, z] in pixels of the picture. */
  landmarks: [number, number, number][];
  /** 0…1: how sure the network is that the view shows a face. */
  presence: number;
  /** Of an attention mesh: 478 × [x, y], the landmarks' and those of the irises. */
  refined?: [number, number][];
  /** Of an attention mesh over several crops. */
  spread?: Spread;
}

/** How far points scatter over crops of the same face: root mean squares, as shares of the eyes' distance. */
export interface Spread {
  lips: number;
  eyes: number;
}

/** What an attention mesh gives for parts of the face, and which points these are. */
const REFINED = [
  {
    output: 'output_lips',
    points: [
      61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409, 78,
      95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415, 76, 77,
      90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408, 62, 96, 89,
      179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407,
    ],
  },
  {
    output: 'output_left_eye',
    points: [
      33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173, 130, 25, 110, 24,
      23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190, 226, 31, 228, 229, 230, 231, 232, 233,
      244, 113, 225, 224, 223, 222, 221, 189, 35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120,
      121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193,
    ],
  },
  {
    output: 'output_right_eye',
    points: [
      263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398, 359, 255, 339,
      254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414, 446, 261, 448, 449, 450, 451,
      452, 453, 464, 342, 445, 444, 443, 442, 441, 413, 265, 353, 276, 283, 282, 295, 372, 340, 346,
      347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417,
    ],
  },
  { output: 'output_left_iris', points: LEFT_IRIS },
  { output: 'output_right_iris', points: RIGHT_IRIS },
] as const satisfies { output: string; points: readonly number[] }[];

/** The landmarks of the face that fills the view. */
async function meshInView(network: Network, pyramid: Pyramid, view: View): Promise<Mesh> {
  const sampling = { size: SIZE, scale: 1 / 255, offset: 0, outside: 'edge' } as const;
  const data = sampleView(pyramid, view, sampling);
  const named = await runOn(network, data, [1, SIZE, SIZE, 3]);
  const outputs = Object.values(named);
  const numbers = outputOf(outputs, FACEMESH_POINTS * 3);
  const landmarks = Array.from({ length: FACEMESH_POINTS }, (_, index) => {
    const [x, y, z] = numbers.subarray(index * 3, index * 3 + 3);
    return [...toPicture(view, x / SIZE, y / SIZE), (z / SIZE) * view.size] as Mesh['landmarks'][0];
  });
  // A logit.
  const presence = 1 / (1 + Math.exp(-outputOf(outputs, 1)[0]));
  if (!(REFINED[0].output in named)) return { landmarks, presence };
  const refined = landmarks.map(([x, y]): [number, number] => [x, y]);
  for (const { output, points } of REFINED) {
    const { data: places } = named[output];
    points.forEach((point, i) => {
      refined[point] = toPicture(view, places[2 * i] / SIZE, places[2 * i + 1] / SIZE);
    });
  }
  const whole = landmarks.map(([, , z], i): Mesh['landmarks'][0] => [...refined[i], z]);
  return { landmarks: whole, presence, refined };
}

function outputOf(outputs: readonly Tensor[], length: number): Float32Array {
  return outputs.find(({ data }) => data.length === length)!.data;
}

/** The points that detectors see, of a mesh. */
export function pointsOf(landmarks: readonly Landmark[]): FacePoints {
  const middle = (...indices: readonly number[]): Point => {
    const sum = (axis: 0 | 1) =>
      indices.reduce((total, index) => total + landmarks[index][axis], 0) / indices.length;
    return [sum(0), sum(1)];
  };
  return {
    leftEye: middle(...LEFT_EYE),
    rightEye: middle(...RIGHT_EYE),
    nose: middle(FACEMESH.noseTip),
    mouth: middle(FACEMESH.mouthLeft, FACEMESH.mouthRight, ...LIPS_INNER),
  };
}

/** The view with these landmarks in its middle and the eyes level. */
export function viewOfLandmarks(landmarks: readonly Landmark[]): View {
  const [x1, y1] = landmarks[FACEMESH.leftEyeOuter];
  const [x2, y2] = landmarks[FACEMESH.rightEyeOuter];
  const level: View = { x: x1, y: y1, size: 1, roll: Math.atan2(y2 - y1, x2 - x1) };
  const points = landmarks.map(([x, y]) => toView(level, x, y));
  const us = points.map(([u]) => u);
  const vs = points.map(([, v]) => v);
  const [left, right] = [Math.min(...us), Math.max(...us)];
  const [top, bottom] = [Math.min(...vs), Math.max(...vs)];
  const [x, y] = toPicture(level, (left + right) / 2, (top + bottom) / 2);
  return { x, y, size: Math.max(right - left, bottom - top) * VIEW_MARGIN, roll: level.roll };
}

/** The view for what a detector sees. */
export function viewOfCandidate({ x, y, size, roll }: View): View {
  return { x, y, size: size * VIEW_MARGIN, roll };
}

/** The view for an upright face in a box. */
export function viewOfBox(box: Box): View {
  const [x, y] = centreOf(box);
  return viewOfCandidate({ x, y, size: longSide(box), roll: 0 });
}

/**
 * Size and shift relative to the view. FaceMesh's landmarks differ from crop to crop of the same
 * face, by up to 1 % of the view, which shows on lips; the mean over several crops is precise.
 */
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
 * Crops a round. Measured on portraits with different starts, the lips scatter by 0.4 (quick), 0.2
 * (steady) and 0.13 (fine) of the network's pixels.
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

/**
 * Landmarks of the face in a view, found again in the view that they suggest, until it stays in place
 * or the rounds are done. A start that shows a part of a face ends at the whole face.
 * @param settled share of its size by which a view may move and still count as in place
 * @param hopeless presence below which, twice in a row, the search ends; on pictures of every kind what leads
 *   to a face begins near 1
 */
export async function refineMesh(
  network: Network,
  pyramid: Pyramid,
  start: View,
  {
    precision,
    rounds,
    settled = 0.005,
    hopeless = 0,
  }: { precision: Precision; rounds: number; settled?: number; hopeless?: number },
): Promise<Mesh> {
  let view = start;
  let last = 1;
  for (let round = 1; ; round++) {
    const mesh = await averageMesh(network, pyramid, view, CROPS[precision]);
    const next = viewOfLandmarks(mesh.landmarks);
    const isHopeless = Math.max(mesh.presence, last) < hopeless;
    if (round >= rounds || isHopeless || isClose(view, next, settled)) return mesh;
    last = mesh.presence;
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
  const landmarks = meshes[0].landmarks.map((_, index) => {
    const at = (axis: 0 | 1 | 2) => mean((mesh) => mesh.landmarks[index][axis]);
    return [at(0), at(1), at(2)] as [number, number, number];
  });
  const refined = meshes[0].refined?.map((_, index): [number, number] => {
    const at = (axis: 0 | 1) => mean((mesh) => mesh.refined![index][axis]);
    return [at(0), at(1)];
  });
  const presence = mean((mesh) => mesh.presence);
  if (!refined) return { landmarks, presence };
  return { landmarks, presence, refined, spread: spreadOf(meshes, refined) };
}

function spreadOf(meshes: readonly Mesh[], middle: readonly Landmark[]): Spread {
  const { leftEye, rightEye } = pointsOf(middle);
  const unit = Math.hypot(leftEye[0] - rightEye[0], leftEye[1] - rightEye[1]);
  const scatter = (indices: readonly number[]): number => {
    const squares = meshes.flatMap(({ refined = [] }) =>
      indices.map((i) => {
        const [dx, dy] = [0, 1].map((axis) => refined[i][axis] - middle[i][axis]);
        return dx * dx + dy * dy;
      }),
    );
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length) / unit;
  };
  return { lips: scatter(LIPS_RINGS.flat()), eyes: scatter([...LEFT_EYE, ...RIGHT_EYE]) };
}

function shift(view: View, { scale, x, y }: Crop): View {
  const size = view.size * scale;
  const cos = Math.cos(view.roll) * size;
  const sin = Math.sin(view.roll) * size;
  return { x: view.x + x * cos - y * sin, y: view.y + x * sin + y * cos, size, roll: view.roll };
}
