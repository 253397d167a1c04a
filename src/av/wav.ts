/**
 * WAV files and raw samples. Written: 16-bit PCM with the plain 44-byte header. Read: PCM of 8, 16, 24
 * and 32 bits and floats of 32 and 64 bits, also as WAVE_FORMAT_EXTENSIBLE, with chunks in any order,
 * odd chunks padded or not, lengths left open by programs that stream, and files that were cut off.
 * Format: "Multimedia Programming Interface and Data Specifications 1.0" and Microsoft's "Multiple
 * Channel Audio Data and WAVE Files".
 */
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { inputError, LIMITS, throwIfCancelled } from '../contract';

/** What a WAV file says of its samples, and where they are. */
export interface WavFormat {
  /** Hz. */
  sampleRate: number;
  channels: number;
  bits: number;
  encoding: 'integer' | 'float';
  /** Samples per channel in the file, whatever its header says. */
  samples: number;
  /** Seconds. */
  duration: number;
  /** First byte of the samples. */
  offset: number;
}

/** Uncompressed sound in a file: a WAV, or the raw samples that FFmpeg decoded. */
export interface PcmFile extends WavFormat {
  file: string;
}

/** Samples by channel; floats are −1…1, integers have 16 bits. All channels are equally long. */
export interface Sound<S extends Float32Array | Int16Array = Float32Array> {
  /** Hz. */
  sampleRate: number;
  channels: S[];
}

type Encoding = Pick<WavFormat, 'bits' | 'encoding'>;
type ChunkFormat = Encoding & Pick<WavFormat, 'sampleRate' | 'channels'>;

/** Format tags. */
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const HEADER_BYTES = 44;
/** Bytes; bounds the search for samples in hostile files. */
const LARGEST_HEADER = 1024 * 1024;
const FULL_SCALE = 0x8000;
const IS_LITTLE_ENDIAN = endianness() === 'LE';
/** Samples per channel read at a time. */
const BLOCK = 32_768;

/** Reads only the header. @throws E_INPUT for what is no WAV that can be read here; system errors */
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
 * @param name of the sound, for errors
 * @throws E_INPUT
 */
export function parseWav(head: Buffer, size: number, name = 'the sound'): WavFormat {
  const tag = (at: number): string => head.toString('latin1', at, at + 4);
  if (tag(0) !== 'RIFF' || tag(8) !== 'WAVE') {
    throw inputError(name, 'a WAV file', tag(0) || 'no bytes');
  }
  let format: ChunkFormat | undefined;
  for (let at = 12; at + 8 <= head.length;) {
    const length = head.readUInt32LE(at + 4);
    const start = at + 8;
    if (tag(at) === 'fmt ') format = parseFormat(head, start, length, name);
    if (tag(at) === 'data') {
      if (!format) break;
      const there = Math.max(0, size - start);
      // Streaming programs leave the length 0 or all ones; a truncated file claims too much.
      const bytes = length === 0 || length > there ? there : length;
      const samples = Math.floor(bytes / frameBytes(format));
      return { ...format, samples, duration: samples / format.sampleRate, offset: start };
    }
    at = start + length + (length % 2 === 1 && head[start + length] === 0 ? 1 : 0);
  }
  throw inputError(name, 'a WAV file with a format and samples', 'neither, or one of them only');
}

function parseFormat(head: Buffer, at: number, length: number, name: string): ChunkFormat {
  if (length < 16 || at + 16 > head.length) {
    throw inputError(name, 'a WAV file with a whole format', 'a format that is cut off');
  }
  const declared = head.readUInt16LE(at);
  const isExtensible = declared === EXTENSIBLE && length >= 26 && at + 26 <= head.length;
  const kind = isExtensible ? head.readUInt16LE(at + 24) : declared;
  const channels = head.readUInt16LE(at + 2);
  const sampleRate = head.readUInt32LE(at + 4);
  const bits = head.readUInt16LE(at + 14);
  const known = kind === PCM ? [8, 16, 24, 32] : kind === FLOAT ? [32, 64] : [];
  const isPacked = head.readUInt16LE(at + 12) === (bits / 8) * channels;
  if (!known.includes(bits) || channels === 0 || !isPacked) {
    const received = `format ${kind} with ${bits} bits and ${channels} channels`;
    throw inputError(name, 'a WAV file of PCM or floats', received, 'convert it with FFmpeg');
  }
  const { min, max } = LIMITS.sampleRate;
  if (sampleRate < min || sampleRate > max) {
    throw inputError(`the sample rate of ${name}`, `${min} to ${max} Hz`, sampleRate);
  }
  return { sampleRate, channels, bits, encoding: kind === PCM ? 'integer' : 'float' };
}

