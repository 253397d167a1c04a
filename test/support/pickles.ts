/** Writes pickles of protocol 2, as PyTorch does: enough for checkpoints, and for hostile ones. */

/** `module.name` as a global. */
export class Global {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** A call of a global. */
export class Call {
  constructor(
    readonly callee: Global,
    readonly parameters: unknown[],
  ) {}
}

/** A persistent identifier. */
export class Persistent {
  constructor(readonly identifier: unknown[]) {}
}

/** A tuple; plain arrays are lists. */
export class Tuple {
  readonly items: unknown[];
  constructor(...items: unknown[]) {
    this.items = items;
  }
}

/** Opcodes as they are. */
export class Raw {
  constructor(readonly bytes: Buffer) {}
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

export function pickle(value: unknown): Buffer {
  return Buffer.concat([Buffer.from([0x80, 2]), encode(value), Buffer.from('.')]);
}

function encode(value: unknown): Buffer {
  if (value instanceof Raw) return value.bytes;
  if (value === null) return Buffer.from('N');
  if (typeof value === 'boolean') return Buffer.from([value ? 0x88 : 0x89]);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.from('X'), u32(text.length), text]);
  }
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isInteger(value))) {
    return typeof value === 'bigint' ? long(value) : float(value);
  }
  if (typeof value === 'number') {
    if (Math.abs(value) >= 2 ** 31) return long(BigInt(value));
    return Buffer.concat([Buffer.from('J'), u32(value)]);
  }
  if (value instanceof Global) return Buffer.from(`c${value.module}\n${value.name}\n`);
  if (value instanceof Call) {
    const parameters = encode(new Tuple(...value.parameters));
    return Buffer.concat([encode(value.callee), parameters, Buffer.from('R')]);
  }
  if (value instanceof Persistent) {
    return Buffer.concat([encode(new Tuple(...value.identifier)), Buffer.from('Q')]);
  }
  if (value instanceof Tuple) return marked(value.items, 't');
  if (Array.isArray(value)) return Buffer.concat([Buffer.from(']'), marked(value, 'e')]);
  if (value instanceof Map) {
    return Buffer.concat([Buffer.from('}'), marked([...value].flat(), 'u')]);
  }
  return encode(new Map(Object.entries(value as Record<string, unknown>)));
}

function marked(items: unknown[], end: string): Buffer {
  return Buffer.concat([Buffer.from('('), ...items.map(encode), Buffer.from(end)]);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.write('G');
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function long(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 8n) {
    bytes.push(Number(rest & 0xffn));
    // Done when what is left is only the sign of the last byte.
    if (rest >= -128n && rest <= 127n) break;
  }
  return Buffer.from([0x8a, bytes.length, ...bytes]);
}
