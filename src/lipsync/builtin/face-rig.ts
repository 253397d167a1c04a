/** A portrait that can be posed: its mouth and its eyelids, each meshes of its own skin. */
import {
  LEFT_BROW,
  LEFT_EYE,
  REFINED_POINTS,
  RIGHT_BROW,
  RIGHT_EYE,
  type Landmark,
} from '../../contract';
import { frameBetween, toLocal, type Point } from './local-frame';
import { measureMouth, type MouthShape } from './mouth-geometry';
import { clamp, curveThrough, mix, smoothstep } from '../maths';
import { Mesh, Rasterizer } from './mesh';
import { measureInside } from './own-inside';
import { measurePalette } from './palette';
import { SmileFolds } from './smile-folds';
import { InteriorPainter, type Opening } from './mouth-interior';
import { type Picture, regionAround, type Region } from '../picture';
import { SHAPE_CHANNELS } from '../../phonetics/visemes';
import {
  meetingLine,
  MOVEMENTS,
  type MouthWeights,
  buildMouthMeshes,
  type MouthMeshes,
} from './mouth-mesh';

/** Channels of a pose. All run from 0 to 1; all zero is the portrait at rest. */
export const CHANNELS = [
  ...SHAPE_CHANNELS,
  /** Speech rather than the portrait's own expression. */
  'active',
  /** Eyelids closed. */
  'blink',
] as const;

type Channel = (typeof CHANNELS)[number];
export type Pose = Record<Channel, number>;

/** The portrait at rest. */
export function restPose(): Pose {
  return Object.fromEntries(CHANNELS.map((channel) => [channel, 0])) as Pose;
}

/** Below this a channel moves no pixel by a visible amount. */
const STILL = 1e-3;

/** True when nothing is moved, so that the frame is the portrait itself. */
export function isRest(pose: Pose): boolean {
  return CHANNELS.every((channel) => pose[channel] < STILL);
}

const INSIDE = 16;
const OUTSIDE = 5;
const UPPER_ROWS = 10;
const LOWER_ROWS = 5;
/** Where the lids meet: 0 at the upper lid's resting edge, 1 at the lower's. */
const MEETING = 0.86;
/**
 * Where the lid's edge is below its landmarks, as a share of the eye's height: FaceMesh's lie on the
 * lashes, those of the attention mesh on the edge itself, and what is below it is iris.
 */
const LASHES = { refined: -0.01, plain: 0.04 };
/** Height of the lid's edge with its lashes, as a share of the eye's height. */
const LID = 0.3;
/** Hair reaches below the landmarks of a brow by this share of half the eye's width. */
const BROW_RIM = 0.1;
/** Landmarks of the lower lid lie on the eye; the skin begins this share of the eye's height lower. */
const WATERLINE = 0.32;

/** Both lids of one eye. */
class Eyelids {
  readonly #upper: Mesh;
  readonly #lower: Mesh;
  /** Height of the open eye in pixels. */
  readonly height: number;

