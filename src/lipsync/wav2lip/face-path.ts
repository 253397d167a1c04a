/** Where the face is in each frame of a video: the track, smoothed. */
import type { Landmark, OpenFaceTrack, TrackedFace } from '../../contract';
import type { FaceAtFrame } from './blend';
import { padBox, smoothBoxes, wholeBox, type Pads, type PixelBox } from './boxes';

/**
 * `zero-lag`: a mean of as many frames before as after, so that it neither leads nor lags.
 * `reference`: the original's, of this frame and the four that follow, which leads. Neither looks
 * beyond a cut, but for the boxes of `reference`, where the original does.
 */
export type Smoothing = 'zero-lag' | 'reference' | 'none';

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

/** Seconds to either side that zero-lag smoothing takes. */
const REACH = 0.12;
/** Frames that the reference's mean has. */
const AHEAD = 5;
/** Records kept: more than any mean needs. */
const KEPT_RECORDS = 64;

export class FacePath {
  readonly #options: PathOptions;
  readonly #records = new Map<number, TrackedFace>();
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
    const { smoothing, used, pads } = this.#options;
    if (smoothing === 'reference' && frame < used) {
      this.#boxes ??= await this.#referenceBoxes();
      if (!record.box) return undefined;
      const [x1, y1, x2, y2] = this.#boxes.subarray(4 * frame, 4 * frame + 4);
      return [x1, y1, x2, y2];
    }
    const box = await this.#smoothed(frame, record);
    return box && padBox(wholeBox([...box]), pads, this.#options);
  }

  /** Four numbers a frame, of all that are used. */
  async #referenceBoxes(): Promise<Int32Array> {
    const { used, pads } = this.#options;
    const boxes = new Int32Array(4 * used);
    let known: PixelBox | undefined;
    for (let frame = 0; frame < used; frame++) {
      const values = this.#values(await this.#record(frame));
      if (values) {
        const first = known === undefined;
        known = padBox(wholeBox([...values]), pads, this.#options);
        // The original knows no frames without a face: they take their neighbour's box.
        for (let i = 0; first && i < frame; i++) boxes.set(known, 4 * i);
      }
      if (known) boxes.set(known, 4 * frame);
    }
    smoothBoxes(boxes);
    return boxes;
  }

  async #smoothed(frame: number, record: TrackedFace): Promise<Float64Array | undefined> {
    const own = this.#values(record);
    const { smoothing } = this.#options;
    if (!own || smoothing === 'none') return own;
    if (smoothing === 'reference') return this.#ahead(frame, record, own);
    let sum = 1;
    const mean = own.slice();
    for (let k = 1; k <= this.#radius; k++) {
      const before = await this.#neighbour(frame - k, record);
      const after = await this.#neighbour(frame + k, record);
      // Near a cut there is less to take: as much on either side.
      if (!before || !after) break;
      const weight = Math.cos((Math.PI * k) / (2 * (this.#radius + 1))) ** 2;
      for (let i = 0; i < mean.length; i++) mean[i] += weight * (before[i] + after[i]);
      sum += 2 * weight;
    }
    return mean.map((value) => value / sum);
  }

  async #ahead(frame: number, record: TrackedFace, own: Float64Array): Promise<Float64Array> {
    const mean = own.slice();
    let count = 1;
    for (let k = 1; k < AHEAD; k++) {
      const next = await this.#neighbour(frame + k, record);
      if (!next) break;
      for (let i = 0; i < mean.length; i++) mean[i] += next[i];
      count++;
    }
    return mean.map((value) => value / count);
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
    landmarks.forEach(([x, y], i) => {
      values[2 * i] = x * scale;
      values[2 * i + 1] = y * scale;
    });
    return values;
  }

  async #record(frame: number): Promise<TrackedFace> {
    const known = this.#records.get(frame);
    if (known) return known;
    const record = await this.#options.track.frame(frame);
    if (this.#records.size >= KEPT_RECORDS) {
      this.#records.delete(this.#records.keys().next().value!);
    }
    this.#records.set(frame, record);
    return record;
  }
}
