/** Writes PyTorch checkpoints in both file formats, as `torch.save` lays them out. */
import { Call, Global, Persistent, pickle, Tuple } from './pickles';
import { zip, type ZipFile, type ZipOptions } from './zips';

export interface SavedStorage {
  /** PyTorch's name without "Storage": Float, Double, Half, BFloat16, Long. */
  type: string;
  count: number;
  bytes: Uint8Array;
}

/** A tensor; several may share one storage. */
export interface SavedTensor {
  storage: SavedStorage;
  shape: readonly number[];
  offset?: number;
  strides?: readonly number[];
  /** Legacy format: the storage seen through a window [start, length]. */
  view?: [number, number];
  isParameter?: boolean;
}

export function floats(shape: readonly number[], data: Float32Array): SavedTensor {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { shape, storage: { type: 'Float', count: data.length, bytes } };
}

type Tree = SavedTensor | Map<string, Tree> | { [key: string]: Tree } | Tree[] | number | string;

/** Replaces the tensors of a tree by what PyTorch pickles for them. */
class Storages {
  readonly keys = new Map<SavedStorage, string>();

  replace(tree: Tree): unknown {
    if (typeof tree !== 'object') return tree;
    if (Array.isArray(tree)) return tree.map((item) => this.replace(item));
    if (isTensor(tree)) return this.#tensor(tree);
    const pairs = tree instanceof Map ? [...tree] : Object.entries(tree);
    return new Map(pairs.map(([key, value]) => [key, this.replace(value)]));
  }

  #tensor({ storage, shape, offset = 0, strides, view, isParameter }: SavedTensor): unknown {
    if (!this.keys.has(storage)) this.keys.set(storage, `${this.keys.size}`);
    const identifier = [
      'storage',
      new Global('torch', `${storage.type}Storage`),
      this.keys.get(storage),
      'cpu',
      storage.count,
      ...(view ? [new Tuple('view', ...view)] : []),
    ];
    const rebuilt = new Call(new Global('torch._utils', '_rebuild_tensor_v2'), [
      new Persistent(identifier),
      offset,
      new Tuple(...shape),
      new Tuple(...(strides ?? rowByRow(shape))),
      false,
      new Call(new Global('collections', 'OrderedDict'), []),
    ]);
    if (!isParameter) return rebuilt;
    return new Call(new Global('torch._utils', '_rebuild_parameter'), [
      rebuilt,
      true,
      new Call(new Global('collections', 'OrderedDict'), []),
    ]);
  }
}

export function zipCheckpoint(
  tree: Tree,
  options: ZipOptions & { extra?: ZipFile[] } = {},
): Buffer {
  const storages = new Storages();
  const data = pickle(storages.replace(tree));
  const files: ZipFile[] = [{ name: 'archive/data.pkl', data }];
  for (const [storage, key] of storages.keys) {
    files.push({ name: `archive/data/${key}`, data: storage.bytes });
  }
  files.push({ name: 'archive/version', data: Buffer.from('3\n') }, ...(options.extra ?? []));
  return zip(files, options);
}

export function legacyCheckpoint(tree: Tree): Buffer {
  const storages = new Storages();
  const main = pickle(storages.replace(tree));
  const parts = [
    pickle(0x1950a86a20f9469cfc6cn),
    pickle(1001),
    pickle({
      protocol_version: 1001,
      little_endian: true,
      type_sizes: { short: 2, int: 4, long: 4 },
    }),
    main,
    pickle([...storages.keys.values()]),
  ];
  for (const { count, bytes } of storages.keys.keys()) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(count));
    parts.push(length, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  return Buffer.concat(parts);
}

function isTensor(tree: object): tree is SavedTensor {
  return 'storage' in tree && 'shape' in tree;
}

function rowByRow(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}
