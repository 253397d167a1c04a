/** The mouth of a portrait, measured: where the lips part, how thick they are, whether they touch. */
import { clamp, curveThrough } from '../maths';
import type { Picture } from '../picture';
import {
  FACEMESH,
  LIPS_INNER,
  LIPS_OUTER,
  measureOpenness,
  REFINED_POINTS,
  type Landmark,
} from '../../contract';
import { LipTracer } from './lip-tracer';
import { frameBetween, toLocal, type Curve, type LocalFrame, type Point } from './local-frame';

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
  /** True when the lips of the portrait are apart. */
  isApart: boolean;
  /** How far the lips' colours reach into an opening from above and below. */
  lipRest: readonly [upper: Curve, lower: Curve] | undefined;
  /** Half the dark gap between lips that are a little apart at rest, by local x. */
  slack: Curve;
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

/** The corners of the attention mesh lie further in than those of FaceMesh, which openings are made for. */
const WITHIN_CORNERS = 1.08;

/** A mouth that is open further than this (see measureOpenness) cannot be closed well: toothy smiles have 0.2. */
const WIDE_OPEN = 0.48;

/** Whether a mouth stands so wide open that lips which must be shut will not look right. */
export function isWideOpen(landmarks: readonly Landmark[]): boolean {
  return measureOpenness(landmarks) > WIDE_OPEN;
}

/**
 * Lips further apart than this share of the mouth's half width are apart. The landmarks of closed lips
 * say up to 0.04 where they lie on the lips, and up to 0.13 where they do not; of parted lips they
 * may say the same, but then a slit is seen between them.
 */
const APART = { refined: 0.045, plain: 0.15 };

/**
 * Measures the mouth from landmarks, and then in the picture.
 * @param landmarks 478 points of the attention mesh, whose lips lie on the lips, or 468 of FaceMesh
 */
export function measureMouth(picture: Picture, landmarks: readonly Landmark[]): MouthShape {
  const at = (index: number): Point => [landmarks[index][0], landmarks[index][1]];
  const frame = frameBetween(at(FACEMESH.mouthLeft), at(FACEMESH.mouthRight));
  const local = (index: number) => toLocal(frame, ...at(index));
  const landmarkWidth = Math.max(4, -local(FACEMESH.mouthLeft)[0]);
  const eyes = Math.hypot(
    at(FACEMESH.rightEyeOuter)[0] - at(FACEMESH.leftEyeOuter)[0],
    at(FACEMESH.rightEyeOuter)[1] - at(FACEMESH.leftEyeOuter)[1],
  );
  const ends: Point[] = [
    [-landmarkWidth, 0],
    [landmarkWidth, 0],
  ];
  // Landmark loops begin with the left corner; the right corner stands in the middle.
  const edge = (loop: readonly number[]) => curveThrough([...ends, ...loop.map(local)]);
  const guess = {
    upperOuter: edge(LIPS_OUTER.slice(1, 10)),
    upperInner: edge(LIPS_INNER.slice(1, 10)),
    lowerInner: edge(LIPS_INNER.slice(11)),
    lowerOuter: edge(LIPS_OUTER.slice(11)),
  };
  const middle = (local(FACEMESH.upperLipBottom)[0] + local(FACEMESH.lowerLipTop)[0]) / 2;
  const openingOf: Curve = (x) => guess.lowerInner(x) - guess.upperInner(x);
  const isRefined = landmarks.length >= REFINED_POINTS;
  const coarse = new LipTracer(picture, frame, landmarkWidth);
  const line = coarse.seam((x) => (guess.upperInner(x) + guess.lowerInner(x)) / 2);
  const areLandmarksApart =
    openingOf(middle) > (isRefined ? APART.refined : APART.plain) * landmarkWidth;
  const slit = isRefined && !areLandmarksApart ? coarse.slit(line, guess) : undefined;
  const isApart = areLandmarksApart || slit !== undefined;
  const halfWidth = areLandmarksApart ? coarse.width(guess) : landmarkWidth;
  const centre = clamp(middle, -0.4 * halfWidth, 0.4 * halfWidth);
  const edges = areLandmarksApart ? new LipTracer(picture, frame, halfWidth).edges(guess) : slit;
  const upperInner = edges?.upper ?? line;
  const lowerInner = edges?.lower ?? line;
  const chin = local(FACEMESH.chin);
  return {
    frame,
    halfWidth,
    centre,
    unit: (isRefined ? WITHIN_CORNERS : 1) * landmarkWidth + 0.275 * eyes,
    upperInner,
    lowerInner,
    upperOuter: guess.upperOuter,
    lowerOuter: guess.lowerOuter,
    isApart,
    lipRest: edges && [edges.upperRest, edges.lowerRest],
    slack: (x) => (isApart ? 0 : clamp(openingOf(x) / 2, 0, 0.06 * halfWidth)),
    gap: lowerInner(centre) - upperInner(centre),
    noseY: local(FACEMESH.noseBase)[1],
    chinY: chin[1],
    chinX: chin[0],
    jawLeft: -Math.min(local(172)[0], -1.2 * halfWidth),
    jawRight: Math.max(local(397)[0], 1.2 * halfWidth),
    topY: Math.max(local(145)[1], local(374)[1], local(FACEMESH.noseBridge)[1]),
  };
}
