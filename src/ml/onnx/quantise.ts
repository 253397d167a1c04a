/** Weights in 8 bits, and transposed convolutions as ordinary ones, which have integer kernels. */
import {
  convolutionAttributes,
  convolvedName,
  integers,
  type Layer,
  LayerGraph,
  type LayerWeights,
  type NetworkWeights,
} from './layers';

/** An ordinary convolution, and how its outputs are rearranged afterwards. */
interface FlatLayer extends LayerWeights {
  layer: Layer & { pads?: readonly number[] };
  /** Channels hold blocks of pixels of this side (DepthToSpace). */
  block?: number;
  /** The channels of a single pixel hold squares of this side (Reshape). */
  side?: number;
}

/**
 * Transposed convolutions as ordinary ones with more outputs. One of stride 1 on a single pixel is a
 * product of matrices. One of 3 × 3, stride 2, padding 1 makes every pixel of the doubled picture
 * from 2 × 2 at most, so it is four convolutions of 2 × 2, one for each place in a square of four
 * (the sub-pixel convolution of Shi et al. 2016, arXiv:1609.05158).
 */
function asConvolution(layer: Layer, weights: LayerWeights): FlatLayer {
  if (layer.kind === 'convolution') return { layer, ...weights };
  return layer.stride[0] === 1 ? square(layer, weights) : subPixels(layer, weights);
}

function square(layer: Layer, { weight, bias }: LayerWeights): FlatLayer {
  const { inputs, outputs, kernel } = layer;
  const area = kernel ** 2;
  const flat = new Float32Array(weight.length);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs * area; o++) flat[o * inputs + i] = weight[i * outputs * area + o];
  }
  return {
    layer: { ...layer, kind: 'convolution', outputs: outputs * area, kernel: 1 },
    weight: flat,
    bias: Float32Array.from({ length: outputs * area }, (_, o) => bias[Math.floor(o / area)]),
    side: kernel,
  };
}

/** The row (or column) of a 3 × 3 kernel that meets input pixel 0 or 1: [parity][place]; −1: none. */
const KERNEL_ROW = [
  [1, -1],
  [2, 0],
] as const;

function subPixels(layer: Layer, { weight, bias }: LayerWeights): FlatLayer {
  const { inputs, outputs } = layer;
  const flat = new Float32Array(4 * outputs * inputs * 4);
  let at = 0;
  for (let parity = 0; parity < 4; parity++) {
    const [rows, columns] = [KERNEL_ROW[parity >> 1], KERNEL_ROW[parity & 1]];
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        for (let place = 0; place < 4; place++) {
          const [row, column] = [rows[place >> 1], columns[place & 1]];
          const from = (i * outputs + o) * 9 + row * 3 + column;
          flat[at++] = row < 0 || column < 0 ? 0 : weight[from];
        }
      }
    }
  }
  const stride = [1, 1] as const;
  return {
    layer: {
      ...layer,
      kind: 'convolution',
      outputs: 4 * outputs,
      kernel: 2,
      stride,
      pads: [0, 0, 1, 1],
    },
    weight: flat,
    bias: Float32Array.from({ length: 4 * outputs }, (_, o) => bias[o % outputs]),
    block: 2,
  };
}

/**
 * Whole numbers, symmetric around zero, and the step of every output channel.
 * @param weight outputs × the rest
 */
export function quantiseWeights(
  weight: Float32Array,
  outputs: number,
  bits: 7 | 8,
): { values: Int8Array; scales: Float32Array } {
  const most = 2 ** (bits - 1) - 1;
  const run = weight.length / outputs;
  const values = new Int8Array(weight.length);
  const scales = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let largest = 0;
    for (let i = o * run; i < (o + 1) * run; i++) largest = Math.max(largest, Math.abs(weight[i]));
    const step = (scales[o] = (largest || 1) / most);
    for (let i = o * run; i < (o + 1) * run; i++) values[i] = Math.round(weight[i] / step);
  }
  return { values, scales };
}

export interface ValueRange {
  least: number;
  most: number;
}

/** By the name of the value: an input, a layer, or {@link convolvedName}. */
export type ValueRanges = ReadonlyMap<string, ValueRange>;

interface QuantisedGraphOptions {
  ranges: ValueRanges;
  /** 7 where the processor's 8-bit instructions overflow. */
  weightBits: 7 | 8;
  /** Layers that stay in floating point. */
  isFloat: (layer: Layer) => boolean;
}

/** Names of a value's scale and zero point. */
interface Scale {
  step: number;
  inputs: readonly [string, string];
}

/**
 * A graph of layers whose convolutions are computed in 8 bits: QuantizeLinear and DequantizeLinear
 * around them, from which ONNX Runtime makes integer kernels. Weights are symmetric, each output
 * channel with a scale of its own; activations are unsigned, each value with its own range.
 */
