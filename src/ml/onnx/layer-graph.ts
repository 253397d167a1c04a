/** Collects the nodes and constants of a graph made of layers. */
import type { OnnxAttribute, OnnxConstant, OnnxNode } from './writer';
import { weightShape, type Layer, type LayerWeights, type NetworkWeights } from './layers';

export type Attributes = Record<string, OnnxAttribute>;

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

  /** Layers one after the other. @returns the name of the last one's output */
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

  /** The channels of two values, one after the other. */
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

/** Name of what a layer computes before its residual and its ReLU. */
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