/** Bytes of one sample of all channels. */
function frameBytes({ bits, channels }: Pick<WavFormat, 'bits' | 'channels'>): number {
  return (bits / 8) * channels;
}

/** A whole WAV file. @throws E_INPUT when it cannot be read here (FFmpeg converts any other) */
export async function readWav(file: string): Promise<Sound> {
  return decodeWav(await readFile(file), file);
}

/**
 * The samples of a WAV file; NaN and infinities become 0.
 * @param name of the sound, for errors
 */
export function decodeWav(bytes: Buffer, name = 'the sound'): Sound {
  const format = parseWav(bytes, bytes.length, name);
  const { offset, samples } = format;
  const channels = planes(bytes.subarray(offset, offset + samples * frameBytes(format)), format);
  if (format.encoding === 'float') {
    for (const channel of channels) {
      for (let i = 0; i < channel.length; i++) if (!Number.isFinite(channel[i])) channel[i] = 0;
    }
  }
  return { sampleRate: format.sampleRate, channels };
}

/** The samples of a file in blocks, one array a channel, −1…1; floats may include NaN. */
export async function* blocks(
  sound: PcmFile,
  signal?: AbortSignal,
): AsyncGenerator<Float32Array[]> {
  const step = frameBytes(sound);
  const buffer = Buffer.alloc(BLOCK * step);
  const handle = await open(sound.file);
  try {
    for (let first = 0; first < sound.samples; first += BLOCK) {
      if (signal) throwIfCancelled(signal);
      const data = buffer.subarray(0, Math.min(BLOCK, sound.samples - first) * step);
      for (let filled = 0; filled < data.length;) {
        const position = sound.offset + first * step + filled;
        const { bytesRead } = await handle.read(data, filled, data.length - filled, position);
        // The file was truncated meanwhile: the rest is silence.
        if (bytesRead === 0) data.fill(0, filled);
        filled = bytesRead === 0 ? data.length : filled + bytesRead;
      }
      yield planes(data, sound);
    }
  } finally {
    await handle.close();
  }
}

/** Interleaved samples as one array a channel. */
export function planes(
  data: Buffer,
  format: Encoding & Pick<WavFormat, 'channels'>,
): Float32Array[] {
  const { channels, bits, encoding } = format;
  const samples = Math.floor(data.length / frameBytes(format));
  // Typed arrays are several times faster, but need alignment.
  const Typed =
    bits === 16 ? Int16Array : encoding === 'float' && bits === 32 ? Float32Array : null;
  const isAligned = Typed && IS_LITTLE_ENDIAN && data.byteOffset % Typed.BYTES_PER_ELEMENT === 0;
  const values =
    isAligned && new Typed(data.buffer as ArrayBuffer, data.byteOffset, samples * channels);
  const scale = bits === 16 ? 1 / FULL_SCALE : 1;
  const read = reader(data, format);
  return Array.from({ length: channels }, (_, channel) => {
    const plane = new Float32Array(samples);
    if (values) {
      for (let i = 0; i < samples; i++) plane[i] = values[i * channels + channel] * scale;
    } else {
      for (let i = 0; i < samples; i++) plane[i] = read((i * channels + channel) * (bits / 8));
    }
    return plane;
  });
}

function reader(data: Buffer, { bits, encoding }: Encoding): (at: number) => number {
  if (encoding === 'float') {
    return bits === 32 ? (at) => data.readFloatLE(at) : (at) => data.readDoubleLE(at);
  }
  // 8 bits are unsigned around 128; all others are signed.
  if (bits === 8) return (at) => (data[at] - 128) / 128;
  const scale = 2 ** (bits - 1);
  return (at) => data.readIntLE(at, bits / 8) / scale;
}

