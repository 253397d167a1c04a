/** What a pickle of PyTorch may hold, as data. */
import { CHECKPOINT_LIMITS } from './limits';
import { invalidCheckpoint } from './invalid';

/** Number types of tensors, by PyTorch's name of their storage. */
export const STORAGE_TYPES = {
  FloatStorage: { type: 'float32', bytes: 4 },
  DoubleStorage: { type: 'float64', bytes: 8 },
  HalfStorage: { type: 'float16', bytes: 2 },
  BFloat16Storage: { type: 'bfloat16', bytes: 2 },
  LongStorage: { type: 'int64', bytes: 8 },
  IntStorage: { type: 'int32', bytes: 4 },
  ShortStorage: { type: 'int16', bytes: 2 },
  CharStorage: { type: 'int8', bytes: 1 },
  ByteStorage: { type: 'uint8', bytes: 1 },
  BoolStorage: { type: 'bool', bytes: 1 },
} as const;

export type NumberType = (typeof STORAGE_TYPES)[keyof typeof STORAGE_TYPES]['type'];

/** A name that a pickle refers to; only those of a closed list ever become one. */
export class Name {
  constructor(readonly text: string) {}
}

/** A run of numbers that lies elsewhere in the file. */
export class StorageReference {
  constructor(
    readonly type: NumberType,
    readonly bytesEach: number,
    /** The storage's name in the file. */
    readonly key: string,
    /** Numbers in the storage of that name … */
    readonly count: number,
    /** … and where this one begins in it: above 0 only for views in the legacy format. */
    readonly start: number,
  ) {}
}

/** A tensor: a view of a storage. */
export class TensorReference {
  constructor(
    readonly storage: StorageReference,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** The names that a checkpoint may use; everything else is refused. */
const ORDERED_DICT = 'collections.OrderedDict';
const REBUILD = ['torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_tensor'];
const PARAMETER = 'torch._utils._rebuild_parameter';
const NAMES = new Set([
  ORDERED_DICT,
  ...REBUILD,
  PARAMETER,
  ...Object.keys(STORAGE_TYPES).map((name) => `torch.${name}`),
]);

/** @throws E_MODEL_INVALID for a name that is not on the list */
export function allowedName(module: string, name: string): Name {
  const text = `${module}.${name}`;
  if (NAMES.has(text)) return new Name(text);
  throw invalidCheckpoint('only names of plain tensors', `the name "${text.slice(0, 100)}"`);
}

/** What calling one of the names means. */
export function construct(callee: unknown, parameters: unknown): unknown {
  if (!(callee instanceof Name) || !Array.isArray(parameters)) {
    throw invalidCheckpoint('a call of a known name', 'a call of something else');
  }
  if (callee.text === ORDERED_DICT && parameters.length <= 1) return orderedDict(parameters[0]);
  if (callee.text === PARAMETER && parameters[0] instanceof TensorReference) return parameters[0];
  if (REBUILD.includes(callee.text)) return tensor(parameters);
  throw invalidCheckpoint('a call as PyTorch writes it', `another call of ${callee.text}`);
}

function orderedDict(pairs: unknown): Map<unknown, unknown> {
  const dict = new Map<unknown, unknown>();
  if (pairs === undefined) return dict;
  if (!Array.isArray(pairs)) throw invalidCheckpoint('a list of pairs', 'something else');
  for (const pair of pairs as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) throw invalidCheckpoint('pairs', 'others');
    dict.set(pair[0], pair[1]);
  }
  return dict;
}

function tensor([storage, offset, shape, strides]: unknown[]): TensorReference {
  if (!(storage instanceof StorageReference) || !isCount(offset)) {
    throw invalidCheckpoint('a tensor with a storage and an offset', 'one without');
  }
  if (!isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
    throw invalidCheckpoint('a shape and strides of one length', 'others');
  }
  if (shape.length > CHECKPOINT_LIMITS.dimensions) {
    throw invalidCheckpoint(`up to ${CHECKPOINT_LIMITS.dimensions} dimensions`, `${shape.length}`);
  }
  return new TensorReference(storage, offset, shape, strides);
}

/** A persistent identifier: `('storage', type, key, device, count[, view])`. */
export function storage(identifier: unknown): StorageReference {
  const [tag, type, key, , count, view] = Array.isArray(identifier)
    ? (identifier as unknown[])
    : [];
  const known =
    type instanceof Name &&
    STORAGE_TYPES[type.text.replace('torch.', '') as keyof typeof STORAGE_TYPES];
  if (tag !== 'storage' || !known || typeof key !== 'string' || !isCount(count)) {
    throw invalidCheckpoint('a reference to a storage', 'another reference');
  }
  if (view === undefined || view === null) {
    return new StorageReference(known.type, known.bytes, key, count, 0);
  }
  const [, start, length] = Array.isArray(view) ? (view as unknown[]) : [];
  if (!isCount(start) || !isCount(length) || start + length > count) {
    throw invalidCheckpoint('a view inside its storage', 'one that reaches beyond');
  }
  return new StorageReference(known.type, known.bytes, key, count, start);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
