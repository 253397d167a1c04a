/** Wav2Lip on a still portrait: a face and mel windows in, frames out. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { frameTime, throwIfCancelled, type FrameRate, type Landmark } from '../../media';
import { AlivePortrait } from '../alive';
import type { Picture } from '../picture';
import type { Region } from '../region';
import type { SoundFeatures } from '../sound/analysis';
import { mouths } from './batches';
import type { Blend, SeamMeasure } from './blend';
import type { Pads } from './boxes';
import { speechGate } from './gate';
import { HardBlend } from './hard-blend';
import type { MouthNetwork } from './mouth-network';
import { SoftBlend } from './soft-blend';

export interface StillOptions {
  /** Even width and height. */
  picture: Picture;
  /** 468 FaceMesh points in pixels of the picture. */
  landmarks: readonly Landmark[];
  /** x1, y1, x2, y2 of the face; used by `parity`. */
  box: readonly number[];
  network: MouthNetwork;
  /** The mel window of every frame. */
  windows: AsyncIterable<Float32Array>;
  features: SoundFeatures;
  rate: FrameRate;
  frameCount: number;
  /** Seconds by which the mouth is late; for the gate, the windows have it already. */
  offset: number;
  /** `parity`: the reference's rectangle and nothing else: no gate, no blinks, no head motion. */
  blend: 'soft' | 'parity';
  pads: Pads;
  silenceGate: boolean;
  /** Frames computed at once. */
  batch: number;
  blinks: boolean;
  headMotion: boolean;
}

/** Spoken frames from one measurement of the seam to the next. */
const FRAMES_A_MEASURE = 50;
/** Frames between two turns of the event loop, so that a cancellation is heard. */
const FRAMES_A_TURN = 8;

export class StillEngine {
  /** Where {@link frames} lie on the portrait. */
  readonly region: Region;
  readonly #options: StillOptions;
  readonly #blend: Blend;
  readonly #portrait: AlivePortrait;
  readonly #weights: Float32Array;
  readonly #seams: SeamMeasure[] = [];

  /** @throws E_INPUT for a box of which nothing lies inside the picture */
  constructor(options: StillOptions) {
    const { picture, landmarks, network, rate, frameCount, features, blend } = options;
    this.#options = options;
    const { size, keep } = network;
    const isSoft = blend === 'soft';
    this.#blend = isSoft
      ? new SoftBlend({ picture, landmarks, size, keep, frameSeconds: frameTime(1, rate) })
      : new HardBlend(picture, options.box, options.pads, size);
    this.#weights =
      isSoft && options.silenceGate
        ? speechGate(features, options)
        : new Float32Array(frameCount).fill(1);
    this.#portrait = new AlivePortrait({
      picture,
      landmarks,
      within: this.#blend.region,
      blinks: isSoft && options.blinks,
      headMotion: isSoft && options.headMotion,
      duration: frameTime(frameCount, rate),
      seed: features.digest,
    });
    this.region = this.#portrait.region;
  }

  /** Frames in which the portrait's own mouth is shown. */
  get silentFrames(): number {
    return this.#weights.reduce((count, weight) => count + (weight === 0 ? 1 : 0), 0);
  }

  /** The seam, as the mean of some of the frames rendered so far. */
  get seam(): SeamMeasure | undefined {
    const count = this.#seams.length;
    if (count === 0) return undefined;
    const mean = (of: (measure: SeamMeasure) => number): number =>
      this.#seams.reduce((sum, measure) => sum + of(measure), 0) / count;
    return { seam: mean(({ seam }) => seam), original: mean(({ original }) => original) };
  }

  /**
   * The frames, rgb24 of the region's size. A buffer is used again for a later frame once the next
   * one is asked for.
   * @throws E_CANCELLED when the signal is aborted
   */
  async *frames(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { network, windows, batch, rate } = this.#options;
    const weights = this.#weights;
    // Nobody speaks: the network is not asked at all.
    const isSilent = this.silentFrames === weights.length;
    const speak = isSilent ? never : await network.face(this.#blend.input);
    const frame = Buffer.alloc(this.region.width * this.region.height * 3);
    const inner = Buffer.alloc(this.#blend.region.width * this.#blend.region.height * 3);
    let spoken = 0;
    for await (const mouth of mouths(windows, { weights, batch, speak, signal })) {
      throwIfCancelled(signal);
      if (mouth.frame % FRAMES_A_TURN === 0) await nextTurn();
      const time = frameTime(mouth.frame, rate);
      const portrait = this.#portrait.at(time);
      if (!mouth.planes) {
        yield this.#portrait.moved(portrait, time);
        continue;
      }
      frame.set(portrait);
      this.#copyRows(frame, inner, true);
      this.#blend.apply(inner, mouth.planes, mouth.weight);
      this.#copyRows(frame, inner, false);
      if (mouth.weight === 1 && spoken++ % FRAMES_A_MEASURE === 0) {
        this.#seams.push(this.#blend.measureSeam(inner));
      }
      yield this.#portrait.moved(frame, time);
    }
  }

  /** Takes the blend's part out of a frame, or puts it back. */
  #copyRows(frame: Buffer, inner: Buffer, isOut: boolean): void {
    const { x, y, width, height } = this.#blend.region;
    const row = 3 * width;
    for (let line = 0; line < height; line++) {
      const at = ((y - this.region.y + line) * this.region.width + x - this.region.x) * 3;
      if (isOut) inner.set(frame.subarray(at, at + row), line * row);
      else frame.set(inner.subarray(line * row, (line + 1) * row), at);
    }
  }
}

async function never(): Promise<Float32Array> {
  return new Float32Array(0);
}
