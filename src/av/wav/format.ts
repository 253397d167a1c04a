/** What a WAV file says of itself: the format of its samples, and where they are. */
import { open } from 'node:fs/promises';
import { inputError, LIMITS } from '../../contract';

/** What a WAV file says of itself. */
export interface WavFormat {
  /** Hz. */
  sampleRate: number;
  channels: number;
  bits: number;
  encoding: 'integer' | 'float';
  /** Samples per channel that are really there. */
  samples: number;
  /** Seconds. */
  duration: number;
  /** First byte of the samples. */
  offset: number;
}

/** What the format chunk says. */
type Encoding = Omit<WavFormat, 'samples' | 'duration' | 'offset'>;

/** Numbers of formats in a file. */
export const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** More than any sane file has before its samples; a guard against reading hostile files for long. */
const LARGEST_HEADER = 1024 * 1024;

/** Reads only what a WAV file says of itself. */
export async function readWavFormat(file: string): Promise<WavFormat> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(size, LARGEST_HEADER));
    await handle.read(head, 0, head.length, 0);
    return parseWav(head, size, file);
  } finally {
    await handle.close();
  }
}

/**
 * Finds format and samples.
 * @param head the file, or its beginning
 * @param size bytes of the whole file
 */
export function parseWav(head: Buffer, size: number, name = 'the sound'): WavFormat {
  if (tag(head, 0) !== 'RIFF' || tag(head, 8) !== 'WAVE') {
    throw inputError(name, 'a WAV file', tag(head, 0) || 'no bytes');
  }
  let format: Encoding | undefined;
  for (let at = 12; at + 8 <= head.length;) {
    const id = tag(head, at);
    const length = head.readUInt32LE(at + 4);
    if (id === 'fmt ') format = parseFormat(head, at + 8, length, name);
    if (id === 'data') {
      if (!format) break;
      return locate(format, at + 8, length, size);
    }
    at += 8 + length + (length % 2 === 1 && head[at + 8 + length] === 0 ? 1 : 0);
  }
  throw inputError(name, 'a WAV file with a format and samples', 'neither, or one of them only');
}

function locate(format: Encoding, offset: number, claimed: number, size: number): WavFormat {
  const there = Math.max(0, size - offset);
  // Programs that stream leave the length 0 or all ones; a file that was cut off claims too much.
  const bytes = claimed === 0 || claimed > there ? there : claimed;
  const samples = Math.floor(bytes / ((format.bits / 8) * format.channels));
  return { ...format, samples, duration: samples / format.sampleRate, offset };
}

function parseFormat(head: Buffer, at: number, length: number, name: string): Encoding {
  if (length < 16 || at + 16 > head.length) {
    throw inputError(name, 'a WAV file with a whole format', 'a format that is cut off');
  }
  let kind = head.readUInt16LE(at);
  if (kind === EXTENSIBLE && length >= 26 && at + 26 <= head.length) {
    kind = head.readUInt16LE(at + 24);
  }
  const channels = head.readUInt16LE(at + 2);
  const sampleRate = head.readUInt32LE(at + 4);
  const bits = head.readUInt16LE(at + 14);
  const known = kind === PCM ? [8, 16, 24, 32] : kind === FLOAT ? [32, 64] : [];
  if (!known.includes(bits) || channels === 0) {
    const received = `format ${kind} with ${bits} bits and ${channels} channels`;
    throw inputError(name, 'a WAV file of PCM or floats', received, 'convert it with FFmpeg');
  }
  const { min, max } = LIMITS.sampleRate;
  if (sampleRate < min || sampleRate > max) {
    throw inputError(`the sample rate of ${name}`, `${min} to ${max} Hz`, sampleRate);
  }
  return { sampleRate, channels, bits, encoding: kind === PCM ? 'integer' : 'float' };
}

function tag(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4);
}
