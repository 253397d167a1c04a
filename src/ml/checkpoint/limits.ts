import { LipwireError, toLipwireError } from '../../contract';
import { open, type FileHandle } from 'node:fs/promises';

/** Bounds of what a checkpoint may ask for. The largest real ones stay a factor of ten below. */
export const CHECKPOINT_LIMITS = {
  /** Steps of one pickle; a Wav2Lip checkpoint with its optimiser takes about 30 000. */
  steps: 1_000_000,
  /** Bytes of all strings of one pickle. */
  textBytes: 16 * 1024 * 1024,
  /** Dimensions of a tensor. */
  dimensions: 8,
  /** Values of one tensor; the largest of Wav2Lip has 4.7 million. */
  values: 32 * 1024 * 1024,
  /** Bytes from the first to the last value of a tensor that is not laid out in one piece. */
  spanBytes: 256 * 1024 * 1024,
  /** Entries and directory size of a zip archive. */
  entries: 50_000,
  directoryBytes: 16 * 1024 * 1024,
} as const;

/**
 * E_MODEL_INVALID for a checkpoint.
 * @param expected what should be there; @param found what is there instead
 */
export function invalidCheckpoint(expected: string, found: string): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${expected} in the checkpoint but found ${found}; get the file again, or an ONNX ` +
      'export of the model.',
  );
}

/** Bytes of a file one after the other, read ahead in blocks. */
export class ByteCursor {
  static readonly BLOCK = 64 * 1024;
  readonly #source: FileSource;
  readonly #end: number;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Place in the file of the block's first byte. */
  #start: number;

  /** @param end first byte that must not be read */
  constructor(source: FileSource, start = 0, end = source.size) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  /** Place in the file of the next byte. */
  get position(): number {
    return this.#start + this.#at;
  }

  /** True when `length` bytes can be taken without waiting. */
  has(length: number): boolean {
    return this.#at + length <= this.#block.length;
  }

  /** Waits until at least `length` bytes can be taken. @throws E_MODEL_INVALID at the end */
  async fill(length: number): Promise<void> {
    if (this.has(length)) return;
    const { position } = this;
    if (position + length > this.#end) {
      throw invalidCheckpoint('a whole pickle', 'its end missing: the file is cut off');
    }
    const size = Math.min(this.#end - position, Math.max(length, ByteCursor.BLOCK));
    this.#block = await this.#source.read(position, size);
    this.#start = position;
    this.#at = 0;
  }

  /** The next bytes; {@link fill} has made sure of them. */
  take(length: number): Buffer {
    const bytes = this.#block.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }
}

export class FileSource {
  readonly #handle: FileHandle;
  readonly size: number;

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  /** @throws E_PATH when the file cannot be read */
  static async open(file: string): Promise<FileSource> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, 'r');
      return new FileSource(handle, (await handle.stat()).size);
    } catch (error) {
      await handle?.close();
      throw toLipwireError(error);
    }
  }

  /** Fills `into` from `offset` on. @throws E_MODEL_INVALID when the file ends before */
  async readInto(into: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < into.byteLength;) {
      const { bytesRead } = await this.#handle.read(
        into,
        done,
        into.byteLength - done,
        offset + done,
      );
      if (bytesRead === 0) throw this.#tooShort(offset + into.byteLength);
      done += bytesRead;
    }
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset < 0 || offset + length > this.size) throw this.#tooShort(offset + length);
    const bytes = Buffer.alloc(length);
    await this.readInto(bytes, offset);
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #tooShort(wanted: number): Error {
    return invalidCheckpoint(`at least ${wanted} bytes`, `${this.size} bytes: the file is cut off`);
  }
}
