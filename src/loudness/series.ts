/** Loudness over time, short enough to draw. */
import type { LoudnessSeries } from './stage';
import { hops, shortTerm, toLoudness, windows, type Contour } from '../av/loudness/contour';

/** Points of a curve. */
const MOST_POINTS = 500;
/** Seconds between two windows, and the length of a momentary one in such steps (BS.1770-4). */
const HOP = 0.1;
const MOMENTARY_HOPS = 4;
/** LUFS below which a window counts as silence. */
const SILENCE = -70;

/**
 * Momentary loudness (windows of 0.4 s) and short-term loudness (3 s), in LUFS. Of long sounds each
 * point is the loudest of those that it stands for, so that no moment is hidden.
 */
export function seriesOf(contour: Contour): LoudnessSeries {
  const energies = hops(contour);
  const each = Math.max(1, Math.ceil(energies.length / MOST_POINTS));
  return {
    step: each * HOP,
    momentary: curve(windows(energies, MOMENTARY_HOPS), each),
    shortTerm: curve(shortTerm(energies), each),
  };
}

function curve(meanSquares: Float64Array, each: number): (number | null)[] {
  return Array.from({ length: Math.ceil(meanSquares.length / each) }, (_, point) => {
    const part = meanSquares.subarray(point * each, (point + 1) * each);
    const loudness = toLoudness(part.reduce((most, value) => Math.max(most, value), 0));
    return loudness > SILENCE ? Math.round(10 * loudness) / 10 : null;
  });
}
