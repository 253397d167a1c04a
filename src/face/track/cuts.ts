/**
 * Where one shot ends and the next begins. A cut is a sudden, lasting change of the picture: motion
 * changes it again and again, and after a flash of light it is as it was.
 */
import { difference, type Thumbnail } from './thumbnail';

/** The least difference of a cut, in units of {@link difference}. */
const LEAST = 0.25;
/** A cut stands out from what moved just before it by this factor. */
const OUTSTANDING = 2.2;
/** Frames whose motion is remembered. */
const MEMORY = 6;
/** Frames after a change that are looked at: a flash that lasts longer counts as a cut. */
export const LOOK_AHEAD = 8;
/** A later frame that is so much nearer to the one before the change shows that nothing was cut. */
const RETURNED = 0.5;
/** Changes that go on like this share of the first are motion. */
const GOES_ON = 0.6;

/** What the next frames are: so many of the same shot, or the first of a new one. */
export type Verdict = { cut: boolean; frames: number };

export class CutFinder {
  #before: Thumbnail | undefined;
  #motion: number[] = [];

  /**
   * Judges the first of the frames that follow those judged so far.
   * @param next the frames that are known, at least one
   * @param isEnd no more will come
   * @returns nothing when more frames must be seen first, at most {@link LOOK_AHEAD}
   */
  judge(next: readonly Thumbnail[], isEnd: boolean): Verdict | undefined {
    const [first] = next as [Thumbnail];
    if (!this.#before) return this.#go(next, { cut: false, frames: 1 });
    const change = difference(this.#before, first);
    const isLarge = change > LEAST && change > OUTSTANDING * Math.max(0, ...this.#motion);
    if (!isLarge) return this.#go(next, { cut: false, frames: 1 }, change);
    for (let ahead = 1; ahead < next.length; ahead++) {
      const distance = difference(this.#before, next[ahead]);
      if (distance < RETURNED * change) {
        // A flash: what comes next is compared with the frame before it.
        return { cut: false, frames: ahead };
      }
    }
    if (next.length <= LOOK_AHEAD && !isEnd) return undefined;
    if (goesOn(next, change)) return this.#go(next, { cut: false, frames: 1 }, change);
    this.#motion = [];
    return this.#go(next, { cut: true, frames: 1 });
  }

  #go(next: readonly Thumbnail[], verdict: Verdict, motion?: number): Verdict {
    this.#before = next[verdict.frames - 1];
    if (motion !== undefined) this.#motion = [...this.#motion, motion].slice(-MEMORY);
    return verdict;
  }
}

/** Whether the picture goes on changing as much, as it does when the camera is swung round. */
function goesOn(next: readonly Thumbnail[], change: number): boolean {
  const [first, second, third] = next;
  if (!first || !second || !third) return false;
  const least = GOES_ON * change;
  return difference(first, second) > least && difference(second, third) > least;
}
