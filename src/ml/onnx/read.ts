/**
 * Reads an ONNX file's graph: inputs, outputs, nodes and constants. Field numbers are those of
 * onnx.proto3. Graphs inside nodes and tensors in other files are refused: no other file is opened.
 */
import { LipwireError } from '../../contract';
import { halfToNumber } from './writer';

/** An input or output; undefined for an open size. */
export interface ReadPort {
  name: string;
  shape: (number | undefined)[];
}

export interface ReadNode {
  operator: string;
  inputs: string[];
  outputs: string[];
  /** Integer attributes and lists of them. */
  integers: Map<string, number[]>;
  floats: Map<string, number>;
}

export interface ReadModel {
  /** Without constants, which old files list too. */
  inputs: ReadPort[];
  outputs: ReadPort[];
  /** Each after all nodes whose outputs it takes. */
  nodes: ReadNode[];
  constants: Map<string, StoredTensor>;
}

/** More than any network for faces has. */
const MOST_NODES = 20_000;
const FLOAT = 1;

/** @throws E_MODEL_INVALID when the file is damaged, or of a kind that is not taken */
export function readModel(bytes: Buffer): ReadModel {
  const model = emptyModel();
  let graphs = 0;
  for (const field of fields(bytes)) {
    if (field.number === 25) checkFunction(field);
    if (field.number !== 7 || !field.isBytes) continue;
    // Protocol buffers would merge a second one into the first.
    if (++graphs > 1) throw invalidOnnx('one graph', 'two');
    for (const part of fields(field.bytes)) readGraphField(model, part);
  }
  if (graphs === 0) throw invalidOnnx('a graph', 'none');
  model.inputs = model.inputs.filter(({ name }) => !model.constants.has(name));
  checkOrder(model);
  return model;
}

function emptyModel(): ReadModel {
  return { inputs: [], outputs: [], nodes: [], constants: new Map() };
}

/** Functions are not run, but their nodes must not name other files either. */
function checkFunction({ bytes }: Field): void {
  const inside = emptyModel();
  for (const field of fields(bytes)) if (field.number === 7) readNode(inside, field.bytes);
}

function readGraphField(model: ReadModel, { number, bytes }: Field): void {
  if (number === 1) readNode(model, bytes);
  if (number === 5) {
    const { name, tensor } = readTensor(bytes);
    model.constants.set(name, tensor);
  }
  if (number === 15) throw invalidOnnx('dense numbers', 'sparse ones');
  if (number === 11) model.inputs.push(readPort(bytes));
  if (number === 12) model.outputs.push(readPort(bytes));
  if (
    model.nodes.length + model.constants.size > MOST_NODES ||
    model.inputs.length + model.outputs.length > MOST_NODES
  ) {
    throw invalidOnnx(`at most ${MOST_NODES} nodes and constants`, 'more');
  }
}

function readNode(model: ReadModel, message: Buffer): void {
  const node: ReadNode = {
    operator: '',
    inputs: [],
    outputs: [],
    integers: new Map(),
    floats: new Map(),
  };
  let constant: StoredTensor | undefined;
  for (const { number, bytes } of fields(message)) {
    if (number === 1) node.inputs.push(bytes.toString('utf8'));
    if (number === 2) node.outputs.push(bytes.toString('utf8'));
    if (number === 4) node.operator = bytes.toString('utf8');
    if (number === 5) constant = readAttribute(node, bytes) ?? constant;
  }
  const [output] = node.outputs;
  if (node.operator === 'Constant' && constant && output) model.constants.set(output, constant);
  else model.nodes.push(node);
}

