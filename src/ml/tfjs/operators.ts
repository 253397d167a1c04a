/** TensorFlow operators as ONNX nodes. */
import {
  type GraphBuilder,
  slidingWindow,
  spatial,
  textList,
  unsupported,
  type Value,
} from './graph-builder';
import { LANDMARK_OPERATORS } from './landmark-operators';
import type { TfjsNode, TfjsTensor } from './tfjs-model';

/** `Relu`, `Relu6`, `Sigmoid`, `Prelu` */
function activation(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.materialise(graph.input(node, 0));
  const slope = node.op === 'Prelu' ? graph.constantInput(node, 1) : undefined;
  return activate(node, graph, input, node.op, slope);
}

/** Adds an activation, by its TensorFlow name, after a value. */
function activate(
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

/** `Add`, `AddV2`, `BiasAdd`, `Sub`, `Mul` */
function elementwise(operator: string) {
  return (node: TfjsNode, graph: GraphBuilder): Value => {
    let left = graph.input(node, 0);
    let right = graph.input(node, 1);
    const shape = broadcastShape(node, left.shape, right.shape);
    if (left.constant && right.constant) throw unsupported(node, 'both its inputs are constant');
    const channelsFirst = (left.channelsFirst || right.channelsFirst) && fits(left) && fits(right);
    [left, right] = [left, right].map((value) => {
      if (value.constant) return value;
      return channelsFirst ? graph.channelsFirst(value) : graph.channelsLast(value);
    }) as [Value, Value];
    const frame: Value = { name: '', shape, channelsFirst };
    const names = [left, right].map((value) =>
      value.constant ? alignConstant(node, graph, value.constant, frame) : value.name,
    );
    return { name: graph.add(operator, names), shape, channelsFirst };
  };
}

/** A constant in a layout that broadcasts against `frame`. */
function alignConstant(
  node: TfjsNode,
  graph: GraphBuilder,
  constant: TfjsTensor,
  frame: Value,
): string {
  if (!frame.channelsFirst) return graph.floats(constant.shape, constant.data);
  const rank = frame.shape.length;
  const shape = [...Array<number>(rank - constant.shape.length).fill(1), ...constant.shape];
  const [batch, height, width, channels] = shape as [number, number, number, number];
  if (rank !== 4 || batch !== 1) throw unsupported(node, 'a constant does not fit its input');
  const data = new Float32Array(constant.data.length);
  const area = height * width;
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      data[channel * area + pixel] = constant.data[pixel * channels + channel];
    }
  }
  return graph.floats([channels, height, width], data);
}

function fits(value: Value): boolean {
  return value.constant !== undefined || value.shape.length === 4;
}

function broadcastShape(
  node: TfjsNode,
  left: readonly number[],
  right: readonly number[],
): number[] {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, axis) => {
    const a = left[axis - rank + left.length] ?? 1;
    const b = right[axis - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) {
      throw unsupported(node, `shapes [${left.join(', ')}] and [${right.join(', ')}] do not match`);
    }
    return Math.max(a, b);
  });
}

