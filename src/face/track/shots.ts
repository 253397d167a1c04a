/** Numbers the shots of a video: finds its cuts. */
import type { Picture } from '../../av/picture';

export interface ShotFrame {
  picture: Picture;
  /** From 0; a cut raises it. */
  shot: number;
  /** The frame has one colour: not searched. */
  isFlat: boolean;
}

/**
 * Passes frames on. Where the picture changes suddenly it holds back a few, which show whether it is
 * a cut.
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
        yield { picture, shot, isFlat: thumbnail.contrast < FLAT };
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
/** Frames of which the motion is kept. */
const MEMORY = 6;
/** Frames read after a change; a flash that lasts longer counts as a cut. */
const LOOK_AHEAD = 8;
/** A later frame that differs from the one before the change by less than this share of it: a flash. */
const RETURNED = 0.5;
/** Two more changes above this share of the first one are motion. */
const GOES_ON = 0.6;

/** The next `frames` belong to the same shot, or the first of them to a new one. */
type Verdict = { cut: boolean; frames: number };

/**
 * A cut is a sudden, lasting change of the picture. Motion changes it again and again; after a flash
 * it is as before.
 */
class CutFinder {
  #before: Thumbnail | undefined;
  #motion: number[] = [];

  /**
   * @param next the frames after those already judged, at least one
   * @param isEnd the video has no more
   * @returns nothing when more frames are needed, at most {@link LOOK_AHEAD}
   */
  judge(next: readonly Thumbnail[], isEnd: boolean): Verdict | undefined {
    const [first] = next;
    if (!this.#before) return this.#go(next, { cut: false, frames: 1 });
    const change = difference(this.#before, first);
    const isLarge = change > LEAST && change > OUTSTANDING * Math.max(0, ...this.#motion);
    if (!isLarge) return this.#go(next, { cut: false, frames: 1 }, change);
    for (let ahead = 1; ahead < next.length; ahead++) {
      // A flash; the next frame is compared with the one before it.
      if (difference(this.#before, next[ahead]) < RETURNED * change) {
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

/** Whether the next changes are as large, as in a pan. */
function goesOn(next: readonly Thumbnail[], change: number): boolean {
  const [first, second, third] = next;
  if (!second || !third) return false;
  const least = GOES_ON * change;
  return difference(first, second) > least && difference(second, third) > least;
}

/** Cells a side; the frame is stretched to a square. */
const SIDE = 32;
const CHANNELS = 3;
/** Samples a side in each cell. */
const SAMPLES = 3;
/** Contrast in bytes below which a frame is flat: only noise. */
const FLAT = 6;
/** Cells by which a frame may be shifted against the next one. */
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
