/** Where a sound can be heard. */

/** −60 dBFS: what is quieter counts as silence. */
const SILENCE = 33;

export function isSilent(samples: Int16Array, index: number): boolean {
  return Math.abs(samples[index]) <= SILENCE;
}

/** First audible sample and the one after the last; both 0 for silence. */
export function audibleSpan(samples: Int16Array): { start: number; end: number } {
  let start = 0;
  while (start < samples.length && isSilent(samples, start)) start++;
  if (start === samples.length) return { start: 0, end: 0 };
  let end = samples.length;
  while (isSilent(samples, end - 1)) end--;
  return { start, end };
}

/** How many times higher a voice is at a `pitch` of 0…99: 1 at 50, an octave in 90 steps. */
export function pitchFactor(pitch: number): number {
  return 2 ** ((pitch - 50) / 90);
}
