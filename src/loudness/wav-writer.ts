import { open, type FileHandle } from 'node:fs/promises';

const HEADER_BYTES = 44;
const FULL_SCALE = 32_768;

/**
 * Writes a 16-bit WAV piece by piece. Samples are rounded to the nearest step without dither: at
 * speech levels the error is far below hearing, silence stays exactly silent, and the same input
 * always gives the same bytes.
 */
export class WavWriter {
  readonly #handle: FileHandle;
  readonly #channels: number;
  #position = HEADER_BYTES;

  private constructor(handle: FileHandle, channels: number) {
    this.#handle = handle;
    this.#channels = channels;
  }

  /** Creates the file, for exactly `frames` samples per channel. */
  static async create(
    file: string,
    format: { sampleRate: number; channels: number; frames: number },
  ): Promise<WavWriter> {
    const handle = await open(file, 'w');
    await handle.write(header(format), 0, HEADER_BYTES, 0);
    return new WavWriter(handle, format.channels);
  }

  /** Appends samples, one array a channel, rounding them to their 16-bit values in place. */
  async write(block: readonly Float32Array[]): Promise<void> {
    const frames = block[0]?.length ?? 0;
    const data = Buffer.alloc(frames * this.#channels * 2);
    block.forEach((plane, channel) => {
      for (let i = 0; i < frames; i++) {
        const step = Math.round(plane[i] * FULL_SCALE);
        const value = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, step));
        data.writeInt16LE(value, (i * this.#channels + channel) * 2);
        plane[i] = value / FULL_SCALE;
      }
    });
    for (let written = 0; written < data.length;) {
      const part = await this.#handle.write(data, written, data.length - written, this.#position);
      written += part.bytesWritten;
      this.#position += part.bytesWritten;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function header({ sampleRate, channels, frames }: Record<string, number>): Buffer {
  const [rate, count, length] = [sampleRate ?? 0, channels ?? 0, frames ?? 0];
  const bytes = length * count * 2;
  const head = Buffer.alloc(HEADER_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(HEADER_BYTES - 8 + bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(count, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * count * 2, 28);
  head.writeUInt16LE(count * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(bytes, 40);
  return head;
}
