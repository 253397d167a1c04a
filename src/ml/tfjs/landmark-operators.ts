/**
 * MediaPipe's own operators, with which the attention mesh looks closer at lips and eyes.
 * Source: https://github.com/google-ai-edge/mediapipe, mediapipe/util/tflite/operations/
 *
 * A transform of the plane is a matrix [1, 4, 4] that acts on columns (x, y, z, 1). Here the part of it is
 * used that acts on rows (x, y, 1), [3, 2].
 */
import { integerList, type GraphBuilder, unsupported, type Value } from './graph-builder';
import type { TfjsNode } from './tfjs-model';

const MATRIX = [1, 4, 4] as const;

/** Keeps the direction of two points that coincide finite. */
const LEAST_DISTANCE = 1e-6;

/**
 * `Landmarks2TransformMatrix`: the transform from a grid onto the box around some landmarks, turned so
 * that two of them are level, and enlarged.
 */
function landmarksToTransform(node: TfjsNode, graph: GraphBuilder): Value {
  const points = graph.channelsLast(graph.input(node, 0));
  const option = (name: string): number => {
    const value = node.attr[name]?.f;
    if (value === undefined) throw unsupported(node, `its ${name} is not given`);
    return value;
  };
  const at = (axis: number, indices: readonly number[]): string =>
    graph.add('Gather', [points.name, graph.integers(indices)], integer('axis', axis));
  const pick = (value: string, indices: readonly number[], axis: number): string =>
    graph.add('Gather', [value, graph.integers(indices)], integer('axis', axis));
  const number = (value: number): string => graph.floats([], Float32Array.of(value));

  // The direction from one point to the other, as [1, 1, 2].
  const left = pick(at(1, [option('left_rotation_idx')]), [0, 1], 2);
  const right = pick(at(1, [option('right_rotation_idx')]), [0, 1], 2);
  const span = graph.add('Sub', [right, left]);
  const squared = graph.add('ReduceL2', [span], integers('axes', [2]));
  const length = graph.add('Max', [squared, number(LEAST_DISTANCE)]);
  const direction = graph.add('Div', [span, length]);

  // Rows turned by r = target − angle are rows times [[cos r, sin r], [−sin r, cos r]]; both are sums of
  // the direction's parts.
  const target = option('target_rotation_radians');
  const [cos, sin] = [Math.cos(target), Math.sin(target)];
  const mix = Float32Array.of(cos, sin, -sin, cos, sin, -cos, cos, sin);
  const parts = graph.add('MatMul', [direction, graph.floats([2, 4], mix)]);
  const turn = graph.add('Reshape', [parts, graph.integers([2, 2])]);
  const turnBack = graph.add('Transpose', [turn], integers('perm', [1, 0]));

  const subset = pick(at(1, integerList(node, 'subset_idxs')), [0, 1], 2);
  const turned = graph.add('MatMul', [subset, turn]);
  const low = graph.add('ReduceMin', [turned], integers('axes', [1]));
  const high = graph.add('ReduceMax', [turned], integers('axes', [1]));
  const box = graph.add('Sub', [high, low]);
  const middle = graph.add('Mul', [graph.add('Add', [high, low]), number(0.5)]);

  // A row (x, y, 1) of the grid becomes ((x, y) − half) · step turned back, plus the middle turned back.
  const [width, height] = [option('output_width'), option('output_height')];
  const steps = Float32Array.of(option('scale_x') / width, option('scale_y') / height);
  const step = graph.add('Mul', [box, graph.floats([2], steps)]);
  const half = graph.floats([2], Float32Array.of(width / 2, height / 2));
  const origin = graph.add('Sub', [middle, graph.add('Mul', [step, half])]);
  const axes = graph.add('Mul', [
    graph.floats([2, 2], Float32Array.of(1, 0, 0, 1)),
    graph.add('Reshape', [step, graph.integers([1, 2])]),
  ]);
  const rows = graph.add(
    'Concat',
    [axes, graph.add('Reshape', [origin, graph.integers([1, 2])])],
    integer('axis', 0),
  );
  const part = graph.add('MatMul', [rows, turnBack]);

  // Into the matrix: rows x and y, columns x, y and 1; the rest is that of identity.
  const columns = graph.add('Transpose', [part], integers('perm', [1, 0]));
  const wide = graph.add('MatMul', [
    columns,
    graph.floats([3, 4], Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1)),
  ]);
  const last = graph.floats([2, 4], Float32Array.of(0, 0, 1, 0, 0, 0, 0, 1));
  const matrix = graph.add('Concat', [wide, last], integer('axis', 0));
  const name = graph.add('Reshape', [matrix, graph.integers(MATRIX)]);
  return { name, shape: MATRIX, channelsFirst: false };
}

