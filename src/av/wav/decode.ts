import { readFile } from 'node:fs/promises';
import { parseWav, type WavFormat } from './format';
import { finite, type WavSound } from './sound';

/**
 * Reads a WAV file whole.
 * @throws E_INPUT when it is no WAV file that can be read here (FFmpeg converts any other)
 */
export async function readWav(file: string): Promise<WavSound> {
  return decodeWav(await readFile(file), file);
}

/**
 * The samples of a WAV file as floats.
 * @param name how errors call it
 */
export function decodeWav(bytes: Buffer, name = 'the sound'): WavSound {
  const format = parseWav(bytes, bytes.length, name);
  const read = sampleReader(bytes, format);
  const step = (format.bits / 8) * format.channels;
  const channels = Array.from({ length: format.channels }, (_, index) => {
    const channel = new Float32Array(format.samples);
    let at = format.offset + (index * format.bits) / 8;
    for (let i = 0; i < format.samples; i++, at += step) channel[i] = read(at);
    return channel;
  });
  return { sampleRate: format.sampleRate, channels };
}

function sampleReader(bytes: Buffer, { encoding, bits }: WavFormat): (at: number) => number {
  if (encoding === 'float') {
    return bits === 32
      ? (at) => finite(bytes.readFloatLE(at))
      : (at) => finite(bytes.readDoubleLE(at));
  }
  // 8 bits are unsigned around 128; all others are signed.
  if (bits === 8) return (at) => (bytes[at] - 128) / 128;
  if (bits === 16) return (at) => bytes.readInt16LE(at) / 0x8000;
  if (bits === 24) return (at) => bytes.readIntLE(at, 3) / 0x800000;
  return (at) => bytes.readInt32LE(at) / 0x80000000;
}
