/** The mouth of a portrait, measured: where the lips part, how thick they are, whether they touch. */
import { FACEMESH, LIPS_INNER, LIPS_OUTER, type Landmark } from '../../media';
import { clamp, curveThrough, mix, smoothstep } from '../maths';
import type { Picture } from '../picture';
import { frameBetween, toLocal, type LocalFrame, type Point } from './local-frame';
import { darkestPath } from './seam';

type Curve = (x: number) => number;

/** All lengths in pixels, all curves in the mouth's own frame: local x → local y. */
export interface MouthShape {
  frame: LocalFrame;
  /** Corners lie at −halfWidth and +halfWidth. */
  halfWidth: number;
  /** x of the middle of the lips; not 0 where the face is turned. */
  centre: number;
  /** Natural mouth width of this face; openings are measured in it. */
  unit: number;
  /** Lower edge of the upper lip and upper edge of the lower lip; the same curve for closed lips. */
  upperInner: Curve;
  lowerInner: Curve;
  upperOuter: Curve;
  lowerOuter: Curve;
  /** True when the portrait shows the inside of the mouth. */
  isOpen: boolean;
  /** Largest distance between the lips at rest. */
  gap: number;
  noseY: number;
  chinY: number;
  chinX: number;
  /** Distance of the jaw's sides from the mouth's middle, left and right. */
  jawLeft: number;
  jawRight: number;
  /** Highest y that may move: below the eyes. */
  topY: number;
}

/** Lips further apart than this share of the mouth's width show what is behind them. */
const OPEN_GAP = 0.075;
const COLUMNS = 41;

/** Measures the mouth from 468 FaceMesh landmarks, refined on the picture. */
export function measureMouth(picture: Picture, landmarks: readonly Landmark[]): MouthShape {
  const at = (index: number): Point => [landmarks[index]![0], landmarks[index]![1]];
  const frame = frameBetween(at(FACEMESH.mouthLeft), at(FACEMESH.mouthRight));
  const local = (index: number) => toLocal(frame, ...at(index));
  const halfWidth = Math.max(4, -local(FACEMESH.mouthLeft)[0]);
  const eyes = Math.hypot(
    at(FACEMESH.rightEyeOuter)[0] - at(FACEMESH.leftEyeOuter)[0],
    at(FACEMESH.rightEyeOuter)[1] - at(FACEMESH.leftEyeOuter)[1],
  );
  const ends: Point[] = [
    [-halfWidth, 0],
    [halfWidth, 0],
  ];
  // Landmark loops begin with the left corner; the right corner stands in the middle.
  const upperLandmarks = curveThrough([...ends, ...LIPS_INNER.slice(1, 10).map(local)]);
  const lowerLandmarks = curveThrough([...ends, ...LIPS_INNER.slice(11).map(local)]);
  const upperOuter = curveThrough([...ends, ...LIPS_OUTER.slice(1, 10).map(local)]);
  const lowerOuter = curveThrough([...ends, ...LIPS_OUTER.slice(11).map(local)]);
  const centre = (local(FACEMESH.upperLipBottom)[0] + local(FACEMESH.lowerLipTop)[0]) / 2;
  const gap = lowerLandmarks(centre) - upperLandmarks(centre);
  const isOpen = gap > OPEN_GAP * 2 * halfWidth;
  const seam = isOpen
    ? undefined
    : findSeam(picture, frame, halfWidth, upperLandmarks, lowerLandmarks);
  const chin = local(FACEMESH.chin);
  return {
    frame,
    halfWidth,
    centre: clamp(centre, -0.4 * halfWidth, 0.4 * halfWidth),
    unit: halfWidth + 0.275 * eyes,
    upperInner: seam ?? ((x) => Math.min(upperLandmarks(x), lowerLandmarks(x))),
    lowerInner: seam ?? ((x) => Math.max(upperLandmarks(x), lowerLandmarks(x))),
    upperOuter,
    lowerOuter,
    isOpen,
    gap: isOpen ? gap : 0,
    noseY: local(FACEMESH.noseBase)[1],
    chinY: chin[1],
    chinX: chin[0],
    jawLeft: -Math.min(local(172)[0], -1.2 * halfWidth),
    jawRight: Math.max(local(397)[0], 1.2 * halfWidth),
    topY: Math.max(local(145)[1], local(374)[1], local(FACEMESH.noseBridge)[1]),
  };
}

function findSeam(
  picture: Picture,
  frame: LocalFrame,
  halfWidth: number,
  upper: Curve,
  lower: Curve,
): Curve {
  const columns = Array.from({ length: COLUMNS }, (_, i) => mix(-1, 1, i / (COLUMNS - 1)) * halfWidth);
  const guess = columns.map((x) => (upper(x) + lower(x)) / 2);
  // Near the corners the lips are thin and the landmarks are right.
  const reach = columns.map((x) => {
    const inside = 1 - smoothstep(0.55, 1, Math.abs(x) / halfWidth);
    return mix(0.02, 0.13, inside) * halfWidth;
  });
  const path = darkestPath(picture, frame, columns, guess, reach);
  const smooth = path.map((_, i) => {
    const around = [i - 1, i, i + 1].map((k) => path[clamp(k, 0, COLUMNS - 1)]!);
    return (around[0]! + 2 * around[1]! + around[2]!) / 4;
  });
  return curveThrough(columns.map((x, i) => [x, smooth[i]!] as const));
}
