/** Convolutions: plain and depthwise, with bias and activation fused into them or not. */
import { textList } from '../../onnx/attributes';
import { unsupported, type GraphBuilder, type Value } from '../../onnx/graph-builder';
import { slidingWindow } from '../../onnx/padding';
import type { TfjsNode, TfjsTensor } from '../tfjs-model';
import { activate } from './activation';

/** `Conv2D` and `_FusedConv2D`; the kernel is [height, width, channels in, channels out]. */
export function convolution(node: TfjsNode, graph: GraphBuilder): Value {
  const kernel = graph.constantInput(node, 1);
  const [height, width, inputs, outputs] = kernelShape(node, kernel);
  const weights = permuteKernel(kernel, [outputs, inputs, height, width], (out, inp, y, x) => {
    return ((y * width + x) * inputs + inp) * outputs + out;
  });
  return convolve(node, graph, { weights, shape: [outputs, inputs, height, width], groups: 1 });
}

/**
 * `DepthwiseConv2dNative` and `FusedDepthwiseConv2dNative`; the kernel is [height, width, channels,
 * multiplier], and channel c gives the results c·multiplier … c·multiplier + multiplier − 1.
 */
export function depthwiseConvolution(node: TfjsNode, graph: GraphBuilder): Value {
  const kernel = graph.constantInput(node, 1);
  const [height, width, channels, multiplier] = kernelShape(node, kernel);
  const outputs = channels * multiplier;
  const weights = permuteKernel(kernel, [outputs, 1, height, width], (out, _, y, x) => {
    return (y * width + x) * outputs + out;
  });
  return convolve(node, graph, { weights, shape: [outputs, 1, height, width], groups: channels });
}

interface Kernel {
  weights: Float32Array;
  /** [channels out, channels in a group, height, width] */
  shape: [number, number, number, number];
  groups: number;
}

function convolve(node: TfjsNode, graph: GraphBuilder, kernel: Kernel): Value {
  const input = graph.channelsFirst(graph.input(node, 0));
  const [batch, height, width, channels] = input.shape as [number, number, number, number];
  const [outputs, groupInputs, kernelHeight, kernelWidth] = kernel.shape;
  if (channels !== groupInputs * kernel.groups) {
    throw unsupported(
      node,
      `its kernel wants ${groupInputs * kernel.groups} channels, not ${channels}`,
    );
  }
  const window = slidingWindow(node, [height, width], [kernelHeight, kernelWidth]);
  const fused = textList(node, 'fused_ops');
  const hasBias = fused[0] === 'BiasAdd';
  const inputs = [input.name, graph.floats(kernel.shape, kernel.weights)];
  if (hasBias) inputs.push(graph.floats([outputs], graph.constantInput(node, 2).data));
  const name = graph.add('Conv', inputs, {
    group: { type: 'integer', value: kernel.groups },
    kernel_shape: { type: 'integers', value: [kernelHeight, kernelWidth] },
    strides: { type: 'integers', value: window.strides },
    dilations: { type: 'integers', value: window.dilations },
    pads: { type: 'integers', value: window.pads },
  });
  const output = { name, shape: [batch, ...window.size, outputs], channelsFirst: true };
  const activations = hasBias ? fused.slice(1) : fused;
  if (activations.length > 1) throw unsupported(node, `it fuses ${fused.join(', ')}`);
  const [activation] = activations;
  if (!activation) return output;
  const slope = activation === 'Prelu' ? graph.constantInput(node, hasBias ? 3 : 2) : undefined;
  return activate(node, graph, output, activation, slope);
}

function kernelShape(node: TfjsNode, kernel: TfjsTensor): [number, number, number, number] {
  if (kernel.shape.length !== 4) throw unsupported(node, 'its kernel has not four dimensions');
  return kernel.shape as [number, number, number, number];
}

function permuteKernel(
  kernel: TfjsTensor,
  shape: readonly [number, number, number, number],
  from: (a: number, b: number, y: number, x: number) => number,
): Float32Array {
  const result = new Float32Array(kernel.data.length);
  const [first, second, height, width] = shape;
  let to = 0;
  for (let a = 0; a < first; a++) {
    for (let b = 0; b < second; b++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) result[to++] = kernel.data[from(a, b, y, x)];
      }
    }
  }
  return result;
}
