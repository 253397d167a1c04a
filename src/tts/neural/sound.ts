/** The sound of a neural voice, from floats to the stage's samples. */

/** Seconds in which a piece fades in and out: these voices are not silent at the edges, and some click. */
const FADE_IN = 0.005;
const FADE_OUT = 0.02;

/**
 * A stretch of sound after some silence, faded at both ends.
 * @param sound −1…1
 * @param start sample, included; outside of the sound counts as its edge
 * @param end sample, not included
 * @param gap samples of silence before it
 */
export function cutSound(
  sound: Float32Array,
  { start, end, gap, sampleRate }: { start: number; end: number; gap: number; sampleRate: number },
): Int16Array {
  const from = Math.max(0, Math.min(sound.length, start));
  const to = Math.max(from, Math.min(sound.length, end));
  const length = to - from;
  const samples = new Int16Array(gap + length);
  const fadeIn = Math.min(Math.round(FADE_IN * sampleRate), length >> 1);
  const fadeOut = Math.min(Math.round(FADE_OUT * sampleRate), length >> 1);
  for (let i = 0; i < length; i++) {
    const value = Math.max(-1, Math.min(1, sound[from + i]));
    const gain = Math.min(1, (i + 1) / (fadeIn + 1), (length - i) / (fadeOut + 1));
    samples[gap + i] = Math.round(value * gain * 32767);
  }
  return samples;
}
