/** Layers of convolutional networks: tables, weights and graphs. */
import { LipwireError } from '../../contract';
import { floatsOf, type ReadModel } from './read';
import type { Tensor } from './session';
import type { OnnxAttribute, OnnxConstant, OnnxNode } from './writer';

/** Height and width. */
export type Pair = readonly [number, number];

export interface Layer {
  /** Also the name of its output in the graph. */
  name: string;
  /** Name of its weight and bias in a checkpoint, without `.weight`. */
  key: string;
  /** Name of its batch norm in a checkpoint; undefined where it has none. */
  norm?: string;
  kind: 'convolution' | 'transposed';
  inputs: number;
  outputs: number;
  kernel: number;
  stride: Pair;
  padding: number;
  /** Rows and columns added at the end by a transposed convolution. */
  outputPadding: number;
  /** The input is added to the output before the ReLU. */
  residual: boolean;
  activation: boolean;
}

export type Tensors = ReadonlyMap<string, Tensor>;

/** Weights of a layer, batch norm folded in. */
export interface LayerWeights {
  /** In the layout of {@link weightShape}. */
  weight: Float32Array;
  bias: Float32Array;
}

export type NetworkWeights = ReadonlyMap<string, LayerWeights>;

/** Shape of a layer's weight: transposed ones have their inputs first, in PyTorch and in ONNX. */
export function weightShape({ kind, inputs, outputs, kernel }: Layer): number[] {
  return kind === 'transposed'
    ? [inputs, outputs, kernel, kernel]
    : [outputs, inputs, kernel, kernel];
}

/** Names and shapes of the tensors that a network's checkpoint must have. */
export function tensorTable(layers: readonly Layer[]): Map<string, readonly number[]> {
  const table = new Map<string, readonly number[]>();
  for (const layer of layers) {
    table.set(`${layer.key}.weight`, weightShape(layer));
    table.set(`${layer.key}.bias`, [layer.outputs]);
    if (layer.norm === undefined) continue;
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) {
      table.set(`${layer.norm}.${part}`, [layer.outputs]);
    }
  }
  return table;
}

/** Training steps: in every checkpoint, in no table. */
const COUNTER = /\.num_batches_tracked$/;

/**
 * Compares a checkpoint's shapes with a table.
 * @throws E_MODEL_INVALID naming the first tensor that is missing, unknown, or of another shape
 */
export function checkTensors(
  network: string,
  table: ReadonlyMap<string, readonly number[]>,
  shapes: ReadonlyMap<string, readonly number[]>,
): void {
  for (const [name, expected] of table) {
    const actual = shapes.get(name);
    if (!actual) throw invalid(network, `the tensor ${name}`, 'it is missing');
    if (actual.length !== expected.length || actual.some((size, i) => size !== expected[i])) {
      const [wanted, found] = [expected, actual].map((shape) => shape.join('×'));
      throw invalid(network, `${name} of ${wanted}`, `it is of ${found}`);
    }
  }
  for (const name of shapes.keys()) {
    if (!table.has(name) && !COUNTER.test(name)) {
      throw invalid(network, 'no other tensors', `there is ${name}`);
    }
  }
}

function invalid(network: string, expected: string, found: string): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${expected} in a model of ${network} but ${found}; the file is of another network.`,
  );
}

type Attributes = Record<string, OnnxAttribute>;

export class LayerGraph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  readonly #weights: NetworkWeights;
  #count = 0;

  constructor(weights: NetworkWeights) {
    this.#weights = weights;
  }

  /** Adds a node; @returns the name of its output. */
  add(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output = `v${++this.#count}`,
  ): string {
    this.nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }

  integers(...values: number[]): string {
    return this.constant([values.length], BigInt64Array.from(values, BigInt));
  }

  /** Chains layers. @returns the name of the last one's output */
  layers(layers: readonly Layer[], input: string): string {
    return layers.reduce((value, layer) => this.layer(layer, value), input);
  }

  /** One layer: (transposed) convolution, residual, ReLU. */
  layer(layer: Layer, input: string, output = layer.name): string {
    const { weight, bias } = this.weightsOf(layer);
    const inputs = [
      input,
      this.constant(weightShape(layer), weight),
      this.constant([layer.outputs], bias),
    ];
    const attributes = convolutionAttributes(layer);
    const isTransposed = layer.kind === 'transposed';
    if (isTransposed)
      attributes['output_padding'] = integers(layer.outputPadding, layer.outputPadding);
    const operator = isTransposed ? 'ConvTranspose' : 'Conv';
    if (!layer.activation) return this.add(operator, inputs, attributes, output);
    const convolved = this.add(operator, inputs, attributes, convolvedName(layer));
    const sum = layer.residual ? this.add('Add', [convolved, input]) : convolved;
    return this.add('Relu', [sum], {}, output);
  }

  /** Concatenates the channels of two values. */
  join(first: string, second: string): string {
    return this.add('Concat', [first, second], { axis: { type: 'integer', value: 1 } });
  }

  /** A value, broadcast to a shape. @param like name of the layer that it is the output of */
  repeat(value: string, shape: string, like: string): string;
  repeat(value: string, shape: string): string {
    return this.add('Expand', [value, shape]);
  }

  /** The value in floating point. */
  float(value: string): string {
    return value;
  }

  /** Rows `top` … `bottom` − 1 and columns `left` … `right` − 1 of N, C, H, W. */
  slice(
    input: string,
    region: { top: number; bottom: number; left: number; right: number },
  ): string {
    const starts = this.integers(region.top, region.left);
    const ends = this.integers(region.bottom, region.right);
    return this.add('Slice', [input, starts, ends, this.integers(2, 3)]);
  }

  floats(shape: readonly number[], data: Float32Array): string {
    return this.constant(shape, data);
  }

  constant(shape: readonly number[], data: OnnxConstant['data']): string {
    const name = `c${++this.#count}`;
    this.constants.push({ name, shape, data });
    return name;
  }

  protected weightsOf(layer: Layer): LayerWeights {
    return this.#weights.get(layer.name) as LayerWeights;
  }
}