  constructor(landmarks: readonly Landmark[], side: 'left' | 'right') {
    const loop = side === 'left' ? LEFT_EYE : RIGHT_EYE;
    const brow = side === 'left' ? LEFT_BROW : RIGHT_BROW;
    const at = (index: number): Point => [landmarks[index][0], landmarks[index][1]];
    const frame = frameBetween(at(loop[0]), at(loop[8]));
    const local = (index: number) => toLocal(frame, ...at(index));
    // A little beyond the corners, so that no white stays there.
    const half = Math.max(2, -1.05 * local(loop[0])[0]);
    const ends: Point[] = [
      [-half, 0],
      [half, 0],
    ];
    const upperLid = curveThrough([...ends, ...loop.slice(1, 8).map(local)]);
    const lowerLid = curveThrough([...ends, ...loop.slice(9).map(local)]);
    this.height = lowerLid(0) - upperLid(0);
    const open = (x: number) => Math.max(0, lowerLid(x) - upperLid(x));
    const lashes = landmarks.length >= REFINED_POINTS ? LASHES.refined : LASHES.plain;
    const upper = (x: number) => upperLid(x) + lashes * open(x);
    const lower = (x: number) => lowerLid(x) + WATERLINE * open(x);
    const isInside = (x: number) => Math.abs(x) < half * 0.999;
    const edge = (curve: (x: number) => number, x: number) => (isInside(x) ? curve(x) : 0);
    // Brows stay: only the skin below them is stretched.
    const browEdge = curveThrough(brow.slice(5).map(local));
    const browBottom = (x: number) =>
      Math.min(browEdge(x) + BROW_RIM * half, edge(upper, x) - 0.1 * half);
    const lidTop = (x: number) =>
      upper(x) - Math.min(LID * open(x), 0.5 * (upper(x) - browBottom(x)));
    const columns = [
      ...Array.from({ length: OUTSIDE }, (_, i) => -half * (1 + 0.5 * (1 - i / OUTSIDE))),
      ...Array.from({ length: INSIDE + 1 }, (_, i) => half * (-1 + (2 * i) / INSIDE)),
      ...Array.from({ length: OUTSIDE }, (_, i) => half * (1 + (0.5 * (i + 1)) / OUTSIDE)),
    ];
    const meeting = (x: number) => mix(upper(x), lower(x), MEETING);
    const under = 0.7 * half;
    this.#upper = new Mesh(
      frame,
      columns,
      (x) => {
        const from = edge(upper, x);
        return Array.from({ length: UPPER_ROWS }, (_, i) =>
          mix(from, browBottom(x), i / (UPPER_ROWS - 1)),
        );
      },
      [
        (x, y) => {
          if (!isInside(x)) return [0, 0];
          // Lashes and lid go down as they are; only the skin above them is stretched.
          const bottom = browBottom(x);
          const share = clamp((y - bottom) / Math.max(1, lidTop(x) - bottom));
          return [0, (meeting(x) - upper(x)) * share];
        },
      ],
    );
    this.#lower = new Mesh(
      frame,
      columns,
      (x) => {
        const from = edge(lower, x);
        return Array.from({ length: LOWER_ROWS }, (_, i) =>
          mix(from, Math.max(from, 0) + under, i / (LOWER_ROWS - 1)),
        );
      },
      [
        (x, y) => {
          if (!isInside(x)) return [0, 0];
          const share = clamp(1 - (y - lower(x)) / under);
          return [0, (meeting(x) - lower(x)) * share * share];
        },
      ],
    );
  }

  get meshes(): Mesh[] {
    return [this.#upper, this.#lower];
  }

  /** Draws the lids closed by a share, 0 open … 1 shut. */
  draw(raster: Rasterizer, share: number): void {
    const weights = [share];
    this.#lower.move(weights);
    this.#lower.draw(raster);
    this.#upper.move(weights);
    this.#upper.draw(raster);
    const rim = Math.min(1.2, 0.1 * this.height * share);
    this.#upper.drawEdge(raster, OUTSIDE, OUTSIDE + INSIDE, () => rim);
  }
}

/** Largest opening between the lips, in mouth widths. */
const WIDEST = 0.38;
/** Lips that show teeth at rest have to open further to be seen to open. */
const WIDER_PAST_TEETH = 1.6;
/** Lips that are brought together over teeth are pressed more to be seen to close. */
const OPEN_PRESS = 1.6;
/** Lips that show teeth at rest open past them at once; a wide open mouth goes no further for it. */
const PAST_TEETH = 2;
/**
 * Nobody speaks with the whole smile: its corners come in, to a share of the mouth's natural width,
 * but no further than `most` half widths, and down, by a share of its bow.
 */
const RELAXED = { width: 0.9, most: 0.32, sag: 0.75 };
/** How far rounding draws the corners in beyond that, in half widths. */
const ROUNDING = 0.1;
/** Largest way of the chin. */
const JAW = 0.26;
/** A mouth that is open further than `from`, in mouth widths, holds its jaw down by a share of the rest. */
const HELD_OPEN = { from: 0.22, share: 0.5 };
/** Width of the soft rim of a lip, in pixels. */
const RIM = 1.2;

