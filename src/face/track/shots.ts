/** Frames with the number of the shot that they belong to. */
import type { Picture } from '../../av/picture';

export interface ShotFrame {
  picture: Picture;
  /** From 0; a cut raises it. */
  shot: number;
  /** The frame is of one colour, so that there is nothing to look for. */
  isFlat: boolean;
}

/**
 * Passes frames on, later by a few where the picture changes suddenly: what comes next tells whether
 * it is a cut. No more than these few are in memory.
 */
export async function* withShots(frames: AsyncIterable<Picture>): AsyncGenerator<ShotFrame> {
  const finder = new CutFinder();
  const waiting: { picture: Picture; thumbnail: Thumbnail }[] = [];
  let shot = 0;
  function* judged(isEnd: boolean): Generator<ShotFrame> {
    while (waiting.length > 0) {
      const thumbnails = waiting.map(({ thumbnail }) => thumbnail);
      const verdict = finder.judge(thumbnails, isEnd);
      if (!verdict) return;
      if (verdict.cut) shot++;
      for (const { picture, thumbnail } of waiting.splice(0, verdict.frames)) {
        yield { picture, shot, isFlat: isFlat(thumbnail) };
      }
    }
  }
  for await (const picture of frames) {
    waiting.push({ picture, thumbnail: thumbnailOf(picture) });
    yield* judged(false);
  }
  yield* judged(true);
}

/** The least difference of a cut, in units of {@link difference}. */
const LEAST = 0.25;
/** A cut stands out from what moved just before it by this factor. */
const OUTSTANDING = 2.2;
/** Frames whose motion is remembered. */
const MEMORY = 6;
/** Frames after a change that are looked at: a flash that lasts longer counts as a cut. */
const LOOK_AHEAD = 8;
/** A later frame that is so much nearer to the one before the change shows that nothing was cut. */
const RETURNED = 0.5;
/** Changes that go on like this share of the first are motion. */
const GOES_ON = 0.6;

/** What the next frames are: so many of the same shot, or the first of a new one. */
type Verdict = { cut: boolean; frames: number };

/**
 * Where one shot ends and the next begins. A cut is a sudden, lasting change of the picture: motion
 * changes it again and again, and after a flash of light it is as it was.
 */
class CutFinder {
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

/** Cells a side; the frame is stretched to a square. */
const SIDE = 32;
const CHANNELS = 3;
/** Samples a side in each cell. */
const SAMPLES = 3;
/** Contrast in bytes below which a frame is flat: what it shows is noise. */
const FLAT = 6;
/** The farthest shift between two frames that is looked for, in cells. */
const MOST_SHIFT = 2;

interface Thumbnail {
  /** SIDE × SIDE × 3, without the frame's mean and in units of its contrast. */
  cells: Float32Array;
  /** Contrast of the frame (standard deviation), in bytes. */
  contrast: number;
}

function thumbnailOf({ width, height, data }: Picture): Thumbnail {
  const cells = new Float32Array(SIDE * SIDE * CHANNELS);
  const columns = samplePlaces(width).map((x) => x * 3);
  const rows = samplePlaces(height);
  rows.forEach((y, row) => {
    const from = y * width * 3;
    const cellRow = Math.floor(row / SAMPLES) * SIDE;
    columns.forEach((x, column) => {
      const cell = CHANNELS * (cellRow + Math.floor(column / SAMPLES));
      for (let channel = 0; channel < CHANNELS; channel++) {
        cells[cell + channel] += data[from + x + channel];
      }
    });
  });
  return normalise(cells.map((sum) => sum / SAMPLES ** 2));
}

/** True for a frame that shows nothing: black, white, or one colour. */
function isFlat({ contrast }: Thumbnail): boolean {
  return contrast < FLAT;
}

/**
 * Mean difference of the cells in units of contrast, at the shift at which it is least: 0 for the
 * same picture, also in another light, about 1 for unrelated ones.
 */
function difference(a: Thumbnail, b: Thumbnail): number {
  let least = Infinity;
  for (let dy = -MOST_SHIFT; dy <= MOST_SHIFT; dy++) {
    for (let dx = -MOST_SHIFT; dx <= MOST_SHIFT; dx++) {
      least = Math.min(least, differenceAt(a.cells, b.cells, dx, dy));
    }
  }
  return least;
}

function samplePlaces(length: number): number[] {
  const count = SIDE * SAMPLES;
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count));
}

function normalise(cells: Float32Array): Thumbnail {
  const mean = cells.reduce((sum, value) => sum + value, 0) / cells.length;
  const variance = cells.reduce((sum, value) => sum + (value - mean) ** 2, 0) / cells.length;
  const contrast = Math.sqrt(variance);
  const unit = Math.max(contrast, FLAT);
  return { cells: cells.map((value) => (value - mean) / unit), contrast };
}

function differenceAt(a: Float32Array, b: Float32Array, dx: number, dy: number): number {
  let sum = 0;
  const width = (SIDE - Math.abs(dx)) * CHANNELS;
  const height = SIDE - Math.abs(dy);
  for (let row = 0; row < height; row++) {
    let i = CHANNELS * ((row + Math.max(0, dy)) * SIDE + Math.max(0, dx));
    let j = CHANNELS * ((row + Math.max(0, -dy)) * SIDE + Math.max(0, -dx));
    for (let end = i + width; i < end; i++, j++) sum += Math.abs(a[i] - b[j]);
  }
  return sum / (width * height);
}
