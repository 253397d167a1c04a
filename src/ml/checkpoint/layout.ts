/** Where the numbers lie in the two file formats of PyTorch. */
import { invalidCheckpoint } from './invalid';
import { CHECKPOINT_LIMITS } from './limits';
import { readPickle } from './pickle';
import { ByteCursor, type FileSource } from './source';
import { isCount, type StorageReference } from './values';
import { contentStart, readZip } from './zip';

/** A checkpoint whose pickle has been read; the numbers are still in the file. */
export interface Layout {
  format: 'zip' | 'legacy';
  /** What was saved. */
  root: unknown;
  /** First byte of a storage. @throws E_MODEL_INVALID when it is missing or of another size */
  locate(storage: StorageReference): Promise<number>;
}

const ZIP_SIGNATURE = 0x04034b50;
/** The first value of every legacy file. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

/** Recognises the format and reads the pickle. */
export async function readLayout(source: FileSource): Promise<Layout> {
  if (source.size < 4) throw invalidCheckpoint('a PyTorch checkpoint', `${source.size} bytes`);
  const start = await source.read(0, 4);
  if (start.readUInt32LE(0) === ZIP_SIGNATURE) return zipLayout(source);
  if (start[0] === 0x80) return legacyLayout(source);
  throw invalidCheckpoint('a PyTorch checkpoint (.pth, .pt)', 'a file of another kind');
}

async function zipLayout(source: FileSource): Promise<Layout> {
  const entries = await readZip(source);
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (!pickle || pickles.length > 1) {
    throw invalidCheckpoint('one data.pkl in the archive', `${pickles.length}`);
  }
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw invalidCheckpoint('a checkpoint made by torch.save', 'a TorchScript program');
  }
  const order = entries.get(`${folder}byteorder`);
  if (order) {
    const text = await source.read(await contentStart(source, order), Math.min(order.size, 16));
    if (text.toString() !== 'little') throw invalidCheckpoint('little-endian numbers', 'others');
  }
  const start = await contentStart(source, pickle);
  const root = await readPickle(new ByteCursor(source, start, start + pickle.size));
  return {
    format: 'zip',
    root,
    async locate({ key, count, bytesEach }) {
      const entry = entries.get(`${folder}data/${key}`);
      if (!entry) throw invalidCheckpoint(`the numbers "${folder}data/${key}"`, 'none');
      if (entry.size !== count * bytesEach) {
        throw invalidCheckpoint(`${count * bytesEach} bytes for "${entry.name}"`, `${entry.size}`);
      }
      return contentStart(source, entry);
    },
  };
}

/**
 * Magic number, protocol and system as pickles, the pickle itself, a pickle with the names of the
 * storages, and then these one after the other, each with its count before it.
 */
async function legacyLayout(source: FileSource): Promise<Layout> {
  const cursor = new ByteCursor(source);
  if ((await readPickle(cursor)) !== MAGIC) {
    throw invalidCheckpoint('a PyTorch checkpoint', 'a pickle of something else');
  }
  const protocol = await readPickle(cursor);
  if (protocol !== LEGACY_PROTOCOL) {
    throw invalidCheckpoint(`protocol ${LEGACY_PROTOCOL}`, `protocol ${String(protocol)}`);
  }
  const system = await readPickle(cursor);
  if (!(system instanceof Map) || system.get('little_endian') !== true) {
    throw invalidCheckpoint('little-endian numbers', 'others');
  }
  const storages: StorageReference[] = [];
  const root = await readPickle(cursor, storages);
  const keys = await readPickle(cursor);
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) {
    throw invalidCheckpoint('the names of the storages', 'something else');
  }
  if (keys.length > CHECKPOINT_LIMITS.entries || new Set(keys).size !== keys.length) {
    throw invalidCheckpoint('a list of different storages', 'too many, or one twice');
  }
  const end = cursor.position;
  let places: Promise<Map<string, number>> | undefined;
  return {
    format: 'legacy',
    root,
    async locate({ key }) {
      places ??= walk(source, keys, storages, end);
      const place = (await places).get(key);
      if (place === undefined) throw invalidCheckpoint(`the storage ${key}`, 'none of that name');
      return place;
    },
  };
}

/**
 * The places of storages that lie one after the other. Counts are in numbers, and only the pickle
 * says how many bytes one has.
 */
async function walk(
  source: FileSource,
  keys: readonly string[],
  storages: readonly StorageReference[],
  start: number,
): Promise<Map<string, number>> {
  const known = new Map<string, StorageReference>();
  for (const storage of storages) {
    const other = known.get(storage.key) ?? storage;
    if (other.count !== storage.count || other.bytesEach !== storage.bytesEach) {
      throw invalidCheckpoint(`one size for the storage ${storage.key}`, 'two');
    }
    known.set(storage.key, storage);
  }
  const places = new Map<string, number>();
  let at = start;
  for (const key of keys) {
    const storage = known.get(key);
    if (!storage) throw invalidCheckpoint(`a user of the storage ${key}`, 'none');
    const count = (await source.read(at, 8)).readBigInt64LE(0);
    if (count !== BigInt(storage.count)) {
      throw invalidCheckpoint(`${storage.count} numbers in the storage ${key}`, `${count}`);
    }
    places.set(key, at + 8);
    at += 8 + storage.count * storage.bytesEach;
    if (!isCount(at) || at > source.size) {
      throw invalidCheckpoint(`the numbers of the storage ${key}`, 'their end missing');
    }
  }
  return places;
}
