/**
 * The mouth of a portrait, measured: where the lips part, how thick they are, whether they touch.
 * Landmarks miss the lines of the lips by a few pixels, so these are found in the picture: a cut
 * beside them would tear a strip off one lip and hang it on the other.
 */
import { mix, smoothstep, clamp, curveThrough } from '../maths';
import { smoothLumaAt, type Picture } from '../picture';
import { FACEMESH, LIPS_INNER, LIPS_OUTER, type Landmark } from '../../contract';

export type Point = readonly [number, number];

/** A coordinate system that lies in the face: x along a feature, y down the face. */
export interface LocalFrame {
  /** Picture coordinates of the origin. */
  readonly origin: Point;
  readonly cos: number;
  readonly sin: number;
}

/** The frame whose origin lies half way between two points and whose x axis runs from one to the other. */
export function frameBetween(left: Point, right: Point): LocalFrame {
  const length = Math.hypot(right[0] - left[0], right[1] - left[1]) || 1;
  return {
    origin: [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2],
    cos: (right[0] - left[0]) / length,
    sin: (right[1] - left[1]) / length,
  };
}

export function toLocal({ origin, cos, sin }: LocalFrame, x: number, y: number): Point {
  const dx = x - origin[0];
  const dy = y - origin[1];
  return [dx * cos + dy * sin, dy * cos - dx * sin];
}

export function toPicture({ origin, cos, sin }: LocalFrame, x: number, y: number): Point {
  return [origin[0] + x * cos - y * sin, origin[1] + x * sin + y * cos];
}

/** Price of a place: local x, local y, distance from the guess, reach of the column. */
type Price = (x: number, y: number, offset: number, reach: number) => number;

/** Resolution of a path, in pixels. */
const STEP = 0.5;
/** Price of a bend against the guess, for a slope of one. */
const BEND = 30;

/**
 * The cheapest smooth path near a guess, by dynamic programming over columns (as in seam carving,
 * Avidan and Shamir 2007).
 * @param columns x of the columns, local, rising, evenly spaced
 * @param guess local y that the landmarks say, a column each
 * @param reach how far the path may leave the guess, in pixels, a column each
 * @returns local y, a column each
 */
function cheapestPath(
  columns: readonly number[],
  guess: readonly number[],
  reach: readonly number[],
  price: Price,
): number[] {
  const most = Math.ceil(Math.max(...reach) / STEP);
  const size = 2 * most + 1;
  const spacing = columns.length > 1 ? columns[1] - columns[0] : 1;
  const widest = Math.max(1, Math.ceil((spacing * 0.8) / STEP));
  const prices = columns.map((x, i) =>
    Float64Array.from({ length: size }, (_, k) => {
      const offset = (k - most) * STEP;
      if (Math.abs(offset) > reach[i] + 1e-9) return Infinity;
      return price(x, guess[i] + offset, offset, reach[i]);
    }),
  );
  const from = columns.map(() => new Int32Array(size));
  let totals = prices[0].slice();
  for (let i = 1; i < columns.length; i++) {
    const next = new Float64Array(size).fill(Infinity);
    for (let k = 0; k < size; k++) {
      for (let j = Math.max(0, k - widest); j <= Math.min(size - 1, k + widest); j++) {
        const bend = ((k - j) * STEP) / spacing;
        const total = totals[j] + prices[i][k] + BEND * bend * bend;
        if (total < next[k]) {
          next[k] = total;
          from[i][k] = j;
        }
      }
    }
    totals = next;
  }
  let k = totals.indexOf(Math.min(...totals));
  const path = new Array<number>(columns.length);
  for (let i = columns.length - 1; i >= 0; i--) {
    path[i] = guess[i] + (k - most) * STEP;
    k = from[i][k];
  }
  return path;
}

/** Low on a dark line between brighter sides: where closed lips meet. */
function darkLine(picture: Picture, frame: LocalFrame): Price {
  return (x, y, offset, reach) => {
    const at = (dy: number) => smoothLumaAt(picture, ...toPicture(frame, x, y + dy));
    const side = Math.max(2, reach * 0.8);
    const ridge = at(0) - 0.5 * Math.min(at(-side), at(side) + 15);
    return at(0) * 0.5 + ridge * 0.5 + away(offset, reach);
  };
}

/**
 * Low on the edge of a lip that is apart from the other: brighter teeth lie below the upper lip (sign
 * 1) or above the lower one (sign −1). Towards the corners the teeth are in the shade, and any edge counts.
 */
function lipEdge(picture: Picture, frame: LocalFrame, halfWidth: number, sign: 1 | -1): Price {
  return (x, y, offset, reach) => {
    const at = (dy: number) => smoothLumaAt(picture, ...toPicture(frame, x, y + dy));
    const side = Math.max(0.75, reach * 0.5);
    const step = sign * (at(-side) - at(side));
    const shaded = smoothstep(0.45, 0.65, Math.abs(x) / halfWidth);
    return mix(step, -Math.abs(step), shaded) + away(offset, reach);
  };
}

function away(offset: number, reach: number): number {
  return 6 * (offset / (reach || 1)) ** 2;
}

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
