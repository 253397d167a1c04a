import { open, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import { WAV_HEADER_BYTES, wavHeader } from './encode';

/** Writes a mono 16-bit WAV file bit by bit, for sounds that are too long to be held in memory. */
export class WavWriter {
  #samples = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly sampleRate: number,
  ) {}

  static async create(file: string, sampleRate: number): Promise<WavWriter> {
    const writer = new WavWriter(await open(file, 'w'), sampleRate);
    await writer.handle.write(Buffer.alloc(WAV_HEADER_BYTES), 0, WAV_HEADER_BYTES, 0);
    return writer;
  }

  /** Samples so far. */
  get samples(): number {
    return this.#samples;
  }

  async write(samples: Int16Array): Promise<void> {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const little = os.endianness() === 'LE' ? bytes : Buffer.from(bytes).swap16();
    await this.handle.write(little, 0, little.length, WAV_HEADER_BYTES + this.#samples * 2);
    this.#samples += samples.length;
  }

  async writeSilence(samples: number): Promise<void> {
    await this.write(new Int16Array(samples));
  }

  /** Completes the header. */
  async finish(): Promise<void> {
    const { sampleRate } = this;
    const header = wavHeader({ sampleRate, channels: 1, samples: this.#samples });
    await this.handle.write(header, 0, header.length, 0);
  }

  /** Closes the file, finished or not. */
  async close(): Promise<void> {
    await this.handle.close();
  }
}
