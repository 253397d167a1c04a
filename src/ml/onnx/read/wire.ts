/**
 * Reads the protocol buffers wire format, field by field, without copying and without recursion.
 * Format: https://protobuf.dev/programming-guides/encoding/
 */
import { invalidOnnx } from './invalid';

export interface Field {
  number: number;
  /** Of a varint or fixed field. */
  value: bigint;
  /** Of a field with a length. */
  bytes: Buffer;
  isBytes: boolean;
}

/** More than any shape or attribute has. */
const LONGEST_LIST = 10_000;
const NOTHING = Buffer.alloc(0);

/** @throws E_MODEL_INVALID when the message is cut off or damaged */
export function* fields(message: Buffer): Generator<Field> {
  let at = 0;
  while (at < message.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    const wireType = tag & 7;
    if (number === 0) throw invalidOnnx('a field number', '0');
    if (wireType === 0) yield { number, value: varint(), bytes: NOTHING, isBytes: false };
    else if (wireType === 1)
      yield { number, value: take(8).readBigUInt64LE(0), bytes: NOTHING, isBytes: false };
    else if (wireType === 5)
      yield { number, value: BigInt(take(4).readUInt32LE(0)), bytes: NOTHING, isBytes: false };
    else if (wireType === 2)
      yield { number, value: 0n, bytes: take(Number(varint())), isBytes: true };
    else throw invalidOnnx('a known kind of field', `kind ${wireType}`);
  }

  function take(length: number): Buffer {
    if (length > message.length - at) throw invalidOnnx('a whole file', 'its end missing');
    at += length;
    return message.subarray(at - length, at);
  }

  function varint(): bigint {
    const read = readVarint(message, at);
    at = read.next;
    return read.value;
  }
}

/** The first field of that number. */
export function firstField(message: Buffer, number: number): Field | undefined {
  for (const field of fields(message)) if (field.number === number) return field;
  return undefined;
}

/** The numbers of a repeated field, packed or one by one. */
export function integersOf({ isBytes, bytes, value }: Field): number[] {
  if (!isBytes) return [Number(BigInt.asIntN(64, value))];
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length;) {
    if (numbers.length === LONGEST_LIST) throw invalidOnnx('short lists of numbers', 'a long one');
    const read = readVarint(bytes, at);
    numbers.push(Number(BigInt.asIntN(64, read.value)));
    at = read.next;
  }
  return numbers;
}

function readVarint(bytes: Buffer, start: number): { value: bigint; next: number } {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw invalidOnnx('a whole file', 'its end missing');
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value, next: start + i + 1 };
  }
  throw invalidOnnx('a number of at most ten bytes', 'a longer one');
}
