/**
 * Whether what was found can be a face, and whether its mouth can be seen. The networks draw a whole face over
 * whatever they are shown: over a mask, a hand, a dog. What tells the difference is how far their answers
 * scatter over crops of the same place, whether the detector's own points agree with them, and whether there
 * are lips where the landmarks say so.
 */
import { LIPS_RINGS, type Landmark } from '../contract';
import type { Point } from './detector';
import { pointsOf, VIEW_MARGIN, viewOfLandmarks, type Mesh } from './facemesh';
import type { FaceNetworks } from './networks';
import { sampleView, toView, type Pyramid } from './view';

/** What is measured of a face. */
export interface FaceMeasures {
  /** Scatter of lips and eyes over the crops, as shares of the eyes' distance. */
  lips: number;
  eyes: number;
  /** Difference in colour (CIE Lab) across the lips' outer and inner edge. */
  outerEdge: number;
  innerEdge: number;
  /** How far the lips' colour differs from that of the skin around, in standard deviations. */
  contrast: number;
  /** How much darker the line between the lips is than the lips, in standard deviations of the face. */
  line: number;
  /** How far the colour of the mouth's place (CIE Lab) is from that of cheeks and nose, or of the forehead. */
  surface: number;
  /**
   * How far the detector's points are from the landmarks, as a share of the face's size, in the view where
   * they agree best.
   */
  disagreement: number;
  /** 0…1: FaceMesh's own score. */
  presence: number;
}

/** What to do about a face: why it is refused, and what is doubtful. */
export interface Verdict {
  refused?: 'covered' | 'implausible';
  isMouthDoubtful: boolean;
  isFaceDoubtful: boolean;
}

/**
 * Weights of a logistic regression, fitted on 32 faces of photos, paintings and drawings: as they are, darker,
 * in fog, grey, blurred, compressed, with red lips, pale lips and beards; and with masks, scarves, hands,
 * microphones, tape, mugs and bars drawn over their mouths. On faces that it was not fitted on, above `doubtful`
 * lie 352 of 354 covered mouths and 9 of 280 others, above `refused` 328 and 4, which were drawn without lips;
 * and faces in profile, of which the lips cannot be told.
 */
const MOUTH = {
  lips: 3,
  outerEdge: -2.03,
  innerEdge: -1.03,
  contrast: -3.35,
  line: -1.85,
  bias: 16.92,
  doubtful: -0.25,
  refused: 2,
  /** Difference in colour from cheeks or forehead: skin and drawings without lips are below it. */
  foreign: 20,
} as const;

/** Thresholds between people (photos, paintings, drawings) and animals. */
const FACE = {
  presence: { refused: 0.5, suspect: 0.9, doubtful: 0.97 },
  disagreement: { refused: 0.2, suspect: 0.13, doubtful: 0.15 },
  eyes: 0.05,
  score: 0.8,
} as const;

/** How little a mouth is to be seen: above 0 doubtful. */
export function mouthDoubt(measures: FaceMeasures): number {
  const { lips, outerEdge, innerEdge, contrast, line } = measures;
  return (
    MOUTH.bias +
    MOUTH.lips * Math.log(lips + 0.003) +
    MOUTH.outerEdge * Math.log(outerEdge + 1) +
    MOUTH.innerEdge * Math.log(innerEdge + 1) +
    MOUTH.contrast * Math.min(contrast, 3) +
    MOUTH.line * Math.min(line, 2.5)
  );
}

/** @param score of the face, 0…1 */
export function judgeFace(measures: FaceMeasures, score: number): Verdict {
  const { presence, disagreement, eyes, surface } = measures;
  const doubt = mouthDoubt(measures);
  const isImplausible =
    presence < FACE.presence.refused ||
    disagreement > FACE.disagreement.refused ||
    (presence < FACE.presence.suspect && disagreement > FACE.disagreement.suspect);
  const isFaceDoubtful =
    isImplausible ||
    presence < FACE.presence.doubtful ||
    disagreement > FACE.disagreement.doubtful ||
    (eyes > FACE.eyes && score < FACE.score);
  const verdict = { isMouthDoubtful: doubt > MOUTH.doubtful, isFaceDoubtful };
  if (doubt > MOUTH.refused && surface > MOUTH.foreign) return { ...verdict, refused: 'covered' };
  return isImplausible ? { ...verdict, refused: 'implausible' } : verdict;
}

