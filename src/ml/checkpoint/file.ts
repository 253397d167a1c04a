import { type FileHandle, open } from 'node:fs/promises';
import { LipwireError, toLipwireError } from '../../contract';

/** Bounds for hostile checkpoints; the largest real ones stay a factor of ten below. */
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

/** Sequential reader with read-ahead in blocks. */
export class ByteCursor {
  static readonly BLOCK = 64 * 1024;
  readonly #source: FileSource;
  readonly #end: number;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Position in the file of the block's first byte. */
  #start: number;

  /** @param end first byte that must not be read */
  constructor(source: FileSource, start = 0, end = source.size) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  /** Position in the file of the next byte. */
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

  /** The next bytes; {@link fill} comes first. */
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

/**
 * Finds the entries of a zip archive as PyTorch writes them: stored, never compressed. Anything that
 * two readers could understand differently is refused.
 * Format: PKWARE APPNOTE.TXT 6.3.10.
 */

interface ZipEntry {
  name: string;
  /** First byte of its local header, and the first byte that belongs to another one. */
  header: number;
  limit: number;
  size: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const IN_ZIP64 = 0xffffffff;
const ENCRYPTED = 1;

/** @throws E_MODEL_INVALID for archives that are damaged or ambiguous */
export async function readZip(source: FileSource): Promise<Map<string, ZipEntry>> {
  const { count, offset, size } = await findDirectory(source);
  const { entries: most, directoryBytes } = CHECKPOINT_LIMITS;
  if (count > most || size > directoryBytes) {
    throw invalidCheckpoint(`at most ${most} files in the archive`, `${count}`);
  }
  if (offset + size > source.size)
    throw invalidCheckpoint('an archive directory', 'its end missing');
  const directory = await source.read(offset, size);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const entry = centralEntry(directory, at);
    if (entries.has(entry.name))
      throw invalidCheckpoint('one file a name', `"${entry.name}" twice`);
    entries.set(entry.name, entry);
    at += entry.length;
  }
  limit([...entries.values()], offset);
  return entries;
}

/** First byte of an entry's content, after checking that its local header says the same. */
export async function contentStart(source: FileSource, entry: ZipEntry): Promise<number> {
  const header = await source.read(entry.header, LOCAL_BYTES);
  const nameBytes = header.readUInt16LE(26);
  const name = (await source.read(entry.header + LOCAL_BYTES, nameBytes)).toString('utf8');
  if (header.readUInt32LE(0) !== LOCAL || name !== entry.name || header.readUInt16LE(8) !== 0) {
    throw invalidCheckpoint(`"${entry.name}" where the archive says`, 'something else');
  }
  const start = entry.header + LOCAL_BYTES + nameBytes + header.readUInt16LE(28);
  if (start + entry.size > entry.limit) throw overlap(entry);
  return start;
}

interface Directory {
  count: number;
  offset: number;
  size: number;
}

async function findDirectory(source: FileSource): Promise<Directory> {
  const length = Math.min(source.size, END_BYTES + LONGEST_COMMENT + 20);
  const tail = await source.read(source.size - length, length);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    // The comment must end with the file; otherwise the signature is part of the data.
    if (tail.readUInt32LE(at) !== END) continue;
    if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue;
    if (at >= 20 && tail.readUInt32LE(at - 20) === LOCATOR_64) {
      return findDirectory64(source, long(tail, at - 12));
    }
    return {
      count: tail.readUInt16LE(at + 10),
      size: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
  }
  throw invalidCheckpoint('the directory of a zip archive', 'none: the file is cut off');
}

async function findDirectory64(source: FileSource, at: number): Promise<Directory> {
  const record = await source.read(at, 56);
  if (record.readUInt32LE(0) !== END_64) throw invalidCheckpoint('a zip64 directory', 'none');
  return { count: long(record, 32), size: long(record, 40), offset: long(record, 48) };
}

function centralEntry(directory: Buffer, at: number): ZipEntry & { length: number } {
  if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL) {
    throw invalidCheckpoint('a whole archive directory', 'a damaged one');
  }
  const nameBytes = directory.readUInt16LE(at + 28);
  const extraBytes = directory.readUInt16LE(at + 30);
  const length = CENTRAL_BYTES + nameBytes + extraBytes + directory.readUInt16LE(at + 32);
  if (at + length > directory.length) throw invalidCheckpoint('a whole directory', 'a cut one');
  const nameEnd = at + CENTRAL_BYTES + nameBytes;
  const name = directory.toString('utf8', at + CENTRAL_BYTES, nameEnd);
  checkName(name);
  if (directory.readUInt16LE(at + 8) & ENCRYPTED)
    throw invalidCheckpoint('plain files', `"${name}" encrypted`);
  if (directory.readUInt16LE(at + 10) !== 0) {
    throw invalidCheckpoint('files that are stored as they are', `"${name}" compressed`);
  }
  const wide = wideFields(directory.subarray(nameEnd, nameEnd + extraBytes), name);
  const field = (place: number): number => {
    const value = directory.readUInt32LE(at + place);
    return value === IN_ZIP64 ? wide() : value;
  };
  // In this order, because the wide values come in it.
  const size = field(24);
  const stored = field(20);
  const header = field(42);
  if (size !== stored) throw invalidCheckpoint(`"${name}" of one size`, `${size} and ${stored}`);
  return { name, size, header, limit: 0, length };
}

/** Gives the 64-bit values of the zip64 extra field one after the other. */
function wideFields(extra: Buffer, name: string): () => number {
  let values: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1)
      values = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let next = 0;
  return () => {
    if (next + 8 > values.length) throw invalidCheckpoint(`the size of "${name}"`, 'none');
    next += 8;
    return long(values, next - 8);
  };
}

function checkName(name: string): void {
  const isOdd =
    name.includes('\0') || name.includes('\\') || name.startsWith('/') || /^[a-z]:/i.test(name);
  if (name === '' || isOdd || name.split('/').includes('..')) {
    throw invalidCheckpoint('plain file names', JSON.stringify(name.slice(0, 60)));
  }
}

/** Sets the limit of each entry: the start of the next one. */
function limit(entries: ZipEntry[], directory: number): void {
  entries.sort((a, b) => a.header - b.header);
  entries.forEach((entry, i) => {
    entry.limit = entries[i + 1]?.header ?? directory;
    const least = LOCAL_BYTES + Buffer.byteLength(entry.name) + entry.size;
    if (entry.header + least > entry.limit) throw overlap(entry);
  });
}

function overlap({ name }: ZipEntry): Error {
  return invalidCheckpoint('files that lie apart', `"${name}" reaching into the next one`);
}

function long(bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw invalidCheckpoint('a size below 2^53', `${value}`);
  return value;
}
