/** Sounds that the tests make: seeded, so that every run hears the same. */
import { writeFile } from 'node:fs/promises';

export type Channel = Float64Array;

/** Random numbers from −1 to 1 (mulberry32). */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
  };
}

export function sine(frequency: number, seconds: number, rate: number, amplitude: number): Channel {
  return Float64Array.from(
    { length: Math.round(seconds * rate) },
    (_unused, i) => amplitude * Math.sin((2 * Math.PI * frequency * i) / rate),
  );
}

/**
 * Something with the dynamics of speech: syllables of a buzzing voice with harmonics and some noise,
 * phrases, pauses, and silence at both ends.
 */
export function speech(seconds: number, rate: number, seed: number, amplitude = 0.3): Channel {
  const random = noise(seed);
  const result = new Float64Array(Math.round(seconds * rate));
  let at = Math.round(0.25 * rate);
  const last = result.length - Math.round(0.35 * rate);
  while (at < last) {
    const length = Math.round((0.08 + 0.14 * Math.abs(random())) * rate);
    const level = amplitude * (0.3 + 0.7 * Math.abs(random()));
    const pitch = 120 + 40 * random();
    for (let i = 0; i < length && at + i < last; i++) {
      let value = 0.05 * random();
      for (let h = 1; h <= 12 && h * pitch < rate * 0.45; h++) {
        value += Math.sin((2 * Math.PI * h * pitch * i) / rate) / h;
      }
      result[at + i] = level * Math.sin((Math.PI * i) / length) * value;
    }
    at += length + Math.round((random() > 0.6 ? 0.25 : 0.02) * rate);
  }
  return result;
}

export function scaled(channel: Channel, factor: number): Channel {
  return channel.map((value) => value * factor);
}

export function mixed(a: Channel, b: Channel): Channel {
  return a.map((value, i) => value + (b[i] ?? 0));
}

/** Writes a WAV: 16-bit (clipping as a converter does) or 32-bit float. */
export async function writeWav(
  file: string,
  channels: readonly Channel[],
  rate: number,
  format: 's16' | 'f32' = 's16',
): Promise<string> {
  const bytes = format === 's16' ? 2 : 4;
  const frames = channels[0]?.length ?? 0;
  const data = Buffer.alloc(44 + frames * channels.length * bytes);
  data.write('RIFF\0\0\0\0WAVEfmt ', 0, 'latin1');
  data.writeUInt32LE(data.length - 8, 4);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(format === 's16' ? 1 : 3, 20);
  data.writeUInt16LE(channels.length, 22);
  data.writeUInt32LE(rate, 24);
  data.writeUInt32LE(rate * channels.length * bytes, 28);
  data.writeUInt16LE(channels.length * bytes, 32);
  data.writeUInt16LE(bytes * 8, 34);
  data.write('data', 36, 'latin1');
  data.writeUInt32LE(data.length - 44, 40);
  channels.forEach((channel, c) => {
    channel.forEach((value, i) => {
      const at = 44 + (i * channels.length + c) * bytes;
      if (format === 'f32') data.writeFloatLE(value, at);
      else data.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(value * 32768))), at);
    });
  });
  await writeFile(file, data);
  return file;
}