/** Views around a face, as multiples of its size, in which the detector's points are asked for. */
const VIEWS = [1.35, 2, 3] as const;
/** The least score of a detector's answer that is compared, and how far it may be off. */
const LEAST_SCORE = 0.1;
const MOST_DISTANCE = 0.5;
/** Side of the picture in which colours are measured: the view of the landmarks. */
const SIZE = 256;

/** @param mesh an attention mesh over several crops */
export async function measureFace(
  pyramid: Pyramid,
  networks: FaceNetworks,
  { refined = [], spread = { lips: 0, eyes: 0 }, presence }: Mesh,
): Promise<FaceMeasures> {
  const view = viewOfLandmarks(refined);
  const size = view.size / VIEW_MARGIN;
  const seen = pointsOf(refined);
  let disagreement: number = MOST_DISTANCE;
  for (const multiple of VIEWS) {
    const around = { ...view, size: size * multiple };
    for (const { points } of await networks.detect(pyramid, around, LEAST_SCORE)) {
      const distances = (['leftEye', 'rightEye', 'mouth'] as const).map(
        (name) => distance(points[name], seen[name]) / size,
      );
      disagreement = Math.min(disagreement, Math.max(...distances));
    }
  }
  const colours = new ColourField(
    sampleView(pyramid, view, { size: SIZE, scale: 1, offset: 0, outside: 'edge' }),
  );
  const points = refined.map(([x, y]): Point => {
    const [u, v] = toView(view, x, y);
    return [u * SIZE, v * SIZE];
  });
  return { ...spread, disagreement, presence, ...measureMouth(colours, points) };
}

/** Places of the face's own colour: cheeks and nose, which masks reach as well, and the forehead. */
const CHEEKS = [50, 280, 101, 330, 4, 195, 117, 346] as const;
const FOREHEAD = [151, 9, 108, 337, 168] as const;
/** How far to either side of an edge colours are compared, as a share of the mouth's width. */
const BESIDE_EDGE = 0.04;
/** The ring of skin around the lips, as a multiple of their outer edge. */
const AROUND = 1.45;
/** Columns of the lips' inner edge between which the line is measured, of the upper and of the lower lip. */
const COLUMNS = [2, 3, 4, 5, 6, 7, 8] as const;
/** Reach of the line's profile to either side, in steps and as a share of the mouth's width. */
const PROFILE = { steps: 13, reach: 0.25, core: 5, side: 7 } as const;
/** Least spread of brightness and colour, so that plain drawings do not divide by nothing. */
const LEAST_SPREAD = { face: 3, skin: 4 } as const;

function measureMouth(
  colours: ColourField,
  points: readonly Point[],
): Pick<FaceMeasures, 'outerEdge' | 'innerEdge' | 'contrast' | 'line' | 'surface'> {
  const rings = LIPS_RINGS.map((ring) => ring.map((index) => points[index]));
  const [outer, redOuter, redInner, inner] = rings;
  const [left, right] = [outer[0], outer[10]];
  const width = Math.max(1, distance(left, right));
  const down: Point = [(left[1] - right[1]) / width, (right[0] - left[0]) / width];
  const at = (indices: readonly number[]): Lab[] => indices.map((i) => colours.at(points[i]));

  const lips = redOuter.map((point, i) => colours.at(between(point, redInner[i], 0.5)));
  const middle = meanPoint(outer);
  const skin = outer.map((point) => colours.at(between(middle, point, AROUND)));
  const contrast = Math.max(
    ...([0, 1, 2] as const).map((channel) => {
      const [a, b] = [lips, skin].map((all) => statistics(all.map((lab) => lab[channel])));
      return Math.abs(a.mean - b.mean) / Math.sqrt(a.variance + b.variance + LEAST_SPREAD.skin);
    }),
  );

  const face = statistics(at(points.map((_, i) => i).slice(0, 468)).map(([light]) => light));
  const columns = COLUMNS.map((i) => {
    const start = between(inner[i], inner[20 - i], 0.5);
    const profile = Array.from({ length: 2 * PROFILE.steps + 1 }, (_, step) => {
      const by = (step / PROFILE.steps - 1) * PROFILE.reach * width;
      return colours.at([start[0] + down[0] * by, start[1] + down[1] * by])[0];
    });
    const { steps, core, side } = PROFILE;
    const darkest = Math.min(...profile.slice(steps - core, steps + core + 1));
    const lighter = Math.min(
      Math.max(...profile.slice(0, side)),
      Math.max(...profile.slice(-side)),
    );
    return lighter - darkest;
  });
  const line = median(columns) / (Math.sqrt(face.variance) + LEAST_SPREAD.face);

  const whole = [...lips, ...redInner.map((point) => colours.at(point))];
  const place = meanLab(whole);
  return {
    outerEdge: edgeOf(colours, outer, width),
    innerEdge: edgeOf(colours, inner, width),
    contrast,
    line,
    // The forehead often lies in another light: its brightness counts half.
    surface: Math.max(
      difference(place, meanLab(at(CHEEKS))),
      difference(place, meanLab(at(FOREHEAD)), 0.5),
    ),
  };
}

