/**
 * A graph of layers whose convolutions are computed in 8 bits: QuantizeLinear and DequantizeLinear
 * around them, from which ONNX Runtime makes integer kernels. Weights are symmetric, each output
 * channel with a scale of its own; activations are unsigned, each value with its own range.
 */
import { LayerGraph, convolutionAttributes, convolvedName, integers } from './layer-graph';
import type { Layer, NetworkWeights } from './layers';
import { asConvolution, quantiseWeights, type FlatLayer } from './quantise';

/** The smallest and the largest number that a value has. */
export interface ValueRange {
  least: number;
  most: number;
}

/** By the name of the value: an input, a layer, or {@link convolvedName}. */
export type ValueRanges = ReadonlyMap<string, ValueRange>;

export interface QuantisedGraphOptions {
  ranges: ValueRanges;
  /** 8, or 7 where the processor's instructions for 8 bits overflow. */
  weightBits: 7 | 8;
  /** Layers that stay in floating point. */
  isFloat: (layer: Layer) => boolean;
}

/** Names of a value's scale and zero point. */
interface Scale {
  step: number;
  inputs: readonly [string, string];
}

export class QuantisedGraph extends LayerGraph {
  readonly #options: QuantisedGraphOptions;
  /** Of the values that are whole numbers. */
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
    // A range from zero up cuts off what the ReLU would.
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

  /** Puts the outputs that a transposed convolution was made of in their places. */
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

  /** The value as whole numbers. @param like whose range it has */
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