export class FaceRig {
  readonly picture: Picture;
  readonly mouth: MouthShape;
  readonly #meshes: MouthMeshes;
  readonly #painter: InteriorPainter;
  readonly #raster: Rasterizer;
  readonly #eyes: Eyelids[];
  readonly #opening: Opening;
  readonly #weights = new Float64Array(MOVEMENTS.length);
  readonly #intensity: number;
  /** Chin's share in the movement of the lower lip, which the lip's own way is reduced by. */
  readonly #jawAtLip: number;
  /** How far a smile's corners come in for speech, in half widths. */
  readonly #relaxed: number;
  /** Those of a smile that is let go. */
  readonly #folds: SmileFolds | undefined;
  /** How far the jaw of a wide open mouth comes up when it speaks, in pixels. */
  readonly #jawAtRest: number;
  /** How far the middle of the lips hangs below the corners, in pixels. */
  readonly #bow: number;

  /**
   * Measures a portrait; costs some tens of milliseconds, once.
   * @param landmarks 478 points of the attention mesh, or 468 of FaceMesh, in pixels of the picture
   * @param intensity how far the mouth opens; 1 is natural
   */
  constructor(picture: Picture, landmarks: readonly Landmark[], intensity = 1) {
    this.picture = picture;
    this.#intensity = intensity;
    this.mouth = measureMouth(picture, landmarks);
    this.#meshes = buildMouthMeshes(this.mouth, landmarks);
    this.#raster = new Rasterizer(picture);
    this.#eyes = [new Eyelids(landmarks, 'left'), new Eyelids(landmarks, 'right')];
    const reach = 1.3 * this.mouth.halfWidth;
    const step = 0.5;
    const size = Math.ceil((2 * reach) / step) + 2;
    this.#opening = {
      upperEdge: new Float32Array(size),
      lowerEdge: new Float32Array(size),
      left: -reach,
      step,
      first: 0,
      last: 0,
      from: 0,
      to: 0,
      jaw: 0,
      round: 0,
      tongue: 0,
      tuck: 0,
      active: 0,
    };
    const own = measureInside(picture, this.mouth, -reach, step, size);
    const palette = measurePalette(picture, landmarks, this.mouth, own?.teeth);
    this.#painter = new InteriorPainter(picture, this.mouth, palette, own, this.#opening);
    this.#jawAtLip = this.#measureJawAtLip();
    this.#relaxed = relaxedBy(this.mouth);
    if (this.mouth.isApart && this.#relaxed > 0.05) {
      this.#folds = new SmileFolds(picture, this.mouth, clamp(this.#relaxed / RELAXED.most));
    }
    const { gap, unit } = this.mouth;
    this.#jawAtRest = clamp(HELD_OPEN.share * (gap - HELD_OPEN.from * unit), 0, JAW * unit);
    this.#bow = Math.max(0, meetingLine(this.mouth, this.mouth.centre));
  }

  /** The part of the picture that any pose may change. */
  movedRegion(): Region {
    const { upper, lower } = this.#meshes;
    const meshes = [upper, lower, ...this.#eyes.flatMap((eye) => eye.meshes)];
    return regionAround(
      meshes.flatMap((mesh) => mesh.outline()),
      2,
      this.picture,
    );
  }

  /**
   * Draws a pose. At rest this is the portrait, byte for byte.
   * @param frame rgb24 of the portrait's size, overwritten
   */
  render(pose: Pose, frame: Uint8Array): void {
    if (isRest(pose)) {
      frame.set(this.picture.data);
      return;
    }
    const skin = this.#folds?.relaxed(pose.active);
    if (skin?.isNew) this.#raster.drawFrom(skin.data);
    frame.set(skin?.data ?? this.picture.data);
    this.#raster.drawInto(frame);
    if (pose.active > 0) this.#drawMouth(pose, frame);
    if (pose.blink > 0) for (const eye of this.#eyes) eye.draw(this.#raster, pose.blink);
  }

  #drawMouth(pose: Pose, frame: Uint8Array): void {
    const { upper, lower, leftCorner, rightCorner } = this.#meshes;
    const weights = this.#weigh(pose);
    upper.move(weights);
    lower.move(weights);
    // Lips that would pass each other meet half way.
    for (let i = leftCorner; i <= rightCorner; i++) {
      if (lower.y[i] < upper.y[i]) lower.y[i] = upper.y[i] = (lower.y[i] + upper.y[i]) / 2;
    }
    upper.unfold(false);
    lower.unfold(true);
    this.#traceEdges(pose);
    this.#painter.paint(frame, this.#opening);
    upper.draw(this.#raster, leftCorner - 1, rightCorner + 1);
    lower.draw(this.#raster, leftCorner - 1, rightCorner + 1);
    const rim = (i: number) => Math.min(RIM, (lower.y[i] - upper.y[i]) / 2);
    upper.drawEdge(this.#raster, leftCorner, rightCorner, rim);
    lower.drawEdge(this.#raster, leftCorner, rightCorner, (i) => -rim(i));
    this.#painter.drawContact(frame, this.#opening);
  }

  /** From the pose's shares to the meshes' weights. */
  #weigh(pose: Pose): Float64Array {
    const { unit, isApart, gap } = this.mouth;
    const parted = 1 - pose.closure;
    const past = PAST_TEETH * gap * pose.open * (1 - pose.open);
    const widest = WIDEST * (isApart ? WIDER_PAST_TEETH : 1);
    const opening = (pose.open * widest * unit + past) * parted * this.#intensity;
    const jaw =
      pose.jaw * (1 - 0.6 * pose.closure) * JAW * unit * this.#intensity -
      this.#jawAtRest * pose.active;
    const bared = pose.teeth * parted * (1 - pose.round);
    // Rounded lips open as an ellipse.
    const oval = opening * pose.round;
    const slit = opening - oval;
    const drop = 0.8 * slit + 0.02 * bared * unit;
    const weights: MouthWeights = {
      raise: 0.2 * slit + 0.03 * bared * unit + 0.09 * pose.tuck * parted * unit,
      drop: drop - jaw * this.#jawAtLip,
      oval,
      jaw,
      close: pose.active,
      narrow: isApart ? this.#relaxed * pose.active + ROUNDING * pose.round : 0.26 * pose.round,
      sag: isApart ? RELAXED.sag * pose.active * this.#bow : 0,
      wide: 0.1 * pose.wide * (1 - pose.round),
      press: pose.closure * (isApart ? OPEN_PRESS : 1),
      tuck: pose.tuck * parted,
    };
    MOVEMENTS.forEach((name, k) => (this.#weights[k] = weights[name]));
    this.#opening.jaw = jaw;
    return this.#weights;
  }

  /** Tabulates where the lips' edges are now. */
  #traceEdges(pose: Pose): void {
    const opening = this.#opening;
    const { upper, lower, leftCorner, rightCorner } = this.#meshes;
    opening.round = pose.round;
    opening.tongue = pose.tongue;
    opening.tuck = pose.tuck;
    opening.active = pose.active;
    opening.first = opening.upperEdge.length;
    opening.last = -1;
    opening.from = opening.upperEdge.length;
    opening.to = -1;
    for (let i = leftCorner; i < rightCorner; i++) {
      const x0 = upper.x[i];
      const x1 = upper.x[i + 1];
      const first = Math.max(0, Math.ceil((x0 - opening.left) / opening.step));
      const last = Math.min(
        opening.upperEdge.length - 1,
        Math.floor((x1 - opening.left) / opening.step),
      );
      for (let k = first; k <= last; k++) {
        const t = (opening.left + k * opening.step - x0) / (x1 - x0 || 1);
        opening.upperEdge[k] = upper.y[i] + (upper.y[i + 1] - upper.y[i]) * t;
        opening.lowerEdge[k] = lower.y[i] + (lower.y[i + 1] - lower.y[i]) * t;
        if (k < opening.first) opening.first = k;
        if (k > opening.last) opening.last = k;
        if (opening.lowerEdge[k] - opening.upperEdge[k] > 0.1) {
          if (k < opening.from) opening.from = k;
          if (k > opening.to) opening.to = k;
        }
      }
    }
  }

  #measureJawAtLip(): number {
    const { lower, leftCorner, rightCorner } = this.#meshes;
    const weights = MOVEMENTS.map((name) => (name === 'jaw' ? 1 : 0));
    lower.move(weights);
    const middle = (leftCorner + rightCorner) >> 1;
    return lower.y[middle] - lower.restY[middle];
  }
}

function relaxedBy({ unit, halfWidth, gap }: MouthShape): number {
  const natural = unit / halfWidth - 1;
  // Lips that are hardly parted do not smile.
  const smile = smoothstep(0.05, 0.15, gap / unit);
  return smile * clamp(1 - RELAXED.width * natural, 0, RELAXED.most);
}
