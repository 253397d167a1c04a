/** Numbers of frames that come in order, kept as ranges. */

/** Ranges that are listed at most; messages carry small facts. */
const LISTED = 100;

export class FrameRanges {
  /** All frames. */
  count = 0;
  /** First and last frame of each; the first hundred. */
  readonly ranges: [first: number, last: number][] = [];
  #last = -Infinity;

  add(frame: number): void {
    this.count++;
    const isNext = frame === this.#last + 1;
    this.#last = frame;
    const range = this.ranges.at(-1);
    if (isNext && range?.[1] === frame - 1) range[1] = frame;
    else if (this.ranges.length < LISTED) this.ranges.push([frame, frame]);
  }
}
