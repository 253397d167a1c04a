/**
 * Turns a TensorFlow graph, from a TensorFlow.js or a TensorFlow Lite model, into an ONNX file. Inputs and outputs keep their names, shapes
 * and layout (N, H, W, C); between them everything runs N, C, H, W, as ONNX's operators want it.
 */
import path from 'node:path';
import { LipwireError } from '../../contract';
import { type CacheOptions, readSealed, seal, writeCached } from '../onnx/cache';
import { type OnnxPort, writeModel } from '../onnx/writer';
import { GraphBuilder, unsupported } from './graph-builder';
import { OPERATORS } from './operators';
import { readPackedModel } from '../tflite/packed';
import { knownModel, locateModel, type Resolve } from './packaged';
import { nodeName, readTfjsModel, type TfjsModel, type TfjsNode } from './tfjs-model';

/** Raised when the same weights give another file; part of the cached file's name. */
const CONVERTER_VERSION = 1;

export interface StoreOptions extends CacheOptions {
  resolve?: Resolve;
}

interface StoredNetwork {
  /** Path of the ONNX file. */
  file: string;
  /** Its bytes, already read and checked. */
  bytes: Buffer;
  /** SHA-256 of the original files. */
  sha256: string;
}

/**
 * A known model as an ONNX file: converted when first used, then kept in the models folder. The name
 * holds the weights' SHA-256 and the converter's version, so a new version of either makes a new
 * file; a damaged file is made again.
 * @throws E_MODEL_MISSING, E_MODEL_INVALID, E_PATH or E_DISK when the folder cannot be written
 */
export async function storedNetwork(
  id: string,
  { modelsFolder, onPreparing, resolve }: StoreOptions,
): Promise<StoredNetwork> {
  const model = knownModel(id);
  const { files, sha256 } = await locateModel(model, resolve);
  const file = path.join(modelsFolder, `${id}-${sha256.slice(0, 16)}-v${CONVERTER_VERSION}.onnx`);
  const cached = await readSealed(file);
  if (cached) return { file, bytes: cached, sha256 };
  onPreparing?.(`converting ${id}`);
  const { format, entry = '' } = model;
  const read = format === 'tfjs-graph' ? readTfjsModel(files[0]) : readPackedModel(files, entry);
  const bytes = seal(convertTfjsModel(await read, model.outputs));
  await writeCached(file, bytes);
  return { file, bytes, sha256 };
}

/**
 * @param only outputs to keep, with the nodes that they need; all by default
 * @returns the bytes of the ONNX file
 * @throws E_MODEL_INVALID naming the operator that cannot be converted
 */
export function convertTfjsModel(model: TfjsModel, only?: readonly string[]): Buffer {
  const outputNames = only ?? model.outputs;
  const graph = new GraphBuilder();
  const inputs: OnnxPort[] = [];
  for (const node of inOrder(only ? leadingTo(only, model.nodes) : model.nodes)) {
    if (node.op === 'Placeholder') {
      const port = { name: node.name, shape: placeholderShape(node) };
      inputs.push(port);
      graph.define(node.name, { ...port, channelsFirst: false });
    } else if (node.op === 'Const') {
      const constant = model.weights.get(node.name);
      if (!constant) throw unsupported(node, 'its weights are missing');
      graph.define(node.name, { name: '', shape: constant.shape, channelsFirst: false, constant });
    } else {
      const convert = OPERATORS[node.op];
      if (!convert) throw unsupported(node, 'the operator is not known');
      graph.define(node.name, convert(node, graph));
    }
  }
  const outputs = outputNames.map((name): OnnxPort => {
    const value = graph.channelsLast(graph.value(name));
    graph.nodes.push({ operator: 'Identity', inputs: [value.name], outputs: [name] });
    return { name, shape: value.shape };
  });
  const { constants, nodes } = graph;
  return writeModel({ name: model.name, inputs, outputs, constants, nodes });
}

/** The named nodes and all that they need. */
function leadingTo(names: readonly string[], nodes: readonly TfjsNode[]): TfjsNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const needed = new Set<TfjsNode>();
  for (const waiting = [...names]; waiting.length > 0;) {
    const node = byName.get(nodeName(waiting.pop() as string));
    if (!node || needed.has(node)) continue;
    needed.add(node);
    waiting.push(...node.input);
  }
  return nodes.filter((node) => needed.has(node));
}

/** Topologically sorted, which model files need not be. */
function inOrder(nodes: readonly TfjsNode[]): TfjsNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const sorted: TfjsNode[] = [];
  const state = new Map<TfjsNode, 'open' | 'done'>();
  for (const node of nodes) visit(node);
  return sorted;

  // Depth first with an explicit stack: a network may be deeper than the call stack.
  function visit(start: TfjsNode): void {
    const stack = [start];
    for (let node = stack.at(-1); node; node = stack.at(-1)) {
      const waiting = node.input
        .map((reference) => byName.get(nodeName(reference)))
        .filter((input): input is TfjsNode => input !== undefined && state.get(input) !== 'done');
      if (state.get(node) === 'done' || waiting.length === 0) {
        if (state.get(node) !== 'done') sorted.push(node);
        state.set(node, 'done');
        stack.pop();
      } else {
        if (state.get(node) === 'open') throw cyclic(node);
        state.set(node, 'open');
        stack.push(...waiting);
      }
    }
  }
}

function cyclic(node: TfjsNode): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected a network without cycles but ${node.name} (${node.op}) depends on itself.`,
  );
}

function placeholderShape(node: TfjsNode): number[] {
  const dimensions = node.attr['shape']?.shape?.dim;
  if (!dimensions?.length) throw unsupported(node, 'its shape is not given');
  const shape = dimensions.map(({ size }) => Number(size));
  // An open batch size becomes 1; anything else that is open cannot be converted.
  if (shape[0] < 1) shape[0] = 1;
  if (shape.some((size) => !(size >= 1))) throw unsupported(node, 'its shape is open');
  return shape;
}
