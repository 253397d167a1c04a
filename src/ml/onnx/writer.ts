/**
 * Builds ONNX files. Field numbers are those of onnx.proto3
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
import { MessageWriter } from './protobuf';

/** Operator set 13 is known to every ONNX Runtime since 1.7 (2021), on every execution provider. */
export const OPSET = 13;
const IR_VERSION = 7;

const FLOAT = 1;

/** Numbers of a constant; the kind of array is their type. Half precision comes as its bits. */
export type OnnxNumbers =
  Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array | Uint16Array;

/** A constant of the graph; shapes and paddings are int64. */
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

/** A float32 input or output of the whole graph. A size that is open has a name instead. */
export interface OnnxPort {
  name: string;
  shape: readonly (number | string)[];
}

export interface OnnxGraph {
  name: string;
  inputs: readonly OnnxPort[];
  outputs: readonly OnnxPort[];
  constants: readonly OnnxConstant[];
  /** In an order in which every input exists before it is used. */
  nodes: readonly OnnxNode[];
}

/** The bytes of an ONNX file that holds the graph. */
export function writeModel(graph: OnnxGraph): Buffer {
  return new MessageWriter()
    .integer(1, IR_VERSION)
    .string(2, 'lipwire')
    .message(7, writeGraph(graph))
    .message(8, new MessageWriter().string(1, '').integer(2, OPSET))
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

/** TensorProto.DataType; bits of 16 are half precision. */
export const HALF = 10;

function elementType(data: OnnxNumbers): number {
  if (data instanceof Float32Array) return FLOAT;
  if (data instanceof Uint8Array) return 2;
  if (data instanceof Int8Array) return 3;
  if (data instanceof Int32Array) return 6;
  return data instanceof Uint16Array ? HALF : 7;
}

/** ONNX keeps raw data little-endian; so does every platform that ONNX Runtime is built for. */
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
