/**
 * Reads a pickle as data. The machine knows the few opcodes that PyTorch writes for tensors, in
 * dictionaries, lists and tuples, and the names of values.ts; it calls nothing and refuses the rest.
 * Opcodes: Lib/pickletools.py of CPython.
 */
import { invalidCheckpoint } from './invalid';
import { CHECKPOINT_LIMITS } from './limits';
import { MARK, PickleMachine } from './pickle-machine';
import type { ByteCursor } from './source';
import { allowedName, construct, storage, type StorageReference } from './values';

/**
 * Reads one pickle, up to and with its STOP.
 * @param storages takes all references to storages
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
  // FRAME: only a hint for readers
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
  // BUILD: attributes of an OrderedDict (its `_metadata`), which nobody needs
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

/** A whole number of any length: a number where it is exact, else its digits. */
function long(bytes: Buffer): number | bigint {
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte);
  value = BigInt.asIntN(bytes.length * 8, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
