/**
 * Reads FlatBuffers, the container of TensorFlow Lite, and FlexBuffers, that of its custom operators'
 * options. Reading alone takes these few lines, so a library for it is no dependency.
 * Formats: https://flatbuffers.dev/internals/, https://flatbuffers.dev/flexbuffers/
 */

/**
 * A table of a FlatBuffer. Fields go by their number in the schema; an absent one has its default.
 * @throws RangeError where the buffer is cut off or damaged
 */
export class FlatTable {
  private constructor(
    private readonly bytes: Buffer,
    private readonly start: number,
  ) {}

  /** The root table of a buffer. */
  static root(bytes: Buffer): FlatTable {
    return new FlatTable(bytes, bytes.readUInt32LE(0));
  }

  byte(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === undefined ? absent : this.bytes.readInt8(at);
  }

  /** A 32-bit number. */
  integer(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === undefined ? absent : this.bytes.readInt32LE(at);
  }

  text(field: number): string {
    return Buffer.from(this.content(field)).toString('utf8');
  }

  /** The bytes of a vector of bytes or of a text. */
  content(field: number): Uint8Array {
    const { at, length } = this.#vector(field, 1);
    return this.bytes.subarray(at, at + length);
  }

  /** A vector of 32-bit numbers. */
  integers(field: number): number[] {
    const { at, length } = this.#vector(field, 4);
    return Array.from({ length }, (_, index) => this.bytes.readInt32LE(at + 4 * index));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#field(field);
    return at === undefined ? undefined : new FlatTable(this.bytes, this.#follow(at));
  }

  /** A vector of tables. */
  tables(field: number): FlatTable[] {
    const { at, length } = this.#vector(field, 4);
    return Array.from(
      { length },
      (_, index) => new FlatTable(this.bytes, this.#follow(at + 4 * index)),
    );
  }

  /** Where a field stands; undefined where it is absent. */
  #field(field: number): number | undefined {
    const layout = this.start - this.bytes.readInt32LE(this.start);
    const entry = 4 + 2 * field;
    if (entry >= this.bytes.readUInt16LE(layout)) return undefined;
    const offset = this.bytes.readUInt16LE(layout + entry);
    return offset === 0 ? undefined : this.start + offset;
  }

  #vector(field: number, width: number): { at: number; length: number } {
    const reference = this.#field(field);
    if (reference === undefined) return { at: 0, length: 0 };
    const start = this.#follow(reference);
    const length = this.bytes.readUInt32LE(start);
    const at = start + 4;
    if (at + length * width > this.bytes.length) throw new RangeError('a vector is cut off');
    return { at, length };
  }

  #follow(at: number): number {
    return at + this.bytes.readUInt32LE(at);
  }
}

/** Numbers and lists of numbers are what options of operators are made of; the rest is undefined. */
export type FlexValue = number | number[] | undefined;

/** Kinds of a FlexBuffer's values. */
const FLEX = {
  integer: 1,
  unsigned: 2,
  float: 3,
  map: 9,
  vector: 10,
  integers: 11,
  unsigneds: 12,
  floats: 13,
  boolean: 26,
} as const;

/** The kind of a typed vector's values. */
const ELEMENTS: Readonly<Record<number, number>> = {
  [FLEX.integers]: FLEX.integer,
  [FLEX.unsigneds]: FLEX.unsigned,
  [FLEX.floats]: FLEX.float,
};

/**
 * The map of names to values that a FlexBuffer holds.
 * @throws RangeError where it is damaged or not a map
 */
export function readFlexMap(content: Uint8Array): Map<string, FlexValue> {
  const bytes = Buffer.from(content);
  const width = bytes.readUInt8(bytes.length - 1);
  const type = bytes.readUInt8(bytes.length - 2);
  if (type >> 2 !== FLEX.map) throw new RangeError('the options are not a map');
  const map = follow(bytes, bytes.length - 2 - width, width);
  const size = 2 ** (type & 3);
  const length = readUnsigned(bytes, map - size, size);
  const keys = follow(bytes, map - 3 * size, size);
  const keySize = readUnsigned(bytes, map - 2 * size, size);
  const entries = new Map<string, FlexValue>();
  for (let index = 0; index < length; index++) {
    const key = follow(bytes, keys + index * keySize, keySize);
    const name = bytes.toString('utf8', key, bytes.indexOf(0, key));
    const valueType = bytes.readUInt8(map + length * size + index);
    entries.set(name, readFlex(bytes, map + index * size, size, valueType));
  }
  return entries;
}

function readFlex(bytes: Buffer, at: number, width: number, type: number): FlexValue {
  const kind = type >> 2;
  const element = ELEMENTS[kind];
  if (kind !== FLEX.vector && element === undefined) return readNumber(bytes, at, width, kind);
  const start = follow(bytes, at, width);
  const size = 2 ** (type & 3);
  const length = readUnsigned(bytes, start - size, size);
  return Array.from({ length }, (_, index) => {
    const elementKind = element ?? bytes.readUInt8(start + length * size + index) >> 2;
    const value = readNumber(bytes, start + index * size, size, elementKind);
    if (value === undefined) throw new RangeError('a list of options is not one of numbers');
    return value;
  });
}

function readNumber(bytes: Buffer, at: number, width: number, kind: number): number | undefined {
  switch (kind) {
    case FLEX.integer:
      return width === 8 ? Number(bytes.readBigInt64LE(at)) : bytes.readIntLE(at, width);
    case FLEX.unsigned:
    case FLEX.boolean:
      return readUnsigned(bytes, at, width);
    case FLEX.float:
      return width === 8 ? bytes.readDoubleLE(at) : bytes.readFloatLE(at);
    default:
      return undefined;
  }
}

function readUnsigned(bytes: Buffer, at: number, width: number): number {
  return width === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUIntLE(at, width);
}

/** References point backwards. */
function follow(bytes: Buffer, at: number, width: number): number {
  return at - readUnsigned(bytes, at, width);
}
