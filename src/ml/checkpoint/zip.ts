/**
 * Finds the entries of a zip archive as PyTorch writes them: stored, never compressed. Anything that
 * two readers could understand differently is refused.
 * Format: PKWARE APPNOTE.TXT 6.3.10.
 */
import { invalidCheckpoint, CHECKPOINT_LIMITS, type FileSource } from './limits';

export interface ZipEntry {
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
    // The comment must end with the file, or the signature is one in somebody's data.
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

/** Says where each entry must end: where the next one begins. */
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