/**
 * `TransformTensorBilinear`: pixel (x, y) of the result is the picture at the transform of its centre;
 * zero where that lies outside of the centres of its pixels.
 */
function transformTensor(node: TfjsNode, graph: GraphBuilder): Value {
  const picture = graph.channelsFirst(graph.input(node, 0));
  const affine = transformOf(node, graph);
  const size = (name: string): number => Number(node.attr[name]?.f ?? 0);
  const [width, height] = [size('output_width'), size('output_height')];
  const [batch, pictureHeight, pictureWidth, channels] = picture.shape;
  if (!(width >= 1 && height >= 1)) throw unsupported(node, 'its size is not given');
  const centres = Float32Array.from({ length: width * height * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    return [(pixel % width) + 0.5, Math.floor(pixel / width) + 0.5, 1][index % 3];
  });
  const places = graph.add('MatMul', [graph.floats([width * height, 3], centres), affine]);
  // GridSample counts from −1 at the outer edge of the first pixel to 1 at that of the last.
  const scale = graph.floats([2], Float32Array.of(2 / pictureWidth, 2 / pictureHeight));
  const grid = graph.add('Sub', [
    graph.add('Mul', [places, scale]),
    graph.floats([], Float32Array.of(1)),
  ]);
  const sampled = graph.add('GridSample', [
    picture.name,
    graph.add('Reshape', [grid, graph.integers([1, height, width, 2])]),
  ]);
  const most = Float32Array.of(1 - 1 / pictureWidth, 1 - 1 / pictureHeight);
  const isInside = graph.add('LessOrEqual', [graph.add('Abs', [grid]), graph.floats([2], most)]);
  const insides = graph.add('Cast', [isInside], integer('to', FLOAT));
  const inside = graph.add('ReduceMin', [insides], integers('axes', [2]));
  const mask = graph.add('Reshape', [inside, graph.integers([1, 1, height, width])]);
  const name = graph.add('Mul', [sampled, mask]);
  return { name, shape: [batch, height, width, channels], channelsFirst: true };
}

/** TensorProto.DataType of float32. */
const FLOAT = 1;

/** `TransformLandmarks`: points [1, n, 2] moved by a transform. */
function transformLandmarks(node: TfjsNode, graph: GraphBuilder): Value {
  const points = graph.channelsLast(graph.input(node, 0));
  const [, count] = points.shape;
  const ones = graph.floats([1, count, 1], new Float32Array(count).fill(1));
  const rows = graph.add('Concat', [points.name, ones], integer('axis', 2));
  const name = graph.add('MatMul', [rows, transformOf(node, graph)]);
  return { name, shape: points.shape, channelsFirst: false };
}

/** The part [1, 3, 2] of the transform that a node has as its second input. */
function transformOf(node: TfjsNode, graph: GraphBuilder): string {
  const { name, shape } = graph.channelsLast(graph.input(node, 1));
  if (shape.join() !== MATRIX.join()) {
    throw unsupported(node, 'its second input is not a transform');
  }
  const rows = graph.add('Gather', [name, graph.integers([0, 1])], integer('axis', 1));
  const part = graph.add('Gather', [rows, graph.integers([0, 1, 3])], integer('axis', 2));
  return graph.add('Transpose', [part], integers('perm', [0, 2, 1]));
}

function integer(name: string, value: number) {
  return { [name]: { type: 'integer', value } } as const;
}

function integers(name: string, value: readonly number[]) {
  return { [name]: { type: 'integers', value } } as const;
}

export const LANDMARK_OPERATORS = {
  Landmarks2TransformMatrix: landmarksToTransform,
  TransformTensorBilinear: transformTensor,
  TransformLandmarks: transformLandmarks,
} as const;