function readAttribute(node: ReadNode, message: Buffer): StoredTensor | undefined {
  let name = '';
  let tensor: StoredTensor | undefined;
  const integers: number[] = [];
  for (const field of fields(message)) {
    if (field.number === 1) name = field.bytes.toString('utf8');
    if (field.number === 2) node.floats.set(name, floatOf(field.value));
    if (field.number === 3 || field.number === 8) integers.push(...integersOf(field));
    if (field.number === 5) tensor = readTensor(field.bytes).tensor;
    if (field.number === 10) readTensor(field.bytes);
    if (field.number === 22 || field.number === 23) {
      throw invalidOnnx('dense numbers', `sparse ones in a node ${node.operator}`);
    }
    if (field.number === 6 || field.number === 11) {
      throw invalidOnnx('a graph without graphs inside', `one in a node ${node.operator}`);
    }
  }
  if (integers.length > 0) node.integers.set(name, integers);
  return tensor;
}

function readPort(message: Buffer): ReadPort {
  const port: ReadPort = { name: '', shape: [] };
  for (const field of fields(message)) {
    if (field.number === 1) port.name = field.bytes.toString('utf8');
    if (field.number === 2) port.shape = readType(field.bytes);
  }
  return port;
}

/** TypeProto → Tensor → shape → dimensions. */
function readType(message: Buffer): ReadPort['shape'] {
  const tensor = inner(message, 1);
  for (const { number, value } of fields(tensor)) {
    if (number === 1 && value !== BigInt(FLOAT)) {
      throw invalidOnnx('inputs and outputs of float32', `the type ${value}`);
    }
  }
  const shape: ReadPort['shape'] = [];
  for (const { number, bytes } of fields(inner(tensor, 2))) {
    if (number !== 1) continue;
    if (shape.length === MOST_DIMENSIONS) throw invalidOnnx('a usual number of dimensions', 'more');
    const size = firstField(bytes, 1)?.value;
    // Exporters write open sizes as names, as nothing, or as 0 and −1.
    shape.push(size !== undefined && size > 0n && size < 2n ** 31n ? Number(size) : undefined);
  }
  return shape;
}

function inner(message: Buffer, number: number): Buffer {
  return firstField(message, number)?.bytes ?? Buffer.alloc(0);
}

function floatOf(bits: bigint): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Number(BigInt.asUintN(32, bits)));
  return bytes.readFloatLE(0);
}

/** The standard requires topological order, which rules out cycles. */
function checkOrder({ inputs, nodes, constants }: ReadModel): void {
  const known = new Set([...inputs.map(({ name }) => name), ...constants.keys(), '']);
  for (const { operator, inputs: needed, outputs } of nodes) {
    const unknown = needed.find((name) => !known.has(name));
    if (unknown !== undefined) {
      const what = JSON.stringify(unknown.slice(0, 60));
      throw invalidOnnx('nodes in the order of their use', `${operator} taking ${what} too early`);
    }
    for (const name of outputs) known.add(name);
  }
}

/** A tensor, not decoded yet. */
interface StoredTensor {
  shape: readonly number[];
  /** ONNX's number of the type: 1 float32, 7 int64, 10 float16, 11 float64. */
  type: number;
  bytes: Buffer;
}

const MOST_DIMENSIONS = 8;
const MOST_VALUES = 2 ** 28;

function readTensor(message: Buffer): { name: string; tensor: StoredTensor } {
  const shape: number[] = [];
  let name = '';
  let type = 0;
  let bytes: Buffer = Buffer.alloc(0);
  for (const field of fields(message)) {
    if (field.number === 1) shape.push(...integersOf(field));
    if (field.number === 2) type = Number(field.value);
    if (field.number === 8) name = field.bytes.toString('utf8');
    // raw_data, or the packed float_data and double_data, which look the same
    if (field.number === 9 || field.number === 4 || field.number === 10) bytes = field.bytes;
    if (field.number === 13 || (field.number === 14 && field.value !== 0n)) {
      throw invalidOnnx(
        'all numbers inside the file',
        `some of ${name || 'a tensor'} outside of it`,
      );
    }
  }
  const values = shape.reduce((product, size) => product * size, 1);
  if (shape.length > MOST_DIMENSIONS || shape.some((size) => size < 0) || values > MOST_VALUES) {
    throw invalidOnnx('tensors of a usual size', `${name} of ${shape.join('×').slice(0, 60)}`);
  }
  return { name, tensor: { shape, type, bytes } };
}

