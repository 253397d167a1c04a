/** Life in a still portrait apart from its mouth: blinks and slight movement of the head. */
import type { Landmark } from '../contract';
import { Blinks } from './builtin/motion/blinks';
import { HeadMotion } from './builtin/motion/head';
import type { Picture } from './picture';
import { restPose } from './builtin/pose';
import { Puppet } from './builtin/puppet';
import { crop, regionAround, shift, type Region } from './region';
import { headEllipse, HeadWarp } from './builtin/warp/head';

export interface AliveOptions {
  picture: Picture;
  /** 468 FaceMesh points in pixels of the picture. */
  landmarks: readonly Landmark[];
  /** What else will be drawn into. */
  within: Region;
  blinks: boolean;
  headMotion: boolean;
  /** Seconds of the clip. */
  duration: number;
  seed: number;
}

export class AlivePortrait {
  /** What may change: holds `within`. */
  readonly region: Region;
  readonly #rest: Buffer;
  readonly #blinking: { puppet: Puppet; blinks: Blinks; frame: Buffer } | undefined;
  readonly #head: { motion: HeadMotion; warp: HeadWarp; frame: Buffer } | undefined;

  constructor({ picture, landmarks, within, blinks, headMotion, duration, seed }: AliveOptions) {
    const moved = blinks ? [new Puppet(picture, landmarks).movedRegion()] : [];
    this.region = around(
      [within, ...moved],
      headMotion ? headEllipse(landmarks) : undefined,
      picture,
    );
    const part = crop(picture, this.region);
    const points = shift(landmarks, this.region);
    this.#rest = Buffer.from(part.data);
    const frame = (): Buffer => Buffer.alloc(this.#rest.length);
    if (!blinks && !headMotion) return;
    const puppet = new Puppet(part, points);
    if (blinks) this.#blinking = { puppet, blinks: new Blinks(duration, seed), frame: frame() };
    if (!headMotion) return;
    const motion = new HeadMotion(puppet.mouth.unit, duration, seed);
    this.#head = { motion, warp: new HeadWarp(part, points), frame: frame() };
  }

  /** The portrait at a time in seconds, rgb24 of the region's size, to be read only. */
  at(time: number): Buffer {
    const blink = this.#blinking?.blinks.at(time) ?? 0;
    if (!this.#blinking || blink === 0) return this.#rest;
    const { puppet, frame } = this.#blinking;
    puppet.render({ ...restPose(), blink }, frame);
    return frame;
  }

  /** A drawn frame with its head moved; the frame itself where nothing moves. */
  moved(frame: Buffer, time: number): Buffer {
    if (!this.#head) return frame;
    this.#head.warp.move(frame, this.#head.frame, this.#head.motion.at(time));
    return this.#head.frame;
  }
}

function around(
  regions: readonly Region[],
  head: ReturnType<typeof headEllipse> | undefined,
  picture: Picture,
): Region {
  const corners = regions.flatMap(({ x, y, width, height }): [number, number][] => [
    [x, y],
    [x + width - 2, y + height - 2],
  ]);
  if (head) {
    const { x, y, across, along } = head;
    corners.push([x - across, y - along], [x + across, y + along]);
  }
  return regionAround(corners, 0, picture);
}
