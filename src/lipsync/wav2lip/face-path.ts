/** Where the face is in each frame of a video: the track, padded and smoothed. */
import { LRUCache } from 'lru-cache';
import type { Landmark, OpenFaceTrack, TrackedFace } from '../../contract';

/** Left, top, right, bottom in whole pixels; right and bottom are outside. */
export type PixelBox = readonly [x1: number, y1: number, x2: number, y2: number];

/** Pixels added to a box, as the reference's `--pads` takes them. */
export interface Pads {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export const NO_PADS: Pads = { top: 0, bottom: 0, left: 0, right: 0 };

/** Where a face is, in pixels of its picture. The soft blend reads the landmarks, parity the box. */
export interface FacePlace {
  /** 468 FaceMesh points. */
  landmarks?: readonly Landmark[];
  /** x1, y1, x2, y2. */
  box?: readonly number[];
}

/** The face of one frame of a video. */
export interface FaceAtFrame extends FacePlace {
  /** Number of the shot: a cut raises it. */
  shot: number;
}

/**
 * `zero-lag`: a mean of as many frames before as after, so that it neither leads nor lags.
 * `reference`: the original's, of this frame and the four that follow, which leads. Neither looks
 * beyond a cut, except for the boxes of `reference`, where the original does.
 */
type Smoothing = 'zero-lag' | 'reference' | 'none';

export interface PathOptions {
  track: OpenFaceTrack;
  /** Of the frames that are rendered, which may be smaller than the track's. */
  width: number;
  height: number;
  /** Their size as a share of the track's. */
  scale: number;
  fps: number;
  /** What is followed: with `box`, pads are added, in whole pixels. */
  follow: 'landmarks' | 'box';
  pads: Pads;
  smoothing: Smoothing;
  /** Frames of the video that are used: the whole list of the reference's smoothing. */
  used: number;
}

/** Frames in the reference's mean. */
const SPAN = 5;
/** Seconds to either side that zero-lag smoothing takes. */
const REACH = 0.12;
/** Records kept: more than any mean needs. */
const KEPT_RECORDS = 64;

/** Sides cut to whole pixels as the reference does, none below 0. */
export function wholeBox(box: readonly number[]): PixelBox {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box.map((side) => Math.trunc(Math.max(0, side)));
  return [x1, y1, x2, y2];
}

/** The box with its pads, kept inside a picture of the given size. */
export function padBox(
  [x1, y1, x2, y2]: PixelBox,
  pads: Pads,
  { width, height }: { width: number; height: number },
): PixelBox {
  return [
    Math.max(0, x1 - pads.left),
    Math.max(0, y1 - pads.top),
    Math.min(width, x2 + pads.right),
    Math.min(height, y2 + pads.bottom),
  ];
}

/**
 * The reference's smoothing, with its quirks, in place: each box becomes the mean of itself and the
 * four that follow, truncated, so that it runs two frames ahead of the motion; the last ones share a
 * window that holds boxes already smoothed.
 * @param boxes x1, y1, x2, y2 of one frame after the other
 */
export function smoothBoxes(boxes: Int32Array): void {
  const count = boxes.length / 4;
  // Below five boxes the reference's start is negative, which Python counts from the end.
  const tail = count >= SPAN ? count - SPAN : Math.max(0, 2 * count - SPAN);
  for (let i = 0; i < count; i++) {
    const from = i + SPAN > count ? tail : i;
    const end = Math.min(count, i + SPAN);
    for (let side = 0; side < 4; side++) {
      let sum = 0;
      for (let k = from; k < end; k++) sum += boxes[4 * k + side];
      boxes[4 * i + side] = Math.trunc(sum / (end - from));
    }
  }
}

export class FacePath {
  readonly #options: PathOptions;
  readonly #records = new LRUCache<number, TrackedFace>({ max: KEPT_RECORDS });
  readonly #radius: number;
  #boxes: Int32Array | undefined;

  constructor(options: PathOptions) {
    this.#options = options;
    this.#radius = Math.max(1, Math.round(REACH * options.fps));
  }

