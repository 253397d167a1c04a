/** Uncompressed sound in a file, read in blocks: WAV, or the raw samples that FFmpeg decoded. */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import path from 'node:path';
import { LipwireError, throwIfCancelled, toLipwireError } from '../../contract';

type Encoding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64';

export interface PcmFile {
  file: string;
  /** Where the samples start, in bytes. */
  offset: number;
  encoding: Encoding;
  sampleRate: number;
  channels: number;
  /** Samples per channel. */
  frames: number;
}

const BYTES: Record<Encoding, number> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4, f64: 8 };
const READ: Record<Encoding, (data: Buffer, at: number) => number> = {
  u8: (data, at) => (data.readUInt8(at) - 128) / 128,
  s16: (data, at) => data.readInt16LE(at) / 32_768,
  s24: (data, at) => data.readIntLE(at, 3) / 8_388_608,
  s32: (data, at) => data.readInt32LE(at) / 2_147_483_648,
  f32: (data, at) => data.readFloatLE(at),
  f64: (data, at) => data.readDoubleLE(at),
};
const BLOCK_FRAMES = 32_768;
const HEADER_BYTES = 64 * 1024;
const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** Format tags of WAVE: integers, floats, and the extensible form that says it further on. */
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/**
 * A WAV file's sound, or undefined for anything that is not a plain WAV; FFmpeg reads that. A header
 * that promises more than the file holds is taken at what is there, as other programs do.
 * @throws E_PATH when the file cannot be read
 */
export async function openWav(file: string): Promise<PcmFile | undefined> {
  const full = path.resolve(file);
  try {
    // Opening a pipe or a device could block for ever.
    if (!(await stat(full)).isFile()) {
      throw new LipwireError('E_PATH', `Expected a file but ${full} is not one.`);
    }
    return await readHeader(full);
  } catch (error) {
    throw toLipwireError(error);
  }
}

async function readHeader(file: string): Promise<PcmFile | undefined> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(size, HEADER_BYTES));
    await handle.read(head, 0, head.length, 0);
    return parseHeader(file, head, size);
  } finally {
    await handle.close();
  }
}

function parseHeader(file: string, head: Buffer, size: number): PcmFile | undefined {
  const tag = (at: number): string => head.toString('latin1', at, at + 4);
  if (head.length < 44 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return undefined;
  let format: Omit<PcmFile, 'file' | 'offset' | 'frames'> | undefined;
  for (let at = 12; at + 8 <= head.length;) {
    const length = head.readUInt32LE(at + 4);
    const start = at + 8;
    if (tag(at) === 'fmt ' && start + 16 <= head.length) format = parseFormat(head, start, length);
    if (tag(at) === 'data') {
      // A stream that was not closed properly says 0; FFmpeg knows what to make of it.
      if (!format || (length === 0 && start < size)) return undefined;
      const bytes = Math.min(length, size - start);
      const frames = Math.floor(bytes / (BYTES[format.encoding] * format.channels));
      return { file, offset: start, frames, ...format };
    }
    at = start + length + (length % 2);
  }
  return undefined;
}

function parseFormat(
  head: Buffer,
  at: number,
  length: number,
): Omit<PcmFile, 'file' | 'offset' | 'frames'> | undefined {
  const declared = head.readUInt16LE(at);
  const isExtensible = declared === EXTENSIBLE && length >= 40 && at + 26 <= head.length;
  const kind = isExtensible ? head.readUInt16LE(at + 24) : declared;
  const channels = head.readUInt16LE(at + 2);
  const sampleRate = head.readUInt32LE(at + 4);
  const frameBytes = head.readUInt16LE(at + 12);
  const bits = head.readUInt16LE(at + 14);
  const encoding = encodingOf(kind, bits);
  if (!encoding || channels === 0 || sampleRate === 0) return undefined;
  if (frameBytes !== BYTES[encoding] * channels) return undefined;
  return { encoding, channels, sampleRate };
}

function encodingOf(kind: number, bits: number): Encoding | undefined {
  const integers: Record<number, Encoding> = { 8: 'u8', 16: 's16', 24: 's24', 32: 's32' };
  const floats: Record<number, Encoding> = { 32: 'f32', 64: 'f64' };
  return kind === PCM ? integers[bits] : kind === FLOAT ? floats[bits] : undefined;
}

/** The samples, −1…1, one array a channel, block by block. */
export async function* blocks(
  sound: PcmFile,
  signal?: AbortSignal,
): AsyncGenerator<Float32Array[]> {
  const frameBytes = BYTES[sound.encoding] * sound.channels;
  const data = Buffer.alloc(BLOCK_FRAMES * frameBytes);
  const handle = await open(sound.file);
  try {
    for (let frame = 0; frame < sound.frames; frame += BLOCK_FRAMES) {
      if (signal) throwIfCancelled(signal);
      const count = Math.min(BLOCK_FRAMES, sound.frames - frame);
      await readAll(
        handle,
        data.subarray(0, count * frameBytes),
        sound.offset + frame * frameBytes,
      );
      yield planes(data.subarray(0, count * frameBytes), sound.encoding, sound.channels);
    }
  } finally {
    await handle.close();
  }
}

/** Interleaved samples as one array a channel. */
export function planes(data: Buffer, encoding: Encoding, channels: number): Float32Array[] {
  const step = BYTES[encoding];
  const read = READ[encoding];
  const frames = Math.floor(data.length / (step * channels));
  const aligned = alignedView(data, encoding);
  if (aligned) return spread(aligned.values, aligned.scale, frames, channels);
  return Array.from({ length: channels }, (_unused, channel) => {
    const plane = new Float32Array(frames);
    for (let i = 0; i < frames; i++) plane[i] = read(data, (i * channels + channel) * step);
    return plane;
  });
}

/** The common encodings as a typed array, which is several times faster, where memory allows it. */
function alignedView(
  data: Buffer,
  encoding: Encoding,
): { values: Int16Array | Float32Array; scale: number } | undefined {
  const count = Math.floor(data.length / BYTES[encoding]);
  if (!IS_LITTLE_ENDIAN || data.byteOffset % BYTES[encoding] !== 0) return undefined;
  if (encoding === 's16') {
    return { values: new Int16Array(data.buffer, data.byteOffset, count), scale: 1 / 32_768 };
  }
  if (encoding === 'f32') {
    return { values: new Float32Array(data.buffer, data.byteOffset, count), scale: 1 };
  }
  return undefined;
}

function spread(
  values: Int16Array | Float32Array,
  scale: number,
  frames: number,
  channels: number,
): Float32Array[] {
  return Array.from({ length: channels }, (_unused, channel) => {
    const plane = new Float32Array(frames);
    for (let i = 0; i < frames; i++) plane[i] = values[i * channels + channel] * scale;
    return plane;
  });
}

async function readAll(handle: FileHandle, into: Buffer, position: number): Promise<void> {
  for (let filled = 0; filled < into.length;) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
    // Somebody cut the file meanwhile: the rest is silence.
    if (bytesRead === 0) return void into.fill(0, filled);
    filled += bytesRead;
  }
}
