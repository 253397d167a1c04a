/** Folds batch norm into the convolution before it: one layer less, the same numbers. */
import type { Tensor } from './session';
import type { Layer, LayerWeights, NetworkWeights, Tensors } from './layers';

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

export interface BatchNorm {
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
  // Values of one output that lie together, and the number of outputs until they come again.
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