/**
 * The 44 bytes before 16-bit PCM samples.
 * @param sound.samples samples per channel
 * @throws E_INPUT for more than 4 GiB
 */
export function wavHeader(sound: {
  sampleRate: number;
  channels: number;
  samples: number;
}): Buffer {
  const frame = 2 * sound.channels;
  const bytes = sound.samples * frame;
  if (bytes > 0xffffffff - HEADER_BYTES) {
    throw inputError('the sound', 'at most 4 GiB of samples', bytes, 'split it');
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(bytes + HEADER_BYTES - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(sound.channels, 22);
  header.writeUInt32LE(sound.sampleRate, 24);
  header.writeUInt32LE(sound.sampleRate * frame, 28);
  header.writeUInt16LE(frame, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(bytes, 40);
  return header;
}

/** A whole 16-bit WAV file. Floats beyond ±1 are clipped. @throws E_INPUT */
export function encodeWav({ sampleRate, channels }: Sound | Sound<Int16Array>): Buffer {
  const samples = channels[0]?.length ?? 0;
  if (channels.length === 0 || channels.some((channel) => channel.length !== samples)) {
    throw inputError('the channels of the sound', 'channels of one length', channels);
  }
  const body = new Int16Array(samples * channels.length);
  channels.forEach((channel, index) => {
    const isInteger = channel instanceof Int16Array;
    for (let i = 0; i < samples; i++) {
      body[i * channels.length + index] = isInteger ? channel[i] : toInt16(channel[i]);
    }
  });
  const header = wavHeader({ sampleRate, channels: channels.length, samples });
  return Buffer.concat([header, littleEndian(body)]);
}

/** Writes a 16-bit WAV file at once. */
export async function writeWav(file: string, sound: Sound | Sound<Int16Array>): Promise<void> {
  await writeFile(file, encodeWav(sound));
}

/**
 * Rounds without dither: inaudible at speech levels, exact for silence, and reproducible.
 */
function toInt16(value: number): number {
  const step = Math.round(value * FULL_SCALE);
  return Number.isNaN(step) ? 0 : Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, step));
}

function littleEndian(samples: Int16Array): Buffer {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return IS_LITTLE_ENDIAN ? bytes : Buffer.from(bytes).swap16();
}

/** Writes a 16-bit WAV file in pieces, for sounds too long for memory. */
export class WavWriter {
  #samples = 0;
  #position = HEADER_BYTES;

  private constructor(
    private readonly handle: FileHandle,
    private readonly sampleRate: number,
    private readonly channels: number,
  ) {}

  static async create(file: string, sampleRate: number, channels = 1): Promise<WavWriter> {
    const writer = new WavWriter(await open(file, 'w'), sampleRate, channels);
    await writer.handle.write(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return writer;
  }

  /** Samples per channel so far. */
  get samples(): number {
    return this.#samples;
  }

  /** Appends interleaved samples. */
  async write(samples: Int16Array): Promise<void> {
    const bytes = littleEndian(samples);
    for (let written = 0; written < bytes.length;) {
      const left = bytes.length - written;
      const { bytesWritten } = await this.handle.write(bytes, written, left, this.#position);
      written += bytesWritten;
      this.#position += bytesWritten;
    }
    this.#samples += samples.length / this.channels;
  }

  /** Appends samples, one array a channel, which are rounded in place to what is written. */
  async writePlanes(block: readonly Float32Array[]): Promise<void> {
    const interleaved = new Int16Array((block[0]?.length ?? 0) * this.channels);
    block.forEach((plane, channel) => {
      for (let i = 0; i < plane.length; i++) {
        const value = toInt16(plane[i]);
        interleaved[i * this.channels + channel] = value;
        plane[i] = value / FULL_SCALE;
      }
    });
    await this.write(interleaved);
  }

  async writeSilence(samples: number): Promise<void> {
    await this.write(new Int16Array(samples * this.channels));
  }

  /** Completes the header. */
  async finish(): Promise<void> {
    const { sampleRate, channels } = this;
    const header = wavHeader({ sampleRate, channels, samples: this.#samples });
    await this.handle.write(header, 0, header.length, 0);
  }

  /** Closes the file, finished or not. */
  async close(): Promise<void> {
    await this.handle.close();
  }
}
