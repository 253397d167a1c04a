/** Small TensorFlow.js models made in memory, and a run of their converted form. */
import { convertTfjsModel } from '../../../src/ml/tfjs/convert';
import { openNetwork } from '../../../src/ml/onnx/session';
import type {
  TfjsAttribute,
  TfjsModel,
  TfjsNode,
  TfjsTensor,
} from '../../../src/ml/tfjs/tfjs-model';

export const base64 = (value: string): string => Buffer.from(value).toString('base64');

/** An attribute that is a list of whole numbers, as TensorFlow.js writes it. */
export const integers = (...values: number[]): TfjsAttribute => ({
  list: { i: values.map(String) },
});

export function tensor(shape: number[], data: ArrayLike<number>, whole = false): TfjsTensor {
  return { shape, data: Float32Array.from(data), whole };
}

/** A model of one input `x`, the given constants and nodes; its output is the last node's. */
export function model(
  inputShape: number[],
  constants: Record<string, TfjsTensor>,
  nodes: Partial<TfjsNode>[],
): TfjsModel {
  const dim = inputShape.map((size) => ({ size: String(size) }));
  const all: Partial<TfjsNode>[] = [
    ...nodes,
    ...Object.keys(constants).map((name) => ({ name, op: 'Const' })),
    { name: 'x', op: 'Placeholder', attr: { shape: { shape: { dim } } } },
  ];
  return {
    name: 'test',
    nodes: all.map(({ name = '', op = '', input = [], attr = {} }) => ({ name, op, input, attr })),
    outputs: [(nodes.at(-1) as TfjsNode).name],
    weights: new Map(Object.entries(constants)),
  };
}

/** Converts the model and runs it in ONNX Runtime. */
export async function run(
  tfjs: TfjsModel,
  shape: number[],
  data: Float32Array,
): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const network = await openNetwork(convertTfjsModel(tfjs));
  try {
    const outputs = await network.run({ x: { shape, data } });
    return outputs[tfjs.outputs[0]];
  } finally {
    await network.release();
  }
}
