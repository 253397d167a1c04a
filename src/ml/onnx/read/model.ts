/**
 * What an ONNX file says of its graph: inputs, outputs, nodes and constants. Field numbers are those
 * of onnx.proto3. Graphs inside of nodes and numbers outside of the file are refused, so that
 * nothing else is ever opened and nothing is read twice.
 */
import { invalidOnnx } from './invalid';
import { MOST_DIMENSIONS, readTensor, type StoredTensor } from './tensor';
import { fields, firstField, integersOf, type Field } from './wire';

/** Sizes of a port: a number, or undefined where it is open. */
export interface ReadPort {
  name: string;
  shape: (number | undefined)[];
}

export interface ReadNode {
  operator: string;
  inputs: string[];
  outputs: string[];
  /** Attributes that are whole numbers, or lists of them. */
  integers: Map<string, number[]>;
  floats: Map<string, number>;
}

export interface ReadModel {
  /** Without those that are constants, as old files have them. */
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

/** Functions are part of the file only; but their nodes must not lead out of it either. */
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

/** The standard asks for this order; a cycle cannot have it. */
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
