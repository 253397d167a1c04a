/** Slight movement of the head: a sum of slow waves whose periods never meet. */
import type { HeadPose } from '../pose';
import { seededRandom } from '../random';

const WAVES = 3;

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
