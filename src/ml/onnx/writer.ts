/** Writes ONNX files; field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3. */

/**
 * Operator set 13: in every ONNX Runtime since 1.7 (2021), on every execution provider. Operators that
 * came later raise it.
 */
const OPSET = 13;
const LATER: Readonly<Record<string, number>> = { GridSample: 16 };
const IR_VERSION = 7;

const FLOAT = 1;

/** Data of a constant; the array's type is the element type, Uint16Array is half precision. */
type OnnxNumbers = Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array | Uint16Array;

export interface OnnxConstant {
  name: string;
  shape: readonly number[];
  data: OnnxNumbers;
}

export type OnnxAttribute =
  | { type: 'integer'; value: number }
  | { type: 'integers'; value: readonly number[] }
  | { type: 'float'; value: number }
  | { type: 'string'; value: string };

export interface OnnxNode {
  operator: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes?: Record<string, OnnxAttribute>;
}

/** A float32 input or output of the graph; an open size has a name. */
export interface OnnxPort {
  name: string;
  shape: readonly (number | string)[];
}

export interface OnnxGraph {
  name: string;
  inputs: readonly OnnxPort[];
  outputs: readonly OnnxPort[];
  constants: readonly OnnxConstant[];
  /** In topological order. */
  nodes: readonly OnnxNode[];
}

/** The bytes of an ONNX file that holds the graph. */
export function writeModel(graph: OnnxGraph): Buffer {
  const opset = Math.max(OPSET, ...graph.nodes.map(({ operator }) => LATER[operator] ?? OPSET));
  return new MessageWriter()
    .integer(1, IR_VERSION)
    .string(2, 'lipwire')
    .message(7, writeGraph(graph))
    .message(8, new MessageWriter().string(1, '').integer(2, opset))
    .finish();
}

function writeGraph(graph: OnnxGraph): MessageWriter {
  const message = new MessageWriter();
  for (const node of graph.nodes) message.message(1, writeNode(node));
  message.string(2, graph.name);
  for (const constant of graph.constants) message.message(5, writeConstant(constant));
  for (const port of graph.inputs) message.message(11, writePort(port));
  for (const port of graph.outputs) message.message(12, writePort(port));
  return message;
}

function writeNode(node: OnnxNode): MessageWriter {
  const message = new MessageWriter();
  for (const name of node.inputs) message.string(1, name);
  for (const name of node.outputs) message.string(2, name);
  message.string(3, node.outputs[0] ?? '').string(4, node.operator);
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    message.message(5, writeAttribute(name, attribute));
  }
  return message;
}

function writeAttribute(name: string, attribute: OnnxAttribute): MessageWriter {
  const message = new MessageWriter().string(1, name);
  switch (attribute.type) {
    case 'float':
      return message.float(2, attribute.value).integer(20, 1);
    case 'integer':
      return message.integer(3, attribute.value).integer(20, 2);
    case 'string':
      return message.string(4, attribute.value).integer(20, 3);
    case 'integers':
      for (const value of attribute.value) message.integer(8, value);
      return message.integer(20, 7);
  }
}

function writeConstant({ name, shape, data }: OnnxConstant): MessageWriter {
  const message = new MessageWriter();
  for (const size of shape) message.integer(1, size);
  return message.integer(2, elementType(data)).string(8, name).bytes(9, littleEndian(data));
}

/** TensorProto.DataType of half precision. */
const HALF = 10;

function elementType(data: OnnxNumbers): number {
  if (data instanceof Float32Array) return FLOAT;
  if (data instanceof Uint8Array) return 2;
  if (data instanceof Int8Array) return 3;
  if (data instanceof Int32Array) return 6;
  return data instanceof Uint16Array ? HALF : 7;
}

