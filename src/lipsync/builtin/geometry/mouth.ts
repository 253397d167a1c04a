/** The mouth of a portrait, measured: where the lips part, how thick they are, whether they touch. */
import { FACEMESH, LIPS_INNER, LIPS_OUTER, type Landmark } from '../../../contract';
import { clamp, curveThrough, mix, smoothstep } from '../../maths';
import type { Picture } from '../../picture';
import { frameBetween, toLocal, type LocalFrame, type Point } from './local-frame';
import { cheapestPath, darkLine, lipEdge, type Price } from './seam';

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

/** Lips further apart than this share of the mouth's width show what is behind them. */
const OPEN_GAP = 0.075;
const COLUMNS = 41;
/** The edge between lip and teeth is blurred; the lip begins where that has ended, in pixels. */
const EDGE_BLUR = 0.8;

/** Measures the mouth from 468 FaceMesh landmarks, refined on the picture. */
export function measureMouth(picture: Picture, landmarks: readonly Landmark[]): MouthShape {
  const at = (index: number): Point => [landmarks[index][0], landmarks[index][1]];
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
  const openingOf: Curve = (x) => lowerLandmarks(x) - upperLandmarks(x);
  const gap = openingOf(centre);
  const isOpen = gap > OPEN_GAP * 2 * halfWidth;
  const tracer = new LipTracer(picture, frame, halfWidth);
  const middle: Curve = (x) => (upperLandmarks(x) + lowerLandmarks(x)) / 2;
  const seam = isOpen ? undefined : tracer.seam(middle);
  const [upperInner, lowerInner] = seam
    ? [seam, seam]
    : tracer.edges(upperLandmarks, lowerLandmarks, gap);
  const chin = local(FACEMESH.chin);
  return {
    frame,
    halfWidth,
    centre: clamp(centre, -0.4 * halfWidth, 0.4 * halfWidth),
    unit: halfWidth + 0.275 * eyes,
    upperInner,
    lowerInner,
    upperOuter,
    lowerOuter,
    isOpen,
    slack: (x) => (isOpen ? 0 : clamp(openingOf(x) / 2, 0, 0.06 * halfWidth)),
    gap: isOpen ? gap : 0,
    noseY: local(FACEMESH.noseBase)[1],
    chinY: chin[1],
    chinX: chin[0],
    jawLeft: -Math.min(local(172)[0], -1.2 * halfWidth),
    jawRight: Math.max(local(397)[0], 1.2 * halfWidth),
    topY: Math.max(local(145)[1], local(374)[1], local(FACEMESH.noseBridge)[1]),
  };
}

/** Finds the lines of the lips in the picture, near where landmarks say they are. */
class LipTracer {
  readonly #picture: Picture;
  readonly #frame: LocalFrame;
  readonly #columns: number[];
  /** How far the lines may leave the landmarks: 1 in the middle, 0 at the corners. */
  readonly #freedom: number[];
  readonly #halfWidth: number;

  constructor(picture: Picture, frame: LocalFrame, halfWidth: number) {
    this.#picture = picture;
    this.#frame = frame;
    this.#halfWidth = halfWidth;
    const places = Array.from({ length: COLUMNS }, (_, i) => mix(-1, 1, i / (COLUMNS - 1)));
    this.#columns = places.map((place) => place * halfWidth);
    this.#freedom = places.map((place) => 1 - smoothstep(0.55, 1, Math.abs(place)));
  }

  /** Where closed lips meet. */
  seam(guess: Curve): Curve {
    return this.#trace(guess, 0.13 * this.#halfWidth, darkLine(this.#picture, this.#frame));
  }

  /** The edges of lips that are apart, with teeth or darkness between them. */
  edges(upper: Curve, lower: Curve, gap: number): [Curve, Curve] {
    const reach = 0.3 * gap;
    const priceOf = (sign: 1 | -1) => lipEdge(this.#picture, this.#frame, this.#halfWidth, sign);
    const above = this.#trace(upper, reach, priceOf(1), 0.5);
    const below = this.#trace(lower, reach, priceOf(-1), 0.5);
    return [
      (x) => Math.min(above(x) - EDGE_BLUR, below(x)),
      (x) => Math.max(above(x), below(x) + EDGE_BLUR),
    ];
  }

  /** @param least freedom at the corners, as a share */
  #trace(guess: Curve, most: number, price: Price, least = 0.15): Curve {
    const columns = this.#columns;
    const guesses = columns.map(guess);
    const reach = this.#freedom.map((share) => mix(least, 1, share) * most);
    const path = cheapestPath(columns, guesses, reach, price);
    const at = (i: number) => path[clamp(i, 0, COLUMNS - 1)];
    return curveThrough(
      columns.map((x, i) => [x, (at(i - 1) + 2 * at(i) + at(i + 1)) / 4] as const),
    );
  }
}
