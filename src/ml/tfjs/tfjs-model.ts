/** Reads TensorFlow.js graph models: `model.json` beside binary weight files. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { halfToNumber } from '../onnx/writer';

/** An attribute of a node, in protobuf's JSON form. */
export interface TfjsAttribute {
  i?: string | number;
  f?: number;
  b?: boolean;
  s?: string;
  type?: string;
  shape?: { dim?: { size: string | number }[] };
  list?: { i?: (string | number)[]; s?: string[] };
}

export interface TfjsNode {
  name: string;
  op: string;
  input: string[];
  attr: Record<string, TfjsAttribute>;
}

export interface TfjsModel {
  name: string;
  nodes: TfjsNode[];
  /** Names of output nodes. */
  outputs: string[];
  weights: Map<string, TfjsTensor>;
}

interface TfjsJson {
  format?: string;
  signature?: TfjsSignature;
  userDefinedMetadata?: { signature?: TfjsSignature };
  modelTopology?: { node?: Partial<TfjsNode>[] };
  weightsManifest?: { paths: string[]; weights: TfjsWeightSpec[] }[];
}

interface TfjsSignature {
  outputs?: Record<string, { name?: string }>;
}

/**
 * @param file path of `model.json`; the weights lie in the same folder
 * @throws E_MODEL_INVALID when it is not a graph model or its weights are incomplete
 */
export async function readTfjsModel(file: string): Promise<TfjsModel> {
  const json = parse(await readFile(file, 'utf8'), file);
  const weights = new Map<string, TfjsTensor>();
  for (const group of json.weightsManifest ?? []) {
    const parts = group.paths.map((name) => readFile(path.join(path.dirname(file), name)));
    const bytes = Buffer.concat(await Promise.all(parts));
    for (const [name, tensor] of decodeWeights(bytes, group.weights)) weights.set(name, tensor);
  }
  const nodes = (json.modelTopology?.node ?? []).map(
    ({ name = '', op = '', input = [], attr = {} }) => ({ name, op, input, attr }),
  );
  const name = path.basename(file, '.json');
  return { name, nodes, outputs: outputNames(json, nodes), weights };
}

function parse(text: string, file: string): TfjsJson {
  let json: TfjsJson | undefined;
  try {
    json = JSON.parse(text) as TfjsJson;
  } catch {
    // Reported below, like JSON of another kind.
  }
  if (json?.modelTopology?.node?.length && json.weightsManifest) return json;
  throw new LipwireError(
    'E_MODEL_INVALID',
    `Expected a TensorFlow.js graph model in ${file} but found something else; ` +
      'reinstall the package it belongs to.',
  );
}

/** The signature's outputs, or else the nodes that nothing reads. */
function outputNames(json: TfjsJson, nodes: TfjsNode[]): string[] {
  const signature = json.signature ?? json.userDefinedMetadata?.signature;
  const named = Object.values(signature?.outputs ?? {}).flatMap(({ name }) => (name ? [name] : []));
  if (named.length > 0) return named.map(nodeName).sort();
  const read = new Set(nodes.flatMap((node) => node.input.map(nodeName)));
  return nodes.filter((node) => !read.has(node.name) && node.op !== 'Const').map((n) => n.name);
}

/** The node of a reference such as `name:0` or `^name`. */
export function nodeName(reference: string): string {
  return reference.replace(/^\^/, '').replace(/:\d+$/, '');
}

interface TfjsWeightSpec {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale?: number; min?: number };
}

/** A decoded weight; whole numbers (shapes, paddings) fit a float32 exactly. */
export interface TfjsTensor {
  shape: number[];
  data: Float32Array;
  whole: boolean;
}

const BYTES: Record<string, number> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1 };

/**
 * Decodes TensorFlow.js weight files, quantised ones too.
 * Format: https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts
 *
 * @param bytes the files of one group of the manifest, joined
 * @returns the weights by name
 * @throws E_MODEL_INVALID when the bytes do not suffice or a type is not known
 */
export function decodeWeights(bytes: Buffer, specs: TfjsWeightSpec[]): Map<string, TfjsTensor> {
  const weights = new Map<string, TfjsTensor>();
  let offset = 0;
  for (const spec of specs) {
    const stored = spec.quantization?.dtype ?? spec.dtype;
    const width = BYTES[stored];
    if (!width || (spec.dtype !== 'float32' && spec.dtype !== 'int32')) {
      throw new LipwireError(
        'E_MODEL_INVALID',
        `Expected weights of type float32 or int32 but ${spec.name} has ${spec.dtype} as ${stored}; ` +
          'this model is not supported.',
      );
    }
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const end = offset + count * width;
    if (end > bytes.length) {
      throw new LipwireError(
        'E_MODEL_INVALID',
        `Expected at least ${end} bytes of weights for ${spec.name} but the file has ` +
          `${bytes.length}; reinstall the package that carries the model.`,
      );
    }
    const data = decode(bytes.subarray(offset, end), stored, count, spec.quantization);
    const whole = spec.dtype === 'int32';
    weights.set(spec.name, { shape: spec.shape, data: whole ? data.map(Math.round) : data, whole });
    offset = end;
  }
  return weights;
}

function decode(
  bytes: Buffer,
  stored: string,
  count: number,
  quantization: TfjsWeightSpec['quantization'],
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scale = quantization?.scale ?? 1;
  const min = quantization?.min ?? 0;
  const read: Record<string, (index: number) => number> = {
    float32: (index) => view.getFloat32(index * 4, true),
    int32: (index) => view.getInt32(index * 4, true),
    float16: (index) => halfToNumber(view.getUint16(index * 2, true)),
    uint16: (index) => view.getUint16(index * 2, true) * scale + min,
    uint8: (index) => view.getUint8(index) * scale + min,
  };
  const at = read[stored];
  return Float32Array.from({ length: count }, (_, index) => at(index));
}
