/**
 * Evens out the loudness range as a hand on the fader would: slowly, by short-term loudness (3 s),
 * no more than needed. Pauses keep the level of what surrounds them, so their noise is not raised.
 */
import {
  fromDecibels,
  hops,
  integrated,
  range,
  shortTerm,
  toLoudness,
  type Contour,
} from '../av/loudness/contour';

const CELLS_PER_HOP = 100;
/** From the start of a 3 s window to its middle, in hops. */
const HALF_WINDOW = 15;
const STEPS = 12;
/** What is so far under the integrated loudness is a pause (EBU Tech 3342's relative gate). */
const PAUSE = 20;

/**
 * Gains that bring the loudness range to `target` LU: linear, at the start of every cell and at the
 * end of the last one. Undefined where the range is within the target already or cannot be measured.
 */
export function level(contour: Contour, target: number): Float32Array | undefined {
  const energies = hops(contour);
  const before = range(energies);
  const centre = integrated(energies);
  if (before === null || centre === null || before <= target) return undefined;
  const deviations = deviationsFrom(centre, energies);
  let [least, most] = [0, 1];
  for (let step = 0; step < STEPS; step++) {
    const strength = (least + most) / 2;
    const after = range(hops(contour, curve(contour, deviations, strength))) ?? 0;
    if (after > target) least = strength;
    else most = strength;
  }
  return curve(contour, deviations, most);
}

/** Short-term loudness over `centre` in LU for every hop; pauses interpolated. */
function deviationsFrom(centre: number, energies: Float64Array): Float64Array {
  const known = new Map<number, number>();
  shortTerm(energies).forEach((meanSquare, hop) => {
    const deviation = toLoudness(meanSquare) - centre;
    if (deviation > -PAUSE) known.set(hop + HALF_WINDOW, deviation);
  });
  const positions = [...known.keys()];
  const result = new Float64Array(energies.length + 1);
  let next = 0;
  for (let hop = 0; hop < result.length; hop++) {
    while (next < positions.length - 1 && positions[next] < hop) next++;
    const b = positions[next];
    const a = hop >= b ? b : positions[Math.max(0, next - 1)];
    const share = b > a ? Math.max(0, (hop - a) / (b - a)) : 0;
    result[hop] = (known.get(a) as number) * (1 - share) + (known.get(b) as number) * share;
  }
  return result;
}

function curve({ energy }: Contour, deviations: Float64Array, strength: number): Float32Array {
  const gains = new Float32Array(energy.length + 1);
  for (let cell = 0; cell < gains.length; cell++) {
    const position = Math.min(cell / CELLS_PER_HOP, deviations.length - 1);
    const hop = Math.floor(position);
    const a = deviations[hop];
    const b = deviations[Math.min(hop + 1, deviations.length - 1)];
    gains[cell] = fromDecibels(-strength * (a + (b - a) * (position - hop)));
  }
  return gains;
}