/** Name of a layer's value before its residual and ReLU. */
export function convolvedName(layer: Layer): string {
  return `${layer.name} convolved`;
}

/** Kernel, stride and padding. */
export function convolutionAttributes(layer: Layer): Attributes {
  return {
    kernel_shape: integers(layer.kernel, layer.kernel),
    strides: integers(...layer.stride),
    pads: integers(...new Array<number>(4).fill(layer.padding)),
  };
}

export function integers(...value: number[]): OnnxAttribute {
  return { type: 'integers', value };
}

/** PyTorch's BatchNorm2d. */
const EPSILON = 1e-5;

/** Weights of all layers from a checkpoint's tensors, which have been checked against the table. */
export function foldWeights(layers: readonly Layer[], tensors: Tensors): NetworkWeights {
  return new Map(layers.map((layer) => [layer.name, foldLayer(layer, tensors)]));
}

function foldLayer(layer: Layer, tensors: Tensors): LayerWeights {
  const get = (name: string): Float32Array => (tensors.get(name) as Tensor).data;
  const weight = get(`${layer.key}.weight`);
  const bias = get(`${layer.key}.bias`);
  if (layer.norm === undefined) return { weight, bias };
  const norm = layer.norm;
  const [gain, shift, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
    (part) => get(`${norm}.${part}`),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  return fold(layer, { weight, bias }, { gain, shift, mean, variance, epsilon: EPSILON });
}

interface BatchNorm {
  gain: Float32Array;
  shift: Float32Array;
  mean: Float32Array;
  variance: Float32Array;
  epsilon: number;
}

/** Weights of a layer with the batch norm that follows it. */
export function fold(layer: Layer, { weight, bias }: LayerWeights, norm: BatchNorm): LayerWeights {
  const { gain, shift, mean, variance, epsilon } = norm;
  const scale = Float64Array.from(gain, (value, i) => value / Math.sqrt(variance[i] + epsilon));
  return {
    weight: scaleOutputs(layer, weight, scale),
    bias: bias.map((value, i) => (value - mean[i]) * scale[i] + shift[i]),
  };
}

function scaleOutputs(layer: Layer, weight: Float32Array, scale: Float64Array): Float32Array {
  const area = layer.kernel ** 2;
  // Consecutive values of one output.
  const run = layer.kind === 'transposed' ? area : area * layer.inputs;
  // Plain loops: a checkpoint has tens of millions of weights.
  const scaled = new Float32Array(weight.length);
  for (let start = 0, output = 0; start < weight.length; start += run) {
    const factor = scale[output];
    const end = Math.min(start + run, weight.length);
    for (let i = start; i < end; i++) scaled[i] = weight[i] * factor;
    output = (output + 1) % layer.outputs;
  }
  return scaled;
}

/**
 * Weights of the layers that the graph has.
 * @throws E_MODEL_INVALID for a graph of another kind
 */
export function ownWeights({ nodes, constants }: ReadModel, layers: readonly Layer[]) {
  const nodeOf = new Map(nodes.map((node) => [node.outputs[0], node]));
  const weights = new Map<string, LayerWeights>();
  for (const layer of layers) {
    const node = nodeOf.get(layer.activation ? convolvedName(layer) : layer.name);
    if (!node) continue;
    const [weight, bias] = node.inputs.slice(1).map((name) => floatsOf(name, constants.get(name)!));
    weights.set(layer.name, { weight: weight, bias: bias });
  }
  return weights satisfies NetworkWeights;
}
