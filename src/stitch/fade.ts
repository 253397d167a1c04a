/** Cross-fading of interleaved 16-bit samples. */

/** What counts as audible: −50 dBFS, some 34 dB below speech at −16 LUFS. */
const AUDIBLE = 32768 * 10 ** (-50 / 20);
/** Samples per channel that are judged together: 10 ms at 48 kHz. */
const WINDOW = 480;

/** Fades `from` out while `to` comes in, both equally long, with constant power. */
export function crossFade(from: Int16Array, to: Int16Array, channels: number): Int16Array {
  const result = new Int16Array(to.length);
  const samples = to.length / channels;
  for (let i = 0; i < result.length; i++) {
    const angle = ((Math.floor(i / channels) + 0.5) / samples) * (Math.PI / 2);
    const sum = (from[i] ?? 0) * Math.cos(angle) + to[i] * Math.sin(angle);
    result[i] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return result;
}

/** Samples per channel, in windows of 10 ms, in which one of two sounds is audible (RMS). */
export function audibleSamples(a: Int16Array, b: Int16Array, channels: number): number {
  const step = WINDOW * channels;
  let audible = 0;
  for (let start = 0; start < a.length; start += step) {
    const parts = [a, b].map((sound) => sound.subarray(start, start + step));
    if (parts.some((part) => rms(part) > AUDIBLE)) {
      audible += parts[0].length / channels;
    }
  }
  return audible;
}

function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}