export class QuantisedGraph extends LayerGraph {
  readonly #options: QuantisedGraphOptions;
  /** Of quantised values. */
  readonly #scales = new Map<string, Scale>();
  readonly #floats = new Map<string, string>();
  readonly #shared = new Map<string, Scale>();

  constructor(weights: NetworkWeights, options: QuantisedGraphOptions) {
    super(weights);
    this.#options = options;
  }

  override layer(layer: Layer, input: string, output = layer.name): string {
    if (this.#options.isFloat(layer)) return super.layer(layer, this.float(input), output);
    const source = this.#whole(input, input);
    const flat = asConvolution(layer, this.weightsOf(layer));
    const convolved = this.#convolve(flat, source);
    // A range that starts at zero acts as the ReLU.
    if (!layer.residual) return this.#spread(flat, this.#quantise(convolved, output), output);
    const sum = this.add('Add', [
      this.float(this.#quantise(convolved, convolvedName(layer))),
      this.float(source),
    ]);
    return this.#quantise(sum, output);
  }

  override join(first: string, second: string): string {
    const scale = this.#scales.get(first);
    if (!scale) return super.join(this.float(first), this.float(second));
    const joined = super.join(first, this.#rescaled(second, scale));
    this.#scales.set(joined, scale);
    return joined;
  }

  override slice(...[input, region]: Parameters<LayerGraph['slice']>): string {
    return this.#like(input, super.slice(input, region));
  }

  override repeat(value: string, shape: string, like: string): string {
    const whole = this.#whole(value, like);
    return this.#like(whole, super.repeat(whole, shape, like));
  }

  override float(value: string): string {
    const scale = this.#scales.get(value);
    if (!scale) return value;
    const known = this.#floats.get(value);
    if (known) return known;
    const made = this.add('DequantizeLinear', [value, ...scale.inputs]);
    this.#floats.set(value, made);
    return made;
  }

  #convolve({ layer, weight, bias }: FlatLayer, source: string): string {
    const { step } = this.#scales.get(source)!;
    const { values, scales } = quantiseWeights(weight, layer.outputs, this.#options.weightBits);
    const axis = { axis: { type: 'integer', value: 0 } } as const;
    const shape = [layer.outputs, layer.inputs, layer.kernel, layer.kernel];
    const stepOf = this.constant([layer.outputs], scales);
    const zeros = this.constant([layer.outputs], new Int8Array(layer.outputs));
    const weights = this.add(
      'DequantizeLinear',
      [this.constant(shape, values), stepOf, zeros],
      axis,
    );
    const sums = scales.map((scale) => scale * step);
    const whole = Int32Array.from(bias, (value, i) => Math.round(value / sums[i]));
    const biases = this.add(
      'DequantizeLinear',
      [
        this.constant([layer.outputs], whole),
        this.constant([layer.outputs], sums),
        this.constant([layer.outputs], new Int32Array(layer.outputs)),
      ],
      axis,
    );
    const attributes = convolutionAttributes(layer);
    if (layer.pads) attributes['pads'] = integers(...layer.pads);
    return this.add('Conv', [this.float(source), weights, biases], attributes);
  }

  /** Rearranges the outputs of a flattened transposed convolution. */
  #spread({ block, side }: FlatLayer, value: string, like: string): string {
    if (block) {
      const attributes = {
        blocksize: { type: 'integer', value: block },
        mode: { type: 'string', value: 'DCR' },
      } as const;
      return this.#like(like, this.add('DepthToSpace', [value], attributes));
    }
    if (!side) return value;
    const shape = this.integers(0, -1, side, side);
    return this.#like(like, this.add('Reshape', [value, shape]));
  }

  /** The value, quantised. @param like the value whose range it has */
  #whole(value: string, like: string): string {
    return this.#scales.has(value) ? value : this.#quantise(value, like);
  }

  #quantise(value: string, like: string): string {
    const scale = this.#scaleOf(like);
    const whole = this.add('QuantizeLinear', [value, ...scale.inputs]);
    this.#scales.set(whole, scale);
    this.#scales.set(like, scale);
    return whole;
  }

  #rescaled(value: string, scale: Scale): string {
    if (this.#scales.get(value) === scale) return value;
    return this.add('QuantizeLinear', [this.float(value), ...scale.inputs]);
  }

  #like(source: string, made: string): string {
    const scale = this.#scales.get(source);
    if (scale) this.#scales.set(made, scale);
    return made;
  }

  #scaleOf(name: string): Scale {
    const { least, most } = this.#options.ranges.get(name)!;
    const [low, high] = [Math.min(0, least), Math.max(0, most)];
    const step = Math.fround((high - low || 1) / 255);
    const zero = Math.round(-low / step);
    const key = `${step} ${zero}`;
    const known = this.#shared.get(key);
    if (known) return known;
    const inputs = [
      this.constant([], Float32Array.of(step)),
      this.constant([], Uint8Array.of(zero)),
    ] as const;
    const scale = { step, inputs };
    this.#shared.set(key, scale);
    return scale;
  }
}
