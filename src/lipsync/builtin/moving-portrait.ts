/** A portrait that blinks and slightly moves its head, whoever draws its mouth. */
import { FACE_OVAL, type Landmark } from '../../contract';
import { clamp, seededRandom, smoothstep } from '../maths';
import { crop, regionAround, shift, type Picture, type Region } from '../picture';
import { FaceRig, isRest, restPose, type Pose } from './face-rig';
import type { Point } from './local-frame';

/**
 * Seconds between blinks; people in talk blink every 2 to 6 seconds (Bentivoglio and others,
 * "Analysis of blink rate patterns in normal subjects", 1997).
 */
const INTERVAL = { least: 2, most: 6 };
/** A blink closes faster than it opens. */
const BLINK_CLOSING = 0.065;
const SHUT = 0.035;
const BLINK_OPENING = 0.1;
/** No blink is cut by the ends of a clip, where clips are joined. */
const MARGIN = 0.3;

/** When a portrait blinks. */
export class Blinks {
  readonly #starts: number[] = [];

  /**
   * @param duration seconds of the clip
   * @param seed the same seed gives the same blinks
   */
  constructor(duration: number, seed: number) {
    const random = seededRandom(seed);
    const length = BLINK_CLOSING + SHUT + BLINK_OPENING;
    let at = 0.8 + 2.5 * random();
    while (at < duration - length - MARGIN) {
      this.#starts.push(at);
      // Mostly short intervals, now and then a long one.
      at += INTERVAL.least + (INTERVAL.most - INTERVAL.least) * random() ** 1.3;
    }
  }

  /** How far the lids are closed at a time in seconds, 0…1. */
  at(time: number): number {
    // The last blink that began by then.
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= time) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const since = time - this.#starts[low - 1];
    if (since < BLINK_CLOSING) return smoothstep(0, BLINK_CLOSING, since);
    return clamp(1 - smoothstep(BLINK_CLOSING + SHUT, BLINK_CLOSING + SHUT + BLINK_OPENING, since));
  }

  get count(): number {
    return this.#starts.length;
  }
}

/** Slow movement of the whole head, in pixels and radians. */
interface HeadPose {
  x: number;
  y: number;
  roll: number;
}

const WAVES = 3;

/** Slight movement of the head: a sum of slow waves whose periods never meet. */
export class HeadMotion {
  readonly #waves: { axis: 'x' | 'y' | 'roll'; size: number; speed: number; phase: number }[] = [];
  readonly #duration: number;

  /**
   * @param unit length that movements are measured in, pixels (a mouth width)
   * @param duration seconds; the head is at rest at both ends, where clips are joined
   */
  constructor(unit: number, duration: number, seed: number) {
    this.#duration = duration;
    const random = seededRandom(seed ^ 0x5bd1e995);
    const sizes = { x: 0.035 * unit, y: 0.025 * unit, roll: 0.012 };
    for (const axis of ['x', 'y', 'roll'] as const) {
      for (let i = 0; i < WAVES; i++) {
        this.#waves.push({
          axis,
          size: sizes[axis] / (i + 1),
          speed: 2 * Math.PI * (0.11 + 0.13 * i + 0.05 * random()),
          phase: 2 * Math.PI * random(),
        });
      }
    }
  }

  /** Where the head is at a time in seconds. */
  at(time: number): HeadPose {
    const pose = { x: 0, y: 0, roll: 0 };
    for (const { axis, size, speed, phase } of this.#waves) {
      pose[axis] += size * Math.sin(speed * time + phase);
    }
    const edge = Math.min(time, this.#duration - time);
    const share = edge <= 0 ? 0 : edge >= 0.8 ? 1 : (1 - Math.cos((Math.PI * edge) / 0.8)) / 2;
    return { x: pose.x * share, y: pose.y * share, roll: pose.roll * share };
  }
}

/** The ellipse that moves, in widths and heights of the face; it holds hair and a part of the neck. */
const REACH = { across: 1.15, along: 1.05 };
/** Inside this share of the ellipse everything moves as one. */
const RIGID = 0.5;