/** Median difference in colour across a ring. */
function edgeOf(colours: ColourField, ring: readonly Point[], width: number): number {
  const middle = meanPoint(ring);
  return median(
    ring.map((point) => {
      const length = Math.max(1e-6, distance(middle, point));
      const step = (BESIDE_EDGE * width) / length;
      const [inside, outside] = [1 - step, 1 + step].map((share) =>
        colours.at(between(middle, point, share)),
      );
      return difference(inside, outside);
    }),
  );
}

type Lab = readonly [light: number, a: number, b: number];

/** A picture of which colours are read between pixels, a little blurred, in CIE Lab (D65). */
class ColourField {
  readonly #pixels: Float32Array;

  /** @param pixels SIZE × SIZE × 3, sRGB from 0 to 255 */
  constructor(pixels: Float32Array) {
    this.#pixels = blurred(blurred(pixels));
  }

  at([x, y]: Point): Lab {
    const column = Math.min(SIZE - 1.01, Math.max(0, x - 0.5));
    const row = Math.min(SIZE - 1.01, Math.max(0, y - 0.5));
    const [x0, y0] = [Math.floor(column), Math.floor(row)];
    const [fx, fy] = [column - x0, row - y0];
    const start = (y0 * SIZE + x0) * 3;
    const mixed = [0, 1, 2].map((channel) => {
      const at = start + channel;
      const upper = this.#pixels[at] * (1 - fx) + this.#pixels[at + 3] * fx;
      const lower = this.#pixels[at + 3 * SIZE] * (1 - fx) + this.#pixels[at + 3 * SIZE + 3] * fx;
      return upper * (1 - fy) + lower * fy;
    });
    return labOf(mixed);
  }
}

/** Means of 3 × 3 pixels, the nearer ones with more weight. */
function blurred(pixels: Float32Array): Float32Array {
  return blurredAlong(blurredAlong(pixels, 3, 1), 3 * SIZE, SIZE);
}

/** @param every pixels after which the next one along the axis comes */
function blurredAlong(from: Float32Array, step: number, every: number): Float32Array {
  const to = new Float32Array(from.length);
  for (let index = 0; index < from.length; index++) {
    const at = Math.floor(index / 3 / every) % SIZE;
    const before = at > 0 ? from[index - step] : from[index];
    const after = at < SIZE - 1 ? from[index + step] : from[index];
    to[index] = (before + 2 * from[index] + after) / 4;
  }
  return to;
}

/** https://www.w3.org/TR/css-color-4/#color-conversion-code */
function labOf(rgb: readonly number[]): Lab {
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share > 0.04045 ? ((share + 0.055) / 1.055) ** 2.4 : share / 12.92;
  });
  const [x, y, z] = [
    (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
    0.2126 * red + 0.7152 * green + 0.0722 * blue,
    (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
  ].map((value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** @param light how much a difference in brightness counts */
function difference(a: Lab, b: Lab, light = 1): number {
  return Math.hypot(light * (a[0] - b[0]), a[1] - b[1], a[2] - b[2]);
}

function distance(a: Landmark, b: Landmark): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function between(a: Point, b: Point, share: number): Point {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
}

function meanPoint(points: readonly Point[]): Point {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  return [mean(0), mean(1)];
}

function meanLab(all: readonly Lab[]): Lab {
  const mean = (channel: 0 | 1 | 2) => statistics(all.map((lab) => lab[channel])).mean;
  return [mean(0), mean(1), mean(2)];
}

function statistics(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
