/** The reference's own frames, for comparisons with it. */
import { cut, referenceWindowStarts } from './windows';
import { BANDS } from './mel-filters';

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