/** The ellipse around a head: centre and half axes in pixels. */
export function headEllipse(landmarks: readonly Landmark[]) {
  const outline = FACE_OVAL.map((index) => landmarks[index]);
  const xs = outline.map(([x]) => x);
  const ys = outline.map(([, y]) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  return {
    x: (left + right) / 2,
    y: (top + bottom) / 2,
    across: Math.max(2, REACH.across * (right - left)),
    along: Math.max(2, REACH.along * (bottom - top)),
  };
}

/** Fixed-point arithmetic: places in 1/256 pixel, shares in 1/4096, so that products stay below 2³¹. */
const PLACE_BITS = 8;
const ONE = 1 << PLACE_BITS;
const SHARE_BITS = 12;

/**
 * Moves the whole head a little. What is around it gives way smoothly up to the region's border, so
 * that no hole opens behind it.
 */
export class HeadWarp {
  readonly #width: number;
  readonly #height: number;
  readonly #share: Uint16Array;
  /** The columns of a row that move: from first to before last. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #pivotX: number;
  readonly #pivotY: number;

  constructor({ width, height }: Picture, landmarks: readonly Landmark[]) {
    this.#width = width;
    this.#height = height;
    const ellipse = headEllipse(landmarks);
    this.#pivotX = ellipse.x;
    // A head turns about the neck, not about the nose.
    this.#pivotY = ellipse.y + 0.6 * ellipse.along;
    this.#share = new Uint16Array(width * height);
    this.#first = new Int32Array(height).fill(width);
    this.#last = new Int32Array(height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const away = Math.hypot((x - ellipse.x) / ellipse.across, (y - ellipse.y) / ellipse.along);
        const border = Math.min(x, y, width - 1 - x, height - 1 - y) / (0.1 * ellipse.across);
        const share = (1 - smoothstep(RIGID, 1, away)) * smoothstep(0, 1, border);
        const fixed = Math.round(share * (1 << SHARE_BITS));
        if (fixed === 0) continue;
        this.#share[y * width + x] = fixed;
        this.#first[y] = Math.min(this.#first[y], x);
        this.#last[y] = x + 1;
      }
    }
  }

  /** Draws a frame with its head moved into another; both rgb24 of the picture's size. */
  move(from: Uint8Array, to: Uint8Array, { x, y, roll }: HeadPose): void {
    to.set(from);
    if (x === 0 && y === 0 && roll === 0) return;
    const step = Math.round(roll * ONE * ONE);
    for (let row = 0; row < this.#height; row++) {
      const first = this.#first[row];
      if (first >= this.#last[row]) continue;
      // Backwards, by the small-angle rotation: shares fall slowly, so nothing folds.
      const across = Math.round((x - roll * (row - this.#pivotY)) * ONE);
      const down = Math.round((y + roll * (first - this.#pivotX)) * ONE * ONE);
      this.#moveRow(from, to, row, across, down, step);
    }
  }

  /** @param across, down way of a fully moved pixel, places; down and its step a column in 1/256 place */
  #moveRow(
    from: Uint8Array,
    to: Uint8Array,
    row: number,
    across: number,
    down: number,
    step: number,
  ): void {
    const width = this.#width;
    const stride = 3 * width;
    const rightmost = (width - 1) << PLACE_BITS;
    const lowest = (this.#height - 1) << PLACE_BITS;
    const last = this.#last[row];
    for (let x = this.#first[row]; x < last; x++, down += step) {
      const share = this.#share[row * width + x];
      const u = (x << PLACE_BITS) - ((share * across) >> SHARE_BITS);
      const v = (row << PLACE_BITS) - ((share * (down >> PLACE_BITS)) >> SHARE_BITS);
      const fu = u < 0 ? 0 : u > rightmost ? rightmost : u;
      const fv = v < 0 ? 0 : v > lowest ? lowest : v;
      const right = fu & (ONE - 1);
      const below = fv & (ONE - 1);
      const a = (fv >> PLACE_BITS) * stride + (fu >> PLACE_BITS) * 3;
      const b = right === 0 ? a : a + 3;
      const c = below === 0 ? a : a + stride;
      const d = c + b - a;
      const w11 = right * below;
      const w10 = (right << PLACE_BITS) - w11;
      const w01 = (below << PLACE_BITS) - w11;
      const w00 = ONE * ONE - w10 - w01 - w11;
      const out = row * stride + x * 3;
      to[out] = (from[a] * w00 + from[b] * w10 + from[c] * w01 + from[d] * w11 + 32768) >> 16;
      to[out + 1] =
        (from[a + 1] * w00 + from[b + 1] * w10 + from[c + 1] * w01 + from[d + 1] * w11 + 32768) >>
        16;
      to[out + 2] =
        (from[a + 2] * w00 + from[b + 2] * w10 + from[c + 2] * w01 + from[d + 2] * w11 + 32768) >>
        16;
    }
  }
}

interface MovingOptions {
  picture: Picture;
  /** 478 points of the attention mesh, or 468 of FaceMesh, in pixels of the picture. */
  landmarks: readonly Landmark[];
  /** Where the mouth is drawn by others; left out, the portrait's own mouth is moved. */
  within?: Region;
  blinks?: boolean;
  headMotion?: boolean;
  /** How far the mouth opens; 1 is natural. */
  intensity?: number;
}

/** A portrait whose face can be posed, whose eyes blink and whose head moves. */
export class MovingPortrait {
  /** What may change: holds `within`. */
  readonly region: Region;
  readonly #rest: Buffer;
  readonly #frame: Buffer;
  readonly #rig: FaceRig | undefined;
  readonly #head: { warp: HeadWarp; frame: Buffer; unit: number } | undefined;
  readonly #blinks: boolean;

  constructor(options: MovingOptions) {
    const { picture, landmarks, within, blinks = true, headMotion = false, intensity } = options;
    this.#blinks = blinks;
    const isPosed = !within || blinks;
    const corners = [within, isPosed && new FaceRig(picture, landmarks).movedRegion()].flatMap(
      (region): Point[] =>
        region
          ? [
              [region.x, region.y],
              [region.x + region.width - 2, region.y + region.height - 2],
            ]
          : [],
    );
    if (headMotion) {
      const { x, y, across, along } = headEllipse(landmarks);
      corners.push([x - across, y - along], [x + across, y + along]);
    }
    this.region = regionAround(corners, 0, picture);
    const part = crop(picture, this.region);
    const points = shift(landmarks, this.region);
    this.#rest = Buffer.from(part.data);
    this.#frame = Buffer.alloc(this.#rest.length);
    if (!isPosed && !headMotion) return;
    const rig = new FaceRig(part, points, intensity);
    if (isPosed) this.#rig = rig;
    if (!headMotion) return;
    const frame = Buffer.alloc(this.#rest.length);
    this.#head = { warp: new HeadWarp(part, points), frame, unit: rig.mouth.unit };
  }

  /** The portrait in a pose, rgb24 of the region's size, to be read only until the next call. */
  posed(pose: Pose): Buffer {
    if (!this.#rig || isRest(pose)) return this.#rest;
    this.#rig.render(pose, this.#frame);
    return this.#frame;
  }

  /**
   * Blinks and movement of the head for one clip.
   * @param duration seconds
   * @param seed the same seed gives the same movement
   */
  begin(duration: number, seed: number) {
    const blinks = this.#blinks ? new Blinks(duration, seed) : undefined;
    const head = this.#head;
    const motion = head && new HeadMotion(head.unit, duration, seed);
    return {
      /** The portrait at a time in seconds with its own mouth, as {@link posed} gives it. */
      at: (time: number): Buffer => this.posed({ ...restPose(), blink: blinks?.at(time) ?? 0 }),
      /** A drawn frame with its head moved; the frame itself where nothing moves. */
      moved: (frame: Buffer, time: number): Buffer => {
        if (!head || !motion) return frame;
        head.warp.move(frame, head.frame, motion.at(time));
        return head.frame;
      },
    };
  }
}
