/**
 * Reads a pickle as data: the opcodes that PyTorch writes for tensors, dictionaries, lists and tuples,
 * and the names in NAMES. Nothing is called, and everything else is refused.
 * Opcodes: Lib/pickletools.py of CPython.
 */
import { type ByteCursor, CHECKPOINT_LIMITS, invalidCheckpoint } from './file';

/**
 * Reads one pickle, including its STOP.
 * @param storages collects all references to storages
 */
export async function readPickle(
  cursor: ByteCursor,
  storages: StorageReference[] = [],
): Promise<unknown> {
  const machine = new PickleMachine(cursor, storages);
  for (let step = 0; step < CHECKPOINT_LIMITS.steps; step++) {
    await cursor.fill(1);
    const opcode = cursor.take(1)[0];
    if (opcode === STOP) return machine.result();
    const instruction = INSTRUCTIONS[opcode];
    if (!instruction) {
      const hex = opcode.toString(16).padStart(2, '0');
      throw invalidCheckpoint('only pickle opcodes of plain data', `the opcode 0x${hex}`);
    }
    const pending = instruction(machine);
    if (pending) await pending;
  }
  throw invalidCheckpoint(`at most ${CHECKPOINT_LIMITS.steps} pickle steps`, 'more');
}

type Instruction = (machine: PickleMachine) => Promise<void> | void;

const STOP = 0x2e;

