/** The TensorFlow operators that can be converted, by name. */
import type { GraphBuilder, Value } from '../../onnx/graph-builder';
import type { TfjsNode } from '../tfjs-model';
import { activation } from './activation';
import { elementwise } from './broadcast';
import { convolution, depthwiseConvolution } from './convolution';
import { pooling, spatialMean } from './pooling';
import { concat, pad, reshape, transpose } from './shape';

export type Operator = (node: TfjsNode, graph: GraphBuilder) => Value;

const identity: Operator = (node, graph) => graph.input(node, 0);

export const OPERATORS: Readonly<Record<string, Operator>> = {
  _FusedConv2D: convolution,
  Conv2D: convolution,
  DepthwiseConv2dNative: depthwiseConvolution,
  FusedDepthwiseConv2dNative: depthwiseConvolution,
  Add: elementwise('Add'),
  AddV2: elementwise('Add'),
  BiasAdd: elementwise('Add'),
  Sub: elementwise('Sub'),
  Mul: elementwise('Mul'),
  Minimum: elementwise('Min'),
  Maximum: elementwise('Max'),
  Relu: activation,
  Relu6: activation,
  Prelu: activation,
  Sigmoid: activation,
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AveragePool'),
  Mean: spatialMean,
  Pad: pad,
  PadV2: pad,
  Reshape: reshape,
  Transpose: transpose,
  ConcatV2: concat,
  Identity: identity,
};
