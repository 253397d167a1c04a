/** A portrait that can be posed. */
import type { Landmark } from '../../contract';
import { measureMouth, type MouthShape } from './geometry/mouth';
import { InteriorPainter } from './paint/interior';
import type { Opening } from './paint/opening';
import { measurePalette } from './paint/palette';
import { clamp } from '../maths';
import type { Picture } from '../picture';
import { isRest, type Pose } from './pose';
import { regionAround, type Region } from '../region';
import { Eyelids } from './warp/eyelids';
import { meetingLine } from './warp/lips';
import { buildMouthSheets, type MouthSheets } from './warp/mouth-sheets';
import { MOVEMENTS, type MouthWeights } from './warp/movements';
import { Rasterizer } from './warp/raster';

/** Largest opening between the lips, in mouth widths. */
const WIDEST = 0.38;
/** Lips that show teeth at rest have to open further to be seen to open. */
const WIDER_PAST_TEETH = 1.25;
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
/** Lips of a smile are thin; pressed together they all but vanish. */
const OPEN_PRESS = 3;
/** Width of the soft rim of a lip, in pixels. */
const RIM = 1.2;

export class Puppet {
  readonly picture: Picture;
  readonly mouth: MouthShape;
  readonly #sheets: MouthSheets;
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
  /** How far the middle of the lips hangs below the corners, in pixels. */
  readonly #bow: number;

  /**
   * Measures a portrait; costs some tens of milliseconds, once.
   * @param landmarks 468 FaceMesh points in pixels of the picture
   * @param intensity how far the mouth opens; 1 is natural
   */
  constructor(picture: Picture, landmarks: readonly Landmark[], intensity = 1) {
    this.picture = picture;
    this.#intensity = intensity;
    this.mouth = measureMouth(picture, landmarks);
    this.#sheets = buildMouthSheets(this.mouth, landmarks);
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
    this.#painter = new InteriorPainter(
      picture,
      this.mouth,
      measurePalette(picture, landmarks, this.mouth),
      this.#opening,
    );
    this.#jawAtLip = this.#measureJawAtLip();
    this.#relaxed = relaxedBy(this.mouth);
    this.#bow = Math.max(0, meetingLine(this.mouth, this.mouth.centre));
  }

  /** The part of the picture that any pose may change. */
  movedRegion(): Region {
    const { upper, lower } = this.#sheets;
    const sheets = [upper, lower, ...this.#eyes.flatMap((eye) => eye.sheets)];
    return regionAround(
      sheets.flatMap((sheet) => sheet.outline()),
      2,
      this.picture,
    );
  }

  /**
   * Draws a pose. At rest this is the portrait, byte for byte.
   * @param frame rgb24 of the portrait's size, overwritten
   */
  render(pose: Pose, frame: Uint8Array): void {
    frame.set(this.picture.data);
    if (isRest(pose)) return;
    this.#raster.drawInto(frame);
    if (pose.active > 0) this.#drawMouth(pose, frame);
    if (pose.blink > 0) for (const eye of this.#eyes) eye.draw(this.#raster, pose.blink);
  }

  #drawMouth(pose: Pose, frame: Uint8Array): void {
    const { upper, lower, leftCorner, rightCorner } = this.#sheets;
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

  /** From the pose's shares to the sheets' weights. */
  #weigh(pose: Pose): Float64Array {
    const { unit, isOpen, gap } = this.mouth;
    const parted = 1 - pose.closure;
    const past = PAST_TEETH * gap * pose.open * (1 - pose.open);
    const widest = WIDEST * (isOpen ? WIDER_PAST_TEETH : 1);
    const opening = (pose.open * widest * unit + past) * parted * this.#intensity;
    const jaw = pose.jaw * (1 - 0.6 * pose.closure) * JAW * unit * this.#intensity;
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
      narrow: isOpen ? this.#relaxed * pose.active + ROUNDING * pose.round : 0.26 * pose.round,
      sag: isOpen ? RELAXED.sag * pose.active * this.#bow : 0,
      wide: 0.1 * pose.wide * (1 - pose.round),
      press: pose.closure * (isOpen ? OPEN_PRESS : 1),
      tuck: pose.tuck * parted,
    };
    MOVEMENTS.forEach((name, k) => (this.#weights[k] = weights[name]));
    this.#opening.jaw = jaw;
    return this.#weights;
  }

  /** Tabulates where the lips' edges are now. */
  #traceEdges(pose: Pose): void {
    const opening = this.#opening;
    const { upper, lower, leftCorner, rightCorner } = this.#sheets;
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
    const { lower, leftCorner, rightCorner } = this.#sheets;
    const weights = MOVEMENTS.map((name) => (name === 'jaw' ? 1 : 0));
    lower.move(weights);
    const middle = (leftCorner + rightCorner) >> 1;
    return lower.y[middle] - lower.restY[middle];
  }
}

function relaxedBy({ unit, halfWidth }: MouthShape): number {
  const natural = unit / halfWidth - 1;
  return clamp(1 - RELAXED.width * natural, 0, RELAXED.most);
}