const INSTRUCTIONS: Readonly<Record<number, Instruction>> = {
  // PROTO
  0x80: async (m) => {
    const version = await m.uint(1);
    if (version > 5) throw invalidCheckpoint('a pickle of protocol 2 to 5', `${version}`);
  },
  // FRAME: a hint for read-ahead
  0x95: async (m) => void (await m.bytes(8)),
  // MARK, POP_MARK, POP
  0x28: (m) => m.push(MARK),
  0x31: (m) => void m.popMarked(),
  0x30: (m) => void m.pop(),
  // NONE, NEWTRUE, NEWFALSE
  0x4e: (m) => m.push(null),
  0x88: (m) => m.push(true),
  0x89: (m) => m.push(false),
  // BININT, BININT1, BININT2, LONG1, BINFLOAT
  0x4a: async (m) => m.push((await m.bytes(4)).readInt32LE(0)),
  0x4b: async (m) => m.push(await m.uint(1)),
  0x4d: async (m) => m.push(await m.uint(2)),
  0x8a: async (m) => m.push(long(await m.bytes(await m.uint(1)))),
  0x47: async (m) => m.push((await m.bytes(8)).readDoubleBE(0)),
  // BINUNICODE, SHORT_BINUNICODE, BINSTRING, SHORT_BINSTRING
  0x58: async (m) => m.push(await m.text(4)),
  0x8c: async (m) => m.push(await m.text(1)),
  0x54: async (m) => m.push(await m.text(4)),
  0x55: async (m) => m.push(await m.text(1)),
  // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE
  0x7d: (m) => m.push(new Map()),
  0x5d: (m) => m.push([]),
  0x29: (m) => m.push([]),
  // TUPLE, TUPLE1, TUPLE2, TUPLE3
  0x74: (m) => m.push(m.popMarked()),
  0x85: (m) => m.push([m.pop()]),
  0x86: (m) => m.push([m.pop(), m.pop()].reverse()),
  0x87: (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  // LIST, DICT
  0x6c: (m) => m.push(m.popMarked()),
  0x64: (m) => {
    const dict = new Map();
    setItems(dict, m.popMarked());
    m.push(dict);
  },
  // APPEND, APPENDS, SETITEM, SETITEMS
  0x61: (m) => append(m, [m.pop()]),
  0x65: (m) => append(m, m.popMarked()),
  0x73: (m) => {
    const pair = [m.pop(), m.pop()].reverse();
    setItems(m.top(), pair);
  },
  0x75: (m) => {
    const items = m.popMarked();
    setItems(m.top(), items);
  },
  // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  0x71: async (m) => m.put(await m.uint(1)),
  0x72: async (m) => m.put(await m.uint(4)),
  0x94: (m) => m.memoize(),
  0x68: async (m) => m.get(await m.uint(1)),
  0x6a: async (m) => m.get(await m.uint(4)),
  // GLOBAL, STACK_GLOBAL
  0x63: async (m) => m.push(allowedName(await m.line(), await m.line())),
  0x93: (m) => {
    const [name, module] = [m.pop(), m.pop()];
    m.push(allowedName(String(module), String(name)));
  },
  // REDUCE
  0x52: (m) => {
    const parameters = m.pop();
    m.push(construct(m.pop(), parameters));
  },
  // BUILD: attributes of an OrderedDict (its `_metadata`), ignored
  0x62: (m) => {
    m.pop();
    if (!(m.top() instanceof Map)) throw invalidCheckpoint('plain data', 'an object with a state');
  },
  // BINPERSID
  0x51: (m) => {
    const reference = storage(m.pop());
    m.storages.push(reference);
    m.push(reference);
  },
};

function append(machine: PickleMachine, values: unknown[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw invalidCheckpoint('a list to append to', 'something else');
  for (const value of values) list.push(value);
}

function setItems(dict: unknown, items: unknown[]): void {
  if (!(dict instanceof Map) || items.length % 2 !== 0) {
    throw invalidCheckpoint('a dictionary with keys and values', 'something else');
  }
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

/** A little-endian signed integer: a number where exact, else a bigint. */
function long(bytes: Buffer): number | bigint {
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte);
  value = BigInt.asIntN(bytes.length * 8, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const MARK = Symbol('mark');
/** Bytes of the longest fixed-size argument; longer ones count towards the text limit. */
const LONGEST_FIXED = 8;

/** The stack and the memo of a pickle, and its bytes as instructions take them. */
class PickleMachine {
  readonly #cursor: ByteCursor;
  readonly #memo = new Map<number, unknown>();
  #stack: unknown[] = [];
  #textBytes = 0;

  constructor(
    cursor: ByteCursor,
    readonly storages: StorageReference[],
  ) {
    this.#cursor = cursor;
  }

  result(): unknown {
    if (this.#stack.length !== 1) throw invalidCheckpoint('one value in a pickle', 'another count');
    return this.pop();
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    const value = this.#stack.length > 0 ? this.#stack.pop() : MARK;
    if (value === MARK) throw invalidCheckpoint('a value on the stack of a pickle', 'none');
    return value;
  }

  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  /** The values above the last mark; removes both. */
  popMarked(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw invalidCheckpoint('a mark on the stack of a pickle', 'none');
    const values = this.#stack.splice(mark);
    values.shift();
    return values;
  }

  put(index: number): void {
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    if (!this.#memo.has(index)) throw invalidCheckpoint('a known memo entry', `${index}`);
    this.push(this.#memo.get(index));
  }

  async bytes(length: number): Promise<Buffer> {
    if (length > LONGEST_FIXED) this.#count(length);
    await this.#cursor.fill(length);
    return this.#cursor.take(length);
  }

  async uint(bytes: 1 | 2 | 4): Promise<number> {
    return (await this.bytes(bytes)).readUIntLE(0, bytes);
  }

  /** A string with its length (of one or four bytes) before it. */
  async text(lengthBytes: 1 | 4): Promise<string> {
    return (await this.bytes(await this.uint(lengthBytes))).toString('utf8');
  }

  /** Text up to the end of its line. */
  async line(): Promise<string> {
    const characters: number[] = [];
    for (;;) {
      const [byte] = await this.bytes(1);
      if (byte === 0x0a) return Buffer.from(characters).toString('utf8');
      this.#count(1);
      characters.push(byte);
      if (characters.length > 1000) throw invalidCheckpoint('a short name', 'a long one');
    }
  }

  #count(bytes: number): void {
    this.#textBytes += bytes;
    if (this.#textBytes > CHECKPOINT_LIMITS.textBytes) {
      throw invalidCheckpoint(`at most ${CHECKPOINT_LIMITS.textBytes} bytes of text`, 'more');
    }
  }
}

/** Number types of tensors, by PyTorch's name of their storage. */
const STORAGE_TYPES = {
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

/** An allowed global name. */
class Name {
  constructor(readonly text: string) {}
}

/** Numbers stored elsewhere in the file. */
export class StorageReference {
  constructor(
    readonly type: NumberType,
    readonly bytesEach: number,
    /** The storage's name in the file. */
    readonly key: string,
    /** Numbers in that storage. */
    readonly count: number,
    /** First number of this reference; above 0 only for views in the legacy format. */
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
function allowedName(module: string, name: string): Name {
  const text = `${module}.${name}`;
  if (NAMES.has(text)) return new Name(text);
  throw invalidCheckpoint('only names of plain tensors', `the name "${text.slice(0, 100)}"`);
}

/** The value of a call of an allowed name. */
function construct(callee: unknown, parameters: unknown): unknown {
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
function storage(identifier: unknown): StorageReference {
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
