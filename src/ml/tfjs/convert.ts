/**
 * Turns a TensorFlow.js graph model into an ONNX file. Inputs and outputs keep their names, shapes
 * and layout (N, H, W, C); between them everything runs N, C, H, W, as ONNX's operators want it.
 */
import { LipwireError } from '../../contract';
import { unsupported, writeModel, type OnnxPort } from '../onnx/writer';
import { GraphBuilder } from '../onnx/graph-builder';
import { OPERATORS } from './operators';
import { type TfjsModel, type TfjsNode, nodeName } from './tfjs-model';

/** Raise it when the same weights would give another file; it is part of the cache's names. */
export const CONVERTER_VERSION = 1;

/**
 * @param only the outputs that are wanted; all by default. What leads to others only is left out.
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

/** The nodes that some nodes need, and these themselves. */
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

/** The nodes sorted so that each comes after its inputs; model files do not promise that. */
function inOrder(nodes: readonly TfjsNode[]): TfjsNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const sorted: TfjsNode[] = [];
  const state = new Map<TfjsNode, 'open' | 'done'>();
  for (const node of nodes) visit(node);
  return sorted;

  // Depth first, on a stack of its own: a network may be deeper than the call stack.
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
