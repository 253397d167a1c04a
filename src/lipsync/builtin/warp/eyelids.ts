/** Eyelids: the skin between brow and lashes comes down over the eye, the lower lid rises a little. */
import { LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE, type Landmark } from '../../../contract';
import { frameBetween, toLocal, type Point } from '../geometry/local-frame';
import { clamp, curveThrough, mix } from '../../maths';
import { Sheet } from './sheet';
import type { Rasterizer } from './raster';

const INSIDE = 16;
const OUTSIDE = 5;
const UPPER_ROWS = 10;
const LOWER_ROWS = 5;
/** Where the lids meet: 0 at the upper lid's resting edge, 1 at the lower's. */
const MEETING = 0.86;
/** The lash line lies below the lid's landmarks; this share of the eye's height goes along. */
const LASHES = 0.04;
/** Height of the lid's edge with its lashes, as a share of the eye's height. */
const LID = 0.3;
/** Landmarks of the lower lid lie on the eye; the skin begins this share of the eye's height lower. */
const WATERLINE = 0.32;

/** Both lids of one eye. */
export class Eyelids {
  readonly #upper: Sheet;
  readonly #lower: Sheet;
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
    const upper = (x: number) => upperLid(x) + LASHES * open(x);
    const lower = (x: number) => lowerLid(x) + WATERLINE * open(x);
    const browBottom = Math.min(
      -0.35 * half,
      curveThrough(brow.map(local))(0) * 0.5 +
        Math.max(...brow.map((index) => local(index)[1])) * 0.5,
    );
    const columns = [
      ...Array.from({ length: OUTSIDE }, (_, i) => -half * (1 + 0.5 * (1 - i / OUTSIDE))),
      ...Array.from({ length: INSIDE + 1 }, (_, i) => half * (-1 + (2 * i) / INSIDE)),
      ...Array.from({ length: OUTSIDE }, (_, i) => half * (1 + (0.5 * (i + 1)) / OUTSIDE)),
    ];
    const isInside = (x: number) => Math.abs(x) < half * 0.999;
    const edge = (curve: (x: number) => number, x: number) => (isInside(x) ? curve(x) : 0);
    const meeting = (x: number) => mix(upper(x), lower(x), MEETING);
    const under = 0.7 * half;
    this.#upper = new Sheet(
      frame,
      columns,
      (x) => {
        const from = edge(upper, x);
        return Array.from({ length: UPPER_ROWS }, (_, i) =>
          mix(from, browBottom, i / (UPPER_ROWS - 1)),
        );
      },
      [
        (x, y) => {
          if (!isInside(x)) return [0, 0];
          // Lashes and lid go down as they are; only the skin above them is stretched.
          const lid = upper(x) - LID * open(x);
          const share = clamp((y - browBottom) / Math.max(1, lid - browBottom));
          return [0, (meeting(x) - upper(x)) * share];
        },
      ],
    );
    this.#lower = new Sheet(
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

  get sheets(): Sheet[] {
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