/** The values as float32. @throws E_MODEL_INVALID for other types or missing values */
export function floatsOf(name: string, { shape, type, bytes }: StoredTensor): Float32Array {
  const decode = DECODERS[type];
  if (!decode) throw invalidOnnx(`${name} in floating-point numbers`, `the type ${type}`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== count * decode.width) {
    throw invalidOnnx(`${count * decode.width} bytes for ${name}`, `${bytes.length}`);
  }
  // Copied for alignment; the file and all platforms of ONNX Runtime are little-endian.
  if (type === FLOAT) return new Float32Array(Uint8Array.from(bytes).buffer);
  return Float32Array.from({ length: count }, (_, i) => decode.at(bytes, i * decode.width));
}

interface Decoder {
  width: number;
  at(bytes: Buffer, offset: number): number;
}

const DECODERS: Readonly<Record<number, Decoder>> = {
  [FLOAT]: { width: 4, at: (bytes, offset) => bytes.readFloatLE(offset) },
  10: { width: 2, at: (bytes, offset) => halfToNumber(bytes.readUInt16LE(offset)) },
  11: { width: 8, at: (bytes, offset) => bytes.readDoubleLE(offset) },
};

interface Field {
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

/**
 * The fields of a message in protobuf's wire format, without copying.
 * Format: https://protobuf.dev/programming-guides/encoding/
 * @throws E_MODEL_INVALID when the message is cut off or damaged
 */
function* fields(message: Buffer): Generator<Field> {
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

/** A node as far as it names tensors. */
export interface NamedNode {
  operator: string;
  inputs: string[];
  outputs: string[];
}

/**
 * The nodes of any ONNX file, also of one with graphs inside nodes or tensors elsewhere, and the names
 * of the graph's outputs. No weights are read.
 * @throws E_MODEL_INVALID when the file is damaged
 */
export function readNames(bytes: Buffer): { nodes: NamedNode[]; outputs: string[] } {
  const nodes: NamedNode[] = [];
  const outputs: string[] = [];
  for (const graph of fields(bytes)) {
    if (graph.number !== 7 || !graph.isBytes) continue;
    for (const { number, bytes: part } of fields(graph.bytes)) {
      if (number === 12) outputs.push(inner(part, 1).toString('utf8'));
      if (number !== 1) continue;
      const node: NamedNode = { operator: '', inputs: [], outputs: [] };
      for (const field of fields(part)) {
        if (field.number === 1) node.inputs.push(field.bytes.toString('utf8'));
        if (field.number === 2) node.outputs.push(field.bytes.toString('utf8'));
        if (field.number === 4) node.operator = field.bytes.toString('utf8');
      }
      nodes.push(node);
    }
  }
  return { nodes, outputs };
}

/** The first field of that number. */
function firstField(message: Buffer, number: number): Field | undefined {
  for (const field of fields(message)) if (field.number === number) return field;
  return undefined;
}

/** The numbers of a repeated field, packed or one by one. */
function integersOf({ isBytes, bytes, value }: Field): number[] {
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

/** A field's tag and the varint after it (its value or length); undefined where these are cut off. */
export function fieldHeader(
  bytes: Buffer,
): { number: number; wireType: number; value: number; end: number } | undefined {
  try {
    const tag = readVarint(bytes, 0);
    const { value, next } = readVarint(bytes, tag.next);
    const [number, wireType] = [Number(tag.value >> 3n), Number(tag.value & 7n)];
    return { number, wireType, value: Number(value), end: next };
  } catch {
    return undefined;
  }
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

/** E_MODEL_INVALID for an ONNX file. */
export function invalidOnnx(expected: string, found: string): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${expected} in the ONNX file but found ${found}; get the file again, or another ` +
      'export of the model.',
  );
}
