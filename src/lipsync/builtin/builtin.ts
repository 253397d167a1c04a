/** The built-in engine: a portrait and a speech in, frames out. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { frameTime, throwIfCancelled, type FrameRate, type Landmark } from '../../contract';
import { HeadMotion } from './motion/head';
import { Performance, type PerformanceOptions } from './performance';
import type { Picture } from '../picture';
import { isRest } from './pose';
import { Puppet } from './puppet';
import { crop, regionAround, shift, type Region } from '../region';
import { headEllipse, HeadWarp } from './warp/head';

export interface BuiltinOptions extends PerformanceOptions {
  /** Even width and height. */
  picture: Picture;
  /** 468 FaceMesh points in pixels of the picture. */
  landmarks: readonly Landmark[];
  /** How far the mouth opens; 1 is natural. */
  intensity?: number;
  headMotion?: boolean;
}

/** Frames between two turns of the event loop, so that a cancellation is heard. */
const FRAMES_A_TURN = 8;

/** Renders the part of a portrait that moves. */
export class BuiltinEngine {
  /** Where {@link frames} lie on the portrait. */
  readonly region: Region;
  readonly performance: Performance;
  readonly #puppet: Puppet;
  readonly #head: { motion: HeadMotion; warp: HeadWarp } | undefined;
  readonly #frameCount: number;
  readonly #rate: FrameRate;
  #openSum = 0;
  #openMax = 0;
  #rendered = 0;

  constructor(options: BuiltinOptions) {
    const { picture, landmarks, intensity = 1, frameCount, rate, headMotion = false } = options;
    this.#frameCount = frameCount;
    this.#rate = rate;
    const moved = new Puppet(picture, landmarks).movedRegion();
    this.region = headMotion ? withHead(moved, picture, landmarks) : moved;
    const part = crop(picture, this.region);
    const points = shift(landmarks, this.region);
    this.#puppet = new Puppet(part, points, intensity);
    if (headMotion) {
      const { unit } = this.#puppet.mouth;
      const duration = frameTime(frameCount, rate);
      this.#head = {
        motion: new HeadMotion(unit, duration, options.features.digest),
        warp: new HeadWarp(part, points),
      };
    }
    this.performance = new Performance(options);
  }

  /** Openness that was asked for, over the frames rendered so far, 0…1. */
  get openness(): { mean: number; max: number } {
    const mean = this.#rendered === 0 ? 0 : this.#openSum / this.#rendered;
    return { mean, max: this.#openMax };
  }

  /**
   * The frames, rgb24 of the region's size. A buffer is used again for a later frame once the next
   * one is asked for.
   * @throws E_CANCELLED when the signal is aborted
   */
  async *frames(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { picture } = this.#puppet;
    const rest = Buffer.from(picture.data);
    const frame = Buffer.alloc(rest.length);
    const turned = this.#head && Buffer.alloc(rest.length);
    for (let i = 0; i < this.#frameCount; i++) {
      throwIfCancelled(signal);
      if (i % FRAMES_A_TURN === 0) await nextTurn();
      const pose = this.performance.poseAt(i);
      const openness = pose.open * (1 - pose.closure);
      this.#openSum += openness;
      this.#openMax = Math.max(this.#openMax, openness);
      this.#rendered++;
      const still = isRest(pose);
      if (!still) this.#puppet.render(pose, frame);
      const drawn = still ? rest : frame;
      if (this.#head && turned) {
        const { motion, warp } = this.#head;
        warp.move(drawn, turned, motion.at(frameTime(i, this.#rate)));
      }
      yield turned ?? drawn;
    }
  }
}

/** The region together with the surroundings of a head that moves. */
function withHead(moved: Region, picture: Picture, landmarks: readonly Landmark[]): Region {
  const { x, y, across, along } = headEllipse(landmarks);
  return regionAround(
    [
      [moved.x, moved.y],
      [moved.x + moved.width - 2, moved.y + moved.height - 2],
      [x - across, y - along],
      [x + across, y + along],
    ],
    0,
    picture,
  );
}
