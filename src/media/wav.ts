/**
 * WAV files. Written: 16-bit PCM with the plain 44-byte header. Read: PCM of 8, 16, 24 and 32 bits
 * and floats of 32 and 64 bits, with or without WAVE_FORMAT_EXTENSIBLE, chunks in any order, odd
 * chunks padded or not, sizes left open by programs that stream, and files that were cut off.
 * Format: Multimedia Programming Interface and Data Specifications 1.0, and Microsoft's
 * "Multiple Channel Audio Data and WAVE Files".
 */
import { open, readFile, writeFile } from 'node:fs/promises';
import { inputError } from './errors';
import { LIMITS } from './limits';

/** Samples by channel; floats are -1…1, whole numbers are 16 bit. All channels are equally long. */
export interface WavSound<S extends Float32Array | Int16Array = Float32Array> {
  /** Hz. */
  sampleRate: number;
  channels: S[];
}

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

export const WAV_HEADER_BYTES = 44;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** More than any sane file has before its samples; a guard against reading hostile files for long. */
const LARGEST_HEADER = 1024 * 1024;

/**
 * The 44 bytes before 16-bit PCM samples.
 * @param sound.samples samples per channel
 */
export function wavHeader(sound: {
  sampleRate: number;
  channels: number;
  samples: number;
}): Buffer {
  const frameBytes = 2 * sound.channels;
  const dataBytes = sound.samples * frameBytes;
  if (dataBytes > 0xffffffff - WAV_HEADER_BYTES) {
    throw inputError('the sound', 'at most 4 GiB of samples', dataBytes, 'split it');
  }
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(dataBytes + WAV_HEADER_BYTES - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(sound.channels, 22);
  header.writeUInt32LE(sound.sampleRate, 24);
  header.writeUInt32LE(sound.sampleRate * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** A whole 16-bit WAV file. Floats beyond ±1 are clipped. */
export function encodeWav(sound: WavSound<Float32Array> | WavSound<Int16Array>): Buffer {
  const { sampleRate, channels } = sound;
  const samples = channels[0]?.length ?? 0;
  if (channels.length === 0 || channels.some((channel) => channel.length !== samples)) {
    throw inputError('the channels of the sound', 'channels of one length', channels);
  }
  const header = wavHeader({ sampleRate, channels: channels.length, samples });
  const body = Buffer.alloc(samples * channels.length * 2);
  channels.forEach((channel, index) => {
    const toWhole = channel instanceof Int16Array ? (value: number) => value : floatToInt16;
    let at = index * 2;
    for (let i = 0; i < samples; i++, at += channels.length * 2) {
      body.writeInt16LE(toWhole(channel[i] as number), at);
    }
  });
  return Buffer.concat([header, body]);
}

/** Writes a 16-bit WAV file. */
export async function writeWav(
  file: string,
  sound: WavSound<Float32Array> | WavSound<Int16Array>,
): Promise<void> {
  await writeFile(file, encodeWav(sound));
}

/**
 * Reads a WAV file whole.
 * @throws E_INPUT when it is no WAV file that can be read here (FFmpeg converts any other)
 */
export async function readWav(file: string): Promise<WavSound> {
  return decodeWav(await readFile(file), file);
}

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

/**
 * Finds format and samples.
 * @param head the file, or its beginning
 * @param size bytes of the whole file
 */
export function parseWav(head: Buffer, size: number, name = 'the sound'): WavFormat {
  if (tag(head, 0) !== 'RIFF' || tag(head, 8) !== 'WAVE') {
    throw inputError(name, 'a WAV file', tag(head, 0) || 'no bytes');
  }
  let format: Omit<WavFormat, 'samples' | 'duration' | 'offset'> | undefined;
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

function locate(
  format: Omit<WavFormat, 'samples' | 'duration' | 'offset'>,
  offset: number,
  claimed: number,
  size: number,
): WavFormat {
  const there = Math.max(0, size - offset);
  // Programs that stream leave the length 0 or all ones; a file that was cut off claims too much.
  const bytes = claimed === 0 || claimed > there ? there : claimed;
  const samples = Math.floor(bytes / ((format.bits / 8) * format.channels));
  return { ...format, samples, duration: samples / format.sampleRate, offset };
}

function parseFormat(
  head: Buffer,
  at: number,
  length: number,
  name: string,
): Omit<WavFormat, 'samples' | 'duration' | 'offset'> {
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

function sampleReader(bytes: Buffer, { encoding, bits }: WavFormat): (at: number) => number {
  if (encoding === 'float') {
    return bits === 32
      ? (at) => finite(bytes.readFloatLE(at))
      : (at) => finite(bytes.readDoubleLE(at));
  }
  // 8 bits are unsigned around 128; all others are signed.
  if (bits === 8) return (at) => ((bytes[at] as number) - 128) / 128;
  if (bits === 16) return (at) => bytes.readInt16LE(at) / 0x8000;
  if (bits === 24) return (at) => bytes.readIntLE(at, 3) / 0x800000;
  return (at) => bytes.readInt32LE(at) / 0x80000000;
}

function floatToInt16(value: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, Math.round(finite(value) * 0x8000)));
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function tag(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4);
}
