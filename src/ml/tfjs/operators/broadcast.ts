/** Element-wise operators on two values, with TensorFlow's (NumPy's) broadcasting. */
import { unsupported, type GraphBuilder, type Value } from '../../onnx/graph-builder';
import type { TfjsNode, TfjsTensor } from '../tfjs-model';

/** `Add`, `AddV2`, `BiasAdd`, `Sub`, `Mul` */
export function elementwise(operator: string) {
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

/** A constant reshaped so that it broadcasts against `frame` in the layout that has. */
export function alignConstant(
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
