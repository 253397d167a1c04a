/** Wav2Lip on a still portrait: a face and mel windows in, frames out. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { frameTime, throwIfCancelled, type Landmark } from '../../contract';
import { AlivePortrait } from '../alive';
import type { Picture } from '../picture';
import type { Region } from '../region';
import { answered, type Asked } from './batches';
import type { Blend, SeamMeasure, Sight } from './blend';
import type { Pads } from './boxes';
import { FRAMES_A_TURN, type EngineOptions } from './engine-options';
import { speechGate } from './gate';
import { HardBlend } from './hard-blend';
import { Seams } from './seams';
import { SoftBlend } from './soft-blend';

export interface StillOptions extends EngineOptions {
  /** Even width and height. */
  picture: Picture;
  /** 468 FaceMesh points in pixels of the picture; `parity` does without. */
  landmarks?: readonly Landmark[];
  /** x1, y1, x2, y2 of the face; used by `parity`. */
  box: readonly number[];
  /** `parity`: the reference's rectangle and nothing else: no gate, no blinks, no head motion. */
  blend: 'soft' | 'parity';
  pads: Pads;
  blinks: boolean;
  headMotion: boolean;
}

/** Frames without speech that wait for a batch to fill, at most. */
const HELD = 64;

export class StillEngine {
  /** Where {@link frames} lie on the portrait. */
  readonly region: Region;
  readonly #options: StillOptions;
  readonly #blend: Blend;
  readonly #sight: Sight;
  readonly #portrait: AlivePortrait;
  readonly #weights: Float32Array;
  readonly #seams = new Seams();

  /** @throws E_INPUT for a box of which nothing lies inside the picture */
  constructor(options: StillOptions) {
    const { picture, landmarks = [], network, rate, frameCount, features, blend } = options;
    this.#options = options;
    const { size, keep } = network;
    const isSoft = blend === 'soft';
    this.#blend = isSoft
      ? new SoftBlend({ size, keep, frameSeconds: frameTime(1, rate) })
      : new HardBlend(options.pads, size);
    this.#sight = this.#blend.see(picture, options);
    this.#weights =
      isSoft && options.silenceGate
        ? speechGate(features, options)
        : new Float32Array(frameCount).fill(1);
    this.#portrait = new AlivePortrait({
      picture,
      landmarks,
      within: this.#sight.region,
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
    return this.#seams.mean;
  }

  /**
   * The frames, rgb24 of the region's size. A buffer is used again for a later frame once the next
   * one is asked for.
   * @throws E_CANCELLED when the signal is aborted
   */
  async *frames(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { network, batch, rate } = this.#options;
    // Nobody speaks: the network is not asked at all.
    const isSilent = this.silentFrames === this.#weights.length;
    const speak = isSilent ? never : await network.face(this.#sight.input);
    const data = Buffer.alloc(this.region.width * this.region.height * 3);
    const frame = { ...this.region, data };
    const answers = answered(this.#asked(), { batch, held: HELD, speak, signal });
    for await (const { frame: asked, planes } of answers) {
      throwIfCancelled(signal);
      if (asked.index % FRAMES_A_TURN === 0) await nextTurn();
      const weight = this.#weights[asked.index];
      const time = frameTime(asked.index, rate);
      const portrait = this.#portrait.at(time);
      if (!planes) {
        yield this.#portrait.moved(portrait, time);
        continue;
      }
      data.set(portrait);
      this.#blend.put(this.#sight, frame, planes, weight);
      if (weight === 1 && this.#seams.isNext()) {
        const before = { ...this.region, data: portrait };
        this.#seams.add(this.#blend.measureSeam(this.#sight, before, frame));
      }
      yield this.#portrait.moved(data, time);
    }
  }

  async *#asked(): AsyncGenerator<Asked & { index: number }> {
    let index = 0;
    for await (const window of this.#options.windows) {
      yield { index, window: this.#weights[index] > 0 ? window : undefined };
      index++;
    }
  }
}

async function never(): Promise<Float32Array> {
  return new Float32Array(0);
}