/** ONNX and all platforms of ONNX Runtime are little-endian. */
function littleEndian(data: OnnxNumbers): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function writePort({ name, shape }: OnnxPort): MessageWriter {
  const dimensions = new MessageWriter();
  for (const size of shape) {
    const dimension = new MessageWriter();
    dimensions.message(
      1,
      typeof size === 'number' ? dimension.integer(1, size) : dimension.string(2, size),
    );
  }
  const tensor = new MessageWriter().integer(1, FLOAT).message(2, dimensions);
  return new MessageWriter().string(1, name).message(2, new MessageWriter().message(1, tensor));
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * Writes one message in protobuf's wire format; nested messages are writers of their own.
 * Format: https://protobuf.dev/programming-guides/encoding/
 */
export class MessageWriter {
  readonly #chunks: Uint8Array[] = [];

  /** int32, int64 or enum; negative numbers take ten bytes. */
  integer(field: number, value: number): this {
    this.#tag(field, VARINT);
    this.#varint(BigInt(value));
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, FIXED32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#chunks.push(bytes);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(BigInt(value.byteLength));
    this.#chunks.push(value);
    return this;
  }

  /** A nested message; nothing is copied until the outermost one is finished. */
  message(field: number, value: MessageWriter): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(BigInt(value.#chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)));
    for (const chunk of value.#chunks) this.#chunks.push(chunk);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #tag(field: number, wireType: number): void {
    this.#varint(BigInt((field << 3) | wireType));
  }

  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      bytes.push(rest > 0n ? low | 0x80 : low);
    } while (rest > 0n);
    this.#chunks.push(Uint8Array.from(bytes));
  }
}

/**
 * The bytes of a model that gives one more of its tensors as an output. Protocol buffers merge
 * repeated occurrences of the field `graph`, so a second graph with nothing but that output is
 * appended; ONNX Runtime infers its type.
 */
export function withOutput(model: Buffer, tensor: string): Buffer {
  const port = new MessageWriter().string(1, tensor);
  const graph = new MessageWriter().message(12, port);
  return Buffer.concat([model, new MessageWriter().message(7, graph).finish()]);
}

/**
 * The same graph in half precision. Inputs and outputs stay float32; numbers beyond ±65504 become
 * infinite.
 */
export function halfPrecision(graph: OnnxGraph): OnnxGraph {
  const renamed = new Map<string, string>();
  const cast = (input: string, output: string, to: number): OnnxNode => ({
    operator: 'Cast',
    inputs: [input],
    outputs: [output],
    attributes: { to: { type: 'integer', value: to } },
  });
  const before = graph.inputs.map(({ name }) => {
    renamed.set(name, `${name} half`);
    return cast(name, `${name} half`, HALF);
  });
  const after = graph.outputs.map(({ name }) => {
    renamed.set(name, `${name} half`);
    return cast(`${name} half`, name, FLOAT);
  });
  const rename = (name: string): string => renamed.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  const constants = graph.constants.map((constant): OnnxConstant => {
    const { data } = constant;
    return data instanceof Float32Array ? { ...constant, data: halves(data) } : constant;
  });
  return { ...graph, nodes: [...before, ...nodes, ...after], constants };
}

/** The bits of the nearest half-precision numbers, ties to even. */
export function halves(numbers: Float32Array): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return Uint16Array.from(bits, halfBits);
}

function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction ? 0x200 : 0);
  const small = exponent - 127 + 15;
  if (small >= 31) return sign | 0x7c00;
  // Subnormal: the leading one becomes explicit and the fraction is shifted right.
  const shift = small > 0 ? 13 : 14 - small;
  if (shift > 25) return sign;
  const whole = small > 0 ? (small << 23) | fraction : fraction | 0x800000;
  const kept = Math.floor(whole / 2 ** shift);
  const rest = whole - kept * 2 ** shift;
  const middle = 2 ** (shift - 1);
  const isUp = rest > middle || (rest === middle && (kept & 1) === 1);
  return sign | (kept + (isUp ? 1 : 0));
}

/** IEEE 754 half precision to a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
