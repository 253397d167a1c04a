/**
 * PyTorch checkpoints (`torch.save`), read as data: nothing in them is executed, and only the requested
 * tensors are read.
 */
import { halfToNumber } from '../onnx/writer';
import {
  ByteCursor,
  CHECKPOINT_LIMITS,
  contentStart,
  FileSource,
  invalidCheckpoint,
  readZip,
} from './file';
import {
  isCount,
  type NumberType,
  readPickle,
  type StorageReference,
  TensorReference,
} from './pickle';

/** Keys under which checkpoints keep their tensors. */
const CONTAINERS = ['state_dict', 'model_state_dict', 'model'];
/** DataParallel's prefix of every name. */
const PREFIX = 'module.';

/** A tensor read from a file; values row by row. */
interface CheckpointTensor {
  shape: readonly number[];
  data: Float32Array;
}

export class Checkpoint {
  readonly format: Layout['format'];
  readonly #source: FileSource;
  readonly #layout: Layout;
  readonly #tensors: ReadonlyMap<string, TensorReference>;

  private constructor(
    source: FileSource,
    layout: Layout,
    tensors: ReadonlyMap<string, TensorReference>,
  ) {
    this.#source = source;
    this.#layout = layout;
    this.#tensors = tensors;
    this.format = layout.format;
  }

  /**
   * Reads names and shapes only. Close it after use.
   * @throws E_MODEL_INVALID saying what was found, E_PATH when the file cannot be read
   */
  static async open(file: string): Promise<Checkpoint> {
    const source = await FileSource.open(file);
    try {
      const layout = await readLayout(source);
      return new Checkpoint(source, layout, tensorsOf(layout.root));
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Names and shapes, without the prefix `module.`. */
  get shapes(): ReadonlyMap<string, readonly number[]> {
    return new Map([...this.#tensors].map(([name, { shape }]) => [name, shape]));
  }

  /**
   * One tensor as float32.
   * @throws E_MODEL_INVALID when it is missing, cut off, or not of floating-point numbers
   */
  async read(name: string): Promise<CheckpointTensor> {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw invalidCheckpoint(`the tensor ${name}`, 'none of that name');
    const place = await this.#layout.locate(tensor.storage);
    return { shape: tensor.shape, data: await readNumbers(this.#source, tensor, place) };
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

function tensorsOf(root: unknown): Map<string, TensorReference> {
  if (!(root instanceof Map)) throw invalidCheckpoint('a dictionary of tensors', 'something else');
  const inner = CONTAINERS.map((name) => root.get(name)).find((value) => value instanceof Map);
  const tensors = new Map<string, TensorReference>();
  for (const [key, value] of (inner ?? root) as Map<unknown, unknown>) {
    if (typeof key !== 'string' || !(value instanceof TensorReference)) continue;
    const name = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;
    if (tensors.has(name)) throw invalidCheckpoint('each tensor once', `${name} twice`);
    tensors.set(name, value);
  }
  if (tensors.size === 0) throw invalidCheckpoint('tensors', 'none');
  return tensors;
}

/** A checkpoint whose pickle has been read. */
interface Layout {
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

async function readLayout(source: FileSource): Promise<Layout> {
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
 * Offsets of storages that follow one another. Each has its count of numbers before it; the bytes of
 * one number are in the pickle only.
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

function countOf(shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count <= CHECKPOINT_LIMITS.values) return count;
  throw invalidCheckpoint(`tensors of at most ${CHECKPOINT_LIMITS.values} values`, `${count}`);
}

/**
 * Reads only the bytes from the tensor's first to its last value.
 * @param place first byte of its storage in the file
 * @returns the values, row by row
 * @throws E_MODEL_INVALID when the tensor reaches beyond its storage, or is not of floats
 */
async function readNumbers(
  source: FileSource,
  { storage, offset, shape, strides }: TensorReference,
  place: number,
): Promise<Float32Array> {
  const count = countOf(shape);
  if (count === 0) return new Float32Array(0);
  const last = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], 0);
  const first = storage.start + offset;
  if (first + last >= storage.count) {
    throw invalidCheckpoint(
      'tensors inside their storages',
      `one that reaches to number ${first + last} of ${storage.count}`,
    );
  }
  const span = last + 1;
  if (span * storage.bytesEach > CHECKPOINT_LIMITS.spanBytes) {
    throw invalidCheckpoint(
      `tensors of at most ${CHECKPOINT_LIMITS.spanBytes} bytes`,
      `one of ${span * storage.bytesEach}`,
    );
  }
  const decode = DECODERS[storage.type];
  if (!decode) throw invalidCheckpoint('tensors of floating-point numbers', storage.type);
  const bytes = new Uint8Array(span * storage.bytesEach);
  await source.readInto(bytes, place + first * storage.bytesEach);
  const numbers = decode(bytes);
  return span === count && isContiguous(shape, strides)
    ? numbers
    : gather(numbers, count, shape, strides);
}

/** True when the values lie row by row without gaps. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

function gather(
  numbers: Float32Array,
  count: number,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array {
  const gathered = new Float32Array(count);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    gathered[to] = numbers[from];
    // Row-major: the last dimension is the fastest.
    for (let i = shape.length - 1; i >= 0; i--) {
      from += strides[i];
      if (++index[i] < shape[i]) break;
      from -= strides[i] * shape[i];
      index[i] = 0;
    }
  }
  return gathered;
}

/** All platforms of ONNX Runtime are little-endian, as the files are. */
const DECODERS: Partial<Record<NumberType, (bytes: Uint8Array) => Float32Array>> = {
  float32: ({ buffer }) => new Float32Array(buffer),
  float64: ({ buffer }) => Float32Array.from(new Float64Array(buffer)),
  float16: ({ buffer }) => Float32Array.from(new Uint16Array(buffer), (bits) => halfToNumber(bits)),
  // The upper half of a float32.
  bfloat16: ({ buffer }) =>
    new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer),
};
