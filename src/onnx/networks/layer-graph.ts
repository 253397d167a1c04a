/** Collects the nodes and constants of a graph made of layers. */
import type { OnnxAttribute, OnnxConstant, OnnxNode } from '../writer';
import { weightShape, type Layer, type LayerWeights, type NetworkWeights } from './layers';

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

  floats(shape: readonly number[], data: Float32Array): string {
    return this.#constant(shape, data);
  }

  integers(...values: number[]): string {
    return this.#constant([values.length], BigInt64Array.from(values, BigInt));
  }

  /** Layers one after the other; the last one's output gets the given name. */
  layers(layers: readonly Layer[], input: string, output?: string): string {
    return layers.reduce(
      (value, layer, i) => this.layer(layer, value, i === layers.length - 1 ? output : undefined),
      input,
    );
  }

  /** One layer: (transposed) convolution, residual, ReLU. */
  layer(layer: Layer, input: string, output?: string): string {
    const { weight, bias } = this.#weights.get(layer.name) as LayerWeights;
    const inputs = [
      input,
      this.floats(weightShape(layer), weight),
      this.floats([layer.outputs], bias),
    ];
    const attributes: Attributes = {
      kernel_shape: integers(layer.kernel, layer.kernel),
      strides: integers(...layer.stride),
      pads: integers(...new Array<number>(4).fill(layer.padding)),
    };
    const isTransposed = layer.kind === 'transposed';
    if (isTransposed)
      attributes['output_padding'] = integers(layer.outputPadding, layer.outputPadding);
    const operator = isTransposed ? 'ConvTranspose' : 'Conv';
    if (!layer.activation) return this.add(operator, inputs, attributes, output);
    const convolved = this.add(operator, inputs, attributes);
    const sum = layer.residual ? this.add('Add', [convolved, input]) : convolved;
    return this.add('Relu', [sum], {}, output);
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

  #constant(shape: readonly number[], data: OnnxConstant['data']): string {
    const name = `c${++this.#count}`;
    this.constants.push({ name, shape, data });
    return name;
  }
}

export function integers(...value: number[]): OnnxAttribute {
  return { type: 'integers', value };
}