/** `Conv2D` and `_FusedConv2D`; the kernel is [height, width, channels in, channels out]. */
function convolution(node: TfjsNode, graph: GraphBuilder): Value {
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
function depthwiseConvolution(node: TfjsNode, graph: GraphBuilder): Value {
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

/** `MaxPool` and `AvgPool`; padding never counts, neither in TensorFlow nor here. */
function pooling(operator: 'MaxPool' | 'AveragePool') {
  return (node: TfjsNode, graph: GraphBuilder): Value => {
    const input = graph.channelsFirst(graph.input(node, 0));
    const [batch, height, width, channels] = input.shape as [number, number, number, number];
    const kernel = spatial(node, 'ksize');
    const window = slidingWindow(node, [height, width], kernel);
    const name = graph.add(operator, [input.name], {
      kernel_shape: { type: 'integers', value: kernel },
      strides: { type: 'integers', value: window.strides },
      pads: { type: 'integers', value: window.pads },
    });
    return { name, shape: [batch, ...window.size, channels], channelsFirst: true };
  };
}

/** `Mean` over height and width, which are left out of its result. */
function spatialMean(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.channelsFirst(graph.input(node, 0));
  const axes = [...graph.constantInput(node, 1).data].sort();
  const [batch, , , channels] = input.shape as [number, number, number, number];
  if (axes.join() !== '1,2' || node.attr['keep_dims']?.b) {
    throw unsupported(node, 'it is not a mean over height and width alone');
  }
  const mean = graph.add('GlobalAveragePool', [input.name]);
  const shape = [batch, channels];
  const name = graph.add('Reshape', [mean, graph.integers(shape)]);
  return { name, shape, channelsFirst: false };
}

/** `Pad` and `PadV2`: zeros, or the constant of the third input. */
function pad(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.materialise(graph.input(node, 0));
  const { data } = graph.constantInput(node, 1);
  const fill = node.op === 'PadV2' ? graph.constantInput(node, 2).data[0] : 0;
  const rank = input.shape.length;
  if (data.length !== 2 * rank) throw unsupported(node, 'its paddings do not fit its input');
  const before = input.shape.map((_, axis) => data[2 * axis]);
  const after = input.shape.map((_, axis) => data[2 * axis + 1]);
  const order = input.channelsFirst ? [0, 3, 1, 2] : input.shape.map((_, axis) => axis);
  const pads = [before, after].flatMap((side) => order.map((axis) => side[axis]));
  const value = graph.floats([], Float32Array.of(fill));
  const shape = input.shape.map((size, axis) => size + before[axis] + after[axis]);
  const name = graph.add('Pad', [input.name, graph.integers(pads), value]);
  return { name, shape, channelsFirst: input.channelsFirst };
}

/** `Reshape`, which depends on TensorFlow's order of values. */
function reshape(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.channelsLast(graph.input(node, 0));
  const wanted = [...graph.constantInput(node, 1).data];
  const count = input.shape.reduce((product, size) => product * size, 1);
  const known = wanted.filter((size) => size >= 0).reduce((product, size) => product * size, 1);
  const shape = wanted.map((size) => (size < 0 ? count / known : size));
  if (shape.reduce((product, size) => product * size, 1) !== count) {
    throw unsupported(node, `[${input.shape.join(', ')}] cannot become [${wanted.join(', ')}]`);
  }
  const name = graph.add('Reshape', [input.name, graph.integers(shape)]);
  return { name, shape, channelsFirst: false };
}

/** `Transpose` */
function transpose(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.channelsLast(graph.input(node, 0));
  const order = [...graph.constantInput(node, 1).data];
  const shape = order.map((axis) => input.shape[axis]);
  const name = graph.add('Transpose', [input.name], { perm: { type: 'integers', value: order } });
  return { name, shape, channelsFirst: false };
}

/** `ConcatV2`: values, then the axis. */
function concat(node: TfjsNode, graph: GraphBuilder): Value {
  const count = node.input.length - 1;
  const axisGiven = graph.constantInput(node, count).data[0];
  const values = node.input.slice(0, count).map((reference) => graph.value(reference));
  const first = values[0];
  const axis = axisGiven < 0 ? axisGiven + first.shape.length : axisGiven;
  const channelsFirst = values.every((value) => value.channelsFirst);
  const inputs = values.map((value) => (channelsFirst ? value : graph.channelsLast(value)));
  const total = values.reduce((sum, value) => sum + value.shape[axis], 0);
  const shape = first.shape.map((size, index) => (index === axis ? total : size));
  const name = graph.add(
    'Concat',
    inputs.map((value) => value.name),
    { axis: { type: 'integer', value: channelsFirst ? [0, 2, 3, 1][axis] : axis } },
  );
  return { name, shape, channelsFirst };
}

/** `StridedSlice`: begin, end and strides are constants; nothing but ranges is known. */
function stridedSlice(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.channelsLast(graph.input(node, 0));
  const [begins, ends, steps] = [1, 2, 3].map((index) => graph.constantInput(node, index).data);
  const mask = (name: string): number => Number(node.attr[name]?.i ?? 0);
  if (mask('ellipsis_mask') || mask('new_axis_mask') || mask('shrink_axis_mask')) {
    throw unsupported(node, 'it changes the number of dimensions');
  }
  const ranges = input.shape.slice(0, begins.length).map((size, axis) => {
    const place = (at: number): number => Math.min(size, at < 0 ? at + size : at);
    const begin = mask('begin_mask') & (1 << axis) ? 0 : place(begins[axis]);
    const end = mask('end_mask') & (1 << axis) ? size : place(ends[axis]);
    const step = steps[axis];
    if (step < 1) throw unsupported(node, 'it runs backwards');
    return { begin, end, step, size: Math.ceil((end - begin) / step) };
  });
  const name = graph.add('Slice', [
    input.name,
    graph.integers(ranges.map(({ begin }) => begin)),
    graph.integers(ranges.map(({ end }) => end)),
    graph.integers(ranges.map((_, axis) => axis)),
    graph.integers(ranges.map(({ step }) => step)),
  ]);
  const shape = input.shape.map((size, axis) => ranges[axis]?.size ?? size);
  return { name, shape, channelsFirst: false };
}

type Operator = (node: TfjsNode, graph: GraphBuilder) => Value;

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
  StridedSlice: stridedSlice,
  Identity: identity,
  ...LANDMARK_OPERATORS,
};
