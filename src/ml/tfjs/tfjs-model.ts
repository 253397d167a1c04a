/** Reads TensorFlow.js graph models: `model.json` beside binary weight files. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { decodeWeights, type TfjsWeightSpec, type TfjsTensor } from './tfjs-weights';

export type { TfjsTensor };

/** One attribute of a node, as protocol buffers write it in JSON. */
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
  /** Names of the nodes whose values the model gives. */
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
    // Told below, in the same words as for JSON of another kind.
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
