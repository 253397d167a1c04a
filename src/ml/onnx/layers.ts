/** Layers of known networks: what a table says of each, and weights by layer. */
import { LipwireError } from '../../contract';
import type { Tensor } from './session';

/** Height and width. */
export type Pair = readonly [number, number];

export interface Layer {
  /** Its place in the network; also the name of its output in the graph. */
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

/** Counts the training steps; of no use and in no table, but in every checkpoint. */
const COUNTER = /\.num_batches_tracked$/;

/**
 * Holds a checkpoint's shapes against a table.
 * @throws E_MODEL_INVALID naming the first tensor that is missing, too many, or of another shape
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

/** E_MODEL_INVALID for a file that is not the network that it should be. */
export function invalid(network: string, expected: string, found: string): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${expected} in a model of ${network} but ${found}; the file is of another network.`,
  );
}
