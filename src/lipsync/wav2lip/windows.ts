/** Which piece of the mel spectrogram each video frame hears: 16 columns, 0.2 seconds. */
import { inputError, throwIfCancelled, type FrameRate } from '../../contract';
import { BANDS, COLUMNS_PER_SECOND, SILENCE } from './mel';

/** Columns of one window. */
export const WINDOW_COLUMNS = 16;
/** Values of one window: 80 bands, each with 16 columns, as the network wants it. */
export const WINDOW_VALUES = BANDS * WINDOW_COLUMNS;

/**
 * First column that a frame hears, exactly: `floor(80·frame/fps) − round(80·offset)`. It may lie
 * before the sound or after it.
 * @param offset seconds; positive shows the mouth later (the frame hears earlier sound), negative
 * earlier. 0 is what the reference does at inference; its training aligned windows as 0.04 at 25
 * frames a second does.
 */
export function windowStart(frame: number, rate: FrameRate, offset = 0): number {
  const start = Math.floor((frame * COLUMNS_PER_SECOND * rate.den) / rate.num);
  return start - Math.round(offset * COLUMNS_PER_SECOND);
}

/**
 * First column of every window as the reference has them: it ends with the last window that fits and
 * adds one that holds the last 16 columns, so that 3 to 9 frames a clip are lost (A 30 s clip at
 * 25 frames a second has 747). Only for comparisons with it.
 * @param columns of the whole spectrogram
 * @throws E_INPUT below 16 columns, where the reference stops too
 */
export function referenceWindowStarts(columns: number, fps: number): number[] {
  if (columns < WINDOW_COLUMNS) {
    throw inputError('the speech', `at least ${WINDOW_COLUMNS} mel columns (0.19 s)`, columns);
  }
  const step = COLUMNS_PER_SECOND / fps;
  const starts: number[] = [];
  for (let start = 0; start + WINDOW_COLUMNS <= columns;) {
    starts.push(start);
    start = Math.trunc(starts.length * step);
  }
  return [...starts, columns - WINDOW_COLUMNS];
}

export interface WindowOptions {
  rate: FrameRate;
  /** Frames of the clip: exactly so many windows come. Sound that is missing is silence. */
  frames: number;
  /** Seconds, see {@link windowStart}. */
  offset?: number;
  signal: AbortSignal;
}

/**
 * The window of every frame, in order, each a new array of 80 × 16 values (bands in rows). Keeps only
 * the columns that a later window needs.
 * @param columns pieces of whole columns, as MelStream gives them
 */
export async function* melWindows(
  columns: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  { rate, frames, offset = 0, signal }: WindowOptions,
): AsyncGenerator<Float32Array> {
  /** Columns from number `origin` on. */
  let kept = new Float32Array(0);
  let origin = 0;
  let frame = 0;
  for await (const piece of columns) {
    throwIfCancelled(signal);
    const unneeded = windowStart(frame, rate, offset) - origin;
    const drop = Math.max(0, Math.min(unneeded, kept.length / BANDS));
    const joined = new Float32Array(kept.length - drop * BANDS + piece.length);
    joined.set(kept.subarray(drop * BANDS));
    joined.set(piece, kept.length - drop * BANDS);
    kept = joined;
    origin += drop;
    const end = origin + kept.length / BANDS;
    for (; frame < frames; frame++) {
      const start = windowStart(frame, rate, offset);
      if (start + WINDOW_COLUMNS > end) break;
      yield cut(kept, start - origin);
    }
    if (frame === frames) return;
  }
  for (; frame < frames; frame++) {
    throwIfCancelled(signal);
    yield cut(kept, windowStart(frame, rate, offset) - origin);
  }
}

/** A window out of columns that lie one after the other; silence where there are none. */
export function cut(columns: Float32Array, start: number): Float32Array {
  const window = new Float32Array(WINDOW_VALUES).fill(SILENCE);
  for (let i = 0; i < WINDOW_COLUMNS; i++) {
    const from = (start + i) * BANDS;
    if (from < 0 || from >= columns.length) continue;
    for (let band = 0; band < BANDS; band++) {
      window[band * WINDOW_COLUMNS + i] = columns[from + band];
    }
  }
  return window;
}

/**
 * The windows that the reference makes of a sound. It needs the whole spectrogram at once, as the
 * last window is measured from its end: 26 KB a second.
 * @throws E_INPUT below 16 columns
 */
export async function referenceWindows(
  pieces: AsyncIterable<Float32Array>,
  fps: number,
): Promise<{ frameCount: number; windows: AsyncGenerator<Float32Array> }> {
  const kept: Float32Array[] = [];
  for await (const piece of pieces) kept.push(piece);
  const columns = new Float32Array(kept.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const piece of kept) {
    columns.set(piece, filled);
    filled += piece.length;
  }
  const starts = referenceWindowStarts(columns.length / BANDS, fps);
  async function* windows(): AsyncGenerator<Float32Array> {
    for (const start of starts) yield cut(columns, start);
  }
  return { frameCount: starts.length, windows: windows() };
}
