/**
 * Coarticulation: every gesture reaches into its neighbours, ahead and behind, by its dominance.
 * Model: Cohen and Massaro, "Modeling coarticulation in synthetic visual speech", 1993: a channel
 * at time t is Σ Dᵢ(t)·Tᵢ / Σ Dᵢ(t), where Dᵢ(t) = αᵢ·exp(−θ·|τ|) falls with the distance τ from
 * gesture i. What the ear would miss if the eye did not see it (closed lips, lip on teeth) is not
 * left to the mean but holds for its whole time.
 */
import { clamp, smoothstep } from '../maths';
import type { Gesture } from './gestures';
import { SHAPE_CHANNELS, type ShapeChannel } from '../../phonetics/visemes';

/** Time constants in seconds: a gesture is felt further ahead than behind (Löfqvist 1990). */
const AHEAD = 0.038;
const BEHIND = 0.033;
/** Beyond this a gesture is not felt any more. */
const REACH = 0.35;
/** Time that the lips take to close and to part. */
const CLOSING = 0.07;
const PARTING = 0.05;

export type Shape = Record<ShapeChannel, number>;

/** Evaluates gestures at rising or falling times; keeps its place, so that a walk is cheap. */
export class Coarticulation {
  readonly #gestures: readonly Gesture[];
  readonly #hold: number;
  #first = 0;

  /**
   * @param gestures in time order
   * @param frame seconds between two frames: a closure lasts at least that long, so that one sees it
   */
  constructor(gestures: readonly Gesture[], frame: number) {
    this.#gestures = gestures;
    this.#hold = frame * 1.02;
  }

  /** The mouth shape at a time in seconds. */
  at(time: number): Shape {
    this.#seek(time);
    const shape = {} as Shape;
    for (const channel of SHAPE_CHANNELS) shape[channel] = 0;
    const sums = {} as Shape;
    for (const channel of SHAPE_CHANNELS) sums[channel] = 0;
    let closure = 0;
    let tuck = 0;
    for (let i = this.#first; i < this.#gestures.length; i++) {
      const gesture = this.#gestures[i];
      if (gesture.start > time + REACH) break;
      const nearness = nearnessOf(gesture, time);
      for (const channel of SHAPE_CHANNELS) {
        const dominance = gesture.dominance[channel] * nearness;
        shape[channel] += dominance * gesture.target[channel];
        sums[channel] += dominance;
      }
      const held = this.#held(gesture, time);
      closure = Math.max(closure, gesture.target.closure * held);
      tuck = Math.max(tuck, gesture.target.tuck * held);
    }
    for (const channel of SHAPE_CHANNELS) {
      shape[channel] = sums[channel] > 0 ? shape[channel] / sums[channel] : 0;
    }
    shape.closure = closure;
    shape.tuck = tuck;
    // A lip under the teeth cannot hang open.
    shape.open *= 1 - 0.8 * tuck;
    return shape;
  }

  /** 1 while the gesture must be seen, with flanks before and after. */
  #held({ start, end }: Gesture, time: number): number {
    const length = Math.max((end - start) * 0.8, this.#hold);
    const from = (start + end - length) / 2 - 0.05 * (end - start);
    const to = from + length;
    return time < from
      ? smoothstep(from - CLOSING, from, time)
      : 1 - smoothstep(to, to + PARTING, time);
  }

  #seek(time: number): void {
    const gestures = this.#gestures;
    // A gesture may be long, but two seconds are longer than any phoneme.
    while (this.#first > 0 && gestures[this.#first - 1].end > time - 2) this.#first--;
    while (this.#first < gestures.length && gestures[this.#first].end < time - REACH) this.#first++;
  }
}

/** exp(−distance), 1 in the gesture's core. */
function nearnessOf({ start, end }: Gesture, time: number): number {
  const core = 0.25 * (end - start);
  const ahead = Math.max(0, start + core - time);
  const behind = Math.max(0, time - (end - core));
  return Math.exp(-clamp(ahead / AHEAD + behind / BEHIND, 0, 50));
}
