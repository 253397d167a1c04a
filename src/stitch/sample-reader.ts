import type { Readable } from 'node:stream';
import { LipwireError } from '../contract';

/** Takes interleaved 16-bit samples off a stream, as many as asked for. */
export class SampleReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(
    stream: Readable,
    private readonly channels: number,
  ) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /**
   * @param samples per channel
   * @throws E_INTERNAL when the stream ends before
   */
  async read(samples: number): Promise<Int16Array> {
    const result = new Int16Array(samples * this.channels);
    const bytes = Buffer.from(result.buffer);
    for (let filled = 0; filled < bytes.length;) {
      if (this.#rest.length === 0) await this.#next();
      const taken = this.#rest.copy(bytes, filled);
      filled += taken;
      this.#rest = this.#rest.subarray(taken);
    }
    return result;
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done) throw new LipwireError('E_INTERNAL', 'A sound ended before its picture.');
    this.#rest = value;
  }
}
