/** A very small copy of a frame, and how different two of them are whatever their light. */
import type { Picture } from '../../av/picture';

/** Cells a side; the frame is stretched to a square. */
const SIDE = 32;
const CHANNELS = 3;
/** Samples a side in each cell. */
const SAMPLES = 3;
/** Contrast in bytes below which a frame is flat: what it shows is noise. */
const FLAT = 6;
/** The farthest shift between two frames that is looked for, in cells. */
const MOST_SHIFT = 2;

export interface Thumbnail {
  /** SIDE × SIDE × 3, without the frame's mean and in units of its contrast. */
  cells: Float32Array;
  /** Contrast of the frame (standard deviation), in bytes. */
  contrast: number;
}

export function thumbnailOf({ width, height, data }: Picture): Thumbnail {
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
export function isFlat({ contrast }: Thumbnail): boolean {
  return contrast < FLAT;
}

/**
 * Mean difference of the cells in units of contrast, at the shift at which it is least: 0 for the
 * same picture, also in another light, about 1 for unrelated ones.
 */
export function difference(a: Thumbnail, b: Thumbnail): number {
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
