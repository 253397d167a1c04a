/** Weights in 8 bits, and transposed convolutions as ordinary ones, which have integer kernels. */
import type { Layer, LayerWeights } from './layers';

/** An ordinary convolution, and how its outputs are spread over the picture after it. */
export interface FlatLayer extends LayerWeights {
  layer: Layer & { pads?: readonly number[] };
  /** Every so many channels are the pixels of a square of this side. */
  block?: number;
  /** A single pixel's channels are squares of this side. */
  side?: number;
}

/**
 * Transposed convolutions as ordinary ones with more outputs. One of stride 1 on a single pixel is a
 * product of matrices. One of 3 × 3, stride 2, padding 1 makes every pixel of the doubled picture
 * from 2 × 2 at most, so it is four convolutions of 2 × 2, one for each place in a square of four
 * (the sub-pixel convolution of Shi et al. 2016, arXiv:1609.05158).
 */
export function asConvolution(layer: Layer, weights: LayerWeights): FlatLayer {
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

/** Which row (or column) of a 3 × 3 kernel sees the pixel at 0 or 1 to its right: [parity][place]. */
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
