/** Operators that change the shape of a value and not its numbers. */
import { unsupported, type GraphBuilder, type Value } from '../../onnx/graph-builder';
import type { TfjsNode } from '../tfjs-model';

/** `Pad` and `PadV2`: zeros, or the constant of the third input. */
export function pad(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.materialise(graph.input(node, 0));
  const { data } = graph.constantInput(node, 1);
  const fill = node.op === 'PadV2' ? graph.constantInput(node, 2).data[0] : 0;
  const rank = input.shape.length;
  if (data.length !== 2 * rank) throw unsupported(node, 'its paddings do not fit its input');
  const before = input.shape.map((_, axis) => data[2 * axis]);
  const after = input.shape.map((_, axis) => data[2 * axis + 1]);
  const order = input.channelsFirst ? [0, 3, 1, 2] : input.shape.map((_, axis) => axis);
  const pads = [before, after].flatMap((side) => order.map((axis) => side[axis]));
  const value = graph.floats([], Float32Array.of(fill));
  const shape = input.shape.map((size, axis) => size + before[axis] + after[axis]);
  const name = graph.add('Pad', [input.name, graph.integers(pads), value]);
  return { name, shape, channelsFirst: input.channelsFirst };
}

/** `Reshape`: the order of the numbers is TensorFlow's, so the layout must be too. */
export function reshape(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.channelsLast(graph.input(node, 0));
  const wanted = [...graph.constantInput(node, 1).data];
  const count = input.shape.reduce((product, size) => product * size, 1);
  const known = wanted.filter((size) => size >= 0).reduce((product, size) => product * size, 1);
  const shape = wanted.map((size) => (size < 0 ? count / known : size));
  if (shape.reduce((product, size) => product * size, 1) !== count) {
    throw unsupported(node, `[${input.shape.join(', ')}] cannot become [${wanted.join(', ')}]`);
  }
  const name = graph.add('Reshape', [input.name, graph.integers(shape)]);
  return { name, shape, channelsFirst: false };
}

/** `Transpose` */
export function transpose(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.channelsLast(graph.input(node, 0));
  const order = [...graph.constantInput(node, 1).data];
  const shape = order.map((axis) => input.shape[axis]);
  const name = graph.add('Transpose', [input.name], { perm: { type: 'integers', value: order } });
  return { name, shape, channelsFirst: false };
}

/** `ConcatV2`: values, then the axis. */
export function concat(node: TfjsNode, graph: GraphBuilder): Value {
  const count = node.input.length - 1;
  const axisGiven = graph.constantInput(node, count).data[0];
  const values = node.input.slice(0, count).map((reference) => graph.value(reference));
  const first = values[0];
  const axis = axisGiven < 0 ? axisGiven + first.shape.length : axisGiven;
  const channelsFirst = values.every((value) => value.channelsFirst);
  const inputs = values.map((value) => (channelsFirst ? value : graph.channelsLast(value)));
  const total = values.reduce((sum, value) => sum + value.shape[axis], 0);
  const shape = first.shape.map((size, index) => (index === axis ? total : size));
  const name = graph.add(
    'Concat',
    inputs.map((value) => value.name),
    { axis: { type: 'integer', value: channelsFirst ? [0, 2, 3, 1][axis] : axis } },
  );
  return { name, shape, channelsFirst };
}
