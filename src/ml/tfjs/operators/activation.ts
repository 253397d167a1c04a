/** Activations, as nodes of their own or fused into a convolution. */
import { unsupported, type GraphBuilder, type Value } from '../../onnx/graph-builder';
import type { TfjsNode, TfjsTensor } from '../tfjs-model';
import { alignConstant } from './broadcast';

/** `Relu`, `Relu6`, `Sigmoid`, `Prelu` */
export function activation(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.materialise(graph.input(node, 0));
  const slope = node.op === 'Prelu' ? graph.constantInput(node, 1) : undefined;
  return activate(node, graph, input, node.op, slope);
}

/** Puts the activation of that TensorFlow name after a value. */
export function activate(
  node: TfjsNode,
  graph: GraphBuilder,
  input: Value,
  name: string,
  slope?: TfjsTensor,
): Value {
  return { name: write(), shape: input.shape, channelsFirst: input.channelsFirst };

  function write(): string {
    switch (name) {
      case 'Relu':
      case 'Sigmoid':
        return graph.add(name, [input.name]);
      case 'Relu6': {
        const limits = [0, 6].map((limit) => graph.floats([], Float32Array.of(limit)));
        return graph.add('Clip', [input.name, ...limits]);
      }
      case 'Prelu':
        if (!slope) throw unsupported(node, 'its slope is missing');
        return graph.add('PRelu', [input.name, alignConstant(node, graph, slope, input)]);
      default:
        throw unsupported(node, `the activation ${name} is not known`);
    }
  }
}
