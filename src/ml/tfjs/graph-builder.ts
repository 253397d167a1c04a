/** An ONNX graph under construction, and the TensorFlow values that it holds so far. */
import { LipwireError } from '../../contract';
import type { OnnxAttribute, OnnxConstant, OnnxNode } from '../onnx/writer';
import { nodeName, type TfjsNode, type TfjsTensor } from './tfjs-model';

/** A value of the TensorFlow graph. `shape` is always in TensorFlow's order (N, H, W, C). */
export interface Value {
  /** Name of the ONNX tensor that holds it. */
  name: string;
  shape: readonly number[];
  /** True where the ONNX tensor is laid out N, C, H, W. */
  channelsFirst: boolean;
  /** For constants, which become ONNX tensors only when an operator needs them. */
  constant?: TfjsTensor;
}

type Attributes = Record<string, OnnxAttribute>;

/** Collects nodes and constants, and transposes values between the two layouts. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  readonly #values = new Map<string, Value>();
  readonly #transposed = new Map<string, Value>();
  #count = 0;

  define(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** The value that a reference such as `name:0` stands for. */
  value(reference: string): Value {
    const value = this.#values.get(nodeName(reference));
    if (value) return value;
    throw new LipwireError(
      'E_MODEL_INVALID',
      `Expected the network to define ${reference} before it is used; the model file is damaged.`,
    );
  }

  /** Input number `index` of a node. */
  input(node: TfjsNode, index: number): Value {
    const reference = node.input[index];
    if (reference !== undefined) return this.value(reference);
    throw unsupported(node, `it has ${node.input.length} inputs`);
  }

  /** Input number `index`, which must be a constant. */
  constantInput(node: TfjsNode, index: number): TfjsTensor {
    const { constant } = this.input(node, index);
    if (constant) return constant;
    throw unsupported(node, `its input ${index} is not a constant`);
  }

  /** Adds a node with one output and returns the output's name. */
  add(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = `v${++this.#count}`;
    this.nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }

  floats(shape: readonly number[], data: Float32Array): string {
    return this.#constant(shape, data);
  }

  /** Adds a constant of whole numbers. */
  integers(values: readonly number[]): string {
    return this.#constant([values.length], BigInt64Array.from(values, BigInt));
  }

  /** The value laid out N, C, H, W; only for values of four dimensions. */
  channelsFirst(value: Value): Value {
    return value.channelsFirst ? value : this.#turn(this.materialise(value), [0, 3, 1, 2], true);
  }

  /** The value laid out N, H, W, C. */
  channelsLast(value: Value): Value {
    return value.channelsFirst ? this.#turn(value, [0, 2, 3, 1], false) : this.materialise(value);
  }

  /** The value as an ONNX tensor, also when it is a constant. */
  materialise(value: Value): Value {
    if (!value.constant || value.name) return value;
    const { shape, data, whole } = value.constant;
    const name = whole ? this.integers([...data]) : this.floats(shape, data);
    return { ...value, name };
  }

  #constant(shape: readonly number[], data: OnnxConstant['data']): string {
    const name = `c${++this.#count}`;
    this.constants.push({ name, shape, data });
    return name;
  }

  #turn(value: Value, permutation: readonly number[], channelsFirst: boolean): Value {
    const known = this.#transposed.get(value.name);
    if (known) return known;
    const name = this.add('Transpose', [value.name], {
      perm: { type: 'integers', value: permutation },
    });
    const turned: Value = { name, shape: value.shape, channelsFirst };
    this.#transposed.set(value.name, turned);
    return turned;
  }
}

interface Window {
  strides: [number, number];
  dilations: [number, number];
  /** top, left, bottom, right: the order in which ONNX wants them */
  pads: [number, number, number, number];
  /** height and width of the result */
  size: [number, number];
}

/**
 * TensorFlow's padding rule. SAME puts the odd pixel at the end (bottom, right), which ONNX's own
 * `auto_pad` expresses only for some operators, so the paddings are always written out.
 * Rule: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 *
 * @param size height and width of the input
 * @param kernel height and width of the kernel
 */
export function slidingWindow(
  node: TfjsNode,
  size: readonly [number, number],
  kernel: readonly [number, number],
): Window {
  const strides = spatial(node, 'strides');
  const dilations = spatial(node, 'dilations');
  const padding = text(node, 'padding');
  const explicit = integerList(node, 'explicit_paddings');
  const axes = [0, 1].map((axis) => {
    const input = size[axis];
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    const stride = strides[axis];
    const [before, after] = padsOfAxis(node, padding, input, reach, stride, explicit, axis);
    return { before, after, output: Math.floor((input + before + after - reach) / stride) + 1 };
  });
  const [y, x] = axes as [(typeof axes)[0], (typeof axes)[0]];
  return {
    strides,
    dilations,
    pads: [y.before, x.before, y.after, x.after],
    size: [y.output, x.output],
  };
}

function padsOfAxis(
  node: TfjsNode,
  padding: string,
  input: number,
  reach: number,
  stride: number,
  explicit: number[],
  axis: number,
): [number, number] {
  if (padding === 'VALID') return [0, 0];
  if (padding === 'EXPLICIT' && explicit.length === 8) {
    return [explicit[2 + 2 * axis], explicit[3 + 2 * axis]];
  }
  if (padding !== 'SAME') throw unsupported(node, `its padding is "${padding}"`);
  const total = Math.max((Math.ceil(input / stride) - 1) * stride + reach - input, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** A list of whole numbers; `fallback` where the node has none. */
export function integerList(node: TfjsNode, name: string, fallback: number[] = []): number[] {
  return node.attr[name]?.list?.i?.map(Number) ?? fallback;
}

export function text(node: TfjsNode, name: string, fallback = ''): string {
  const value = node.attr[name]?.s;
  return value === undefined ? fallback : Buffer.from(value, 'base64').toString('utf8');
}

export function textList(node: TfjsNode, name: string): string[] {
  const values = node.attr[name]?.list?.s ?? [];
  return values.map((value) => Buffer.from(value, 'base64').toString('utf8'));
}

/** The height and width entries of a list such as `strides`, which must be 1 for N and C. */
export function spatial(node: TfjsNode, name: string): [number, number] {
  if (text(node, 'data_format', 'NHWC') !== 'NHWC') {
    throw unsupported(node, `its data format is ${text(node, 'data_format')}, not NHWC`);
  }
  const [batch, height, width, channels] = integerList(node, name, [1, 1, 1, 1]);
  if (!height || !width || batch !== 1 || channels !== 1) {
    throw unsupported(node, `its ${name} reach over batch or channels`);
  }
  return [height, width];
}

/** The error for a node that the converter cannot express. */
export function unsupported(node: TfjsNode, why: string): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected only operators that the converter knows but ${node.name} (${node.op}) cannot be ` +
      `converted: ${why}.`,
    { details: { operator: node.op, node: node.name } },
  );
}