  /** The face of a frame of the video, in pixels of the rendered frame; nothing where there is none. */
  async at(frame: number): Promise<FaceAtFrame | undefined> {
    const record = await this.#record(frame);
    const { shot } = record;
    if (this.#options.follow === 'box') {
      const box = await this.#box(frame, record);
      return box && box[0] < box[2] && box[1] < box[3] ? { shot, box } : undefined;
    }
    const values = await this.#smoothed(frame, record);
    if (!values) return undefined;
    const landmarks: Landmark[] = [];
    for (let i = 0; i < values.length; i += 2) landmarks.push([values[i], values[i + 1]]);
    return { shot, landmarks };
  }

  async #box(frame: number, record: TrackedFace): Promise<PixelBox | undefined> {
    const { smoothing, used } = this.#options;
    if (smoothing === 'reference' && frame < used) {
      this.#boxes ??= await this.#referenceBoxes();
      if (!record.box) return undefined;
      const [x1, y1, x2, y2] = this.#boxes.subarray(4 * frame, 4 * frame + 4);
      return [x1, y1, x2, y2];
    }
    const box = await this.#smoothed(frame, record);
    return box && this.#padded(box);
  }

  /** Four numbers a frame, of all that are used. */
  async #referenceBoxes(): Promise<Int32Array> {
    const { used } = this.#options;
    const boxes = new Int32Array(4 * used);
    let known: PixelBox | undefined;
    for (let frame = 0; frame < used; frame++) {
      const values = this.#values(await this.#record(frame));
      if (values) {
        const isFirst = known === undefined;
        known = this.#padded(values);
        // The original has no frames without a face: they take their neighbour's box.
        for (let i = 0; isFirst && i < frame; i++) boxes.set(known, 4 * i);
      }
      if (known) boxes.set(known, 4 * frame);
    }
    smoothBoxes(boxes);
    return boxes;
  }

  #padded(box: Float64Array): PixelBox {
    return padBox(wholeBox([...box]), this.#options.pads, this.#options);
  }

  async #smoothed(frame: number, record: TrackedFace): Promise<Float64Array | undefined> {
    const own = this.#values(record);
    const { smoothing } = this.#options;
    if (!own || smoothing === 'none') return own;
    const mean = own.slice();
    const isCentred = smoothing === 'zero-lag';
    const reach = isCentred ? this.#radius : SPAN - 1;
    let sum = 1;
    for (let k = 1; k <= reach; k++) {
      const next = await this.#neighbour(frame + k, record);
      const last = isCentred ? await this.#neighbour(frame - k, record) : undefined;
      // Near a cut both sides are shortened alike.
      if (!next || (isCentred && !last)) break;
      const weight = isCentred ? Math.cos((Math.PI * k) / (2 * (reach + 1))) ** 2 : 1;
      for (let i = 0; i < mean.length; i++) {
        mean[i] += weight * (last ? last[i] + next[i] : next[i]);
      }
      sum += last ? 2 * weight : weight;
    }
    return mean.map((value) => value / sum);
  }

  /** Values of another frame of the same shot. */
  async #neighbour(frame: number, { shot }: TrackedFace): Promise<Float64Array | undefined> {
    if (frame < 0 || frame >= this.#options.track.header.frameCount) return undefined;
    const record = await this.#record(frame);
    return record.shot === shot ? this.#values(record) : undefined;
  }

  /** What is followed, one number after the other, at the rendered size. */
  #values({ landmarks, box }: TrackedFace): Float64Array | undefined {
    const { follow, scale } = this.#options;
    if (follow === 'box') return box && Float64Array.from(box, (side) => side * scale);
    if (!landmarks) return undefined;
    const values = new Float64Array(2 * landmarks.length);
    for (let i = 0; i < landmarks.length; i++) {
      values[2 * i] = landmarks[i][0] * scale;
      values[2 * i + 1] = landmarks[i][1] * scale;
    }
    return values;
  }

  async #record(frame: number): Promise<TrackedFace> {
    const known = this.#records.get(frame);
    if (known) return known;
    const record = await this.#options.track.frame(frame);
    this.#records.set(frame, record);
    return record;
  }
}
