/**
 * Reads TensorFlow Lite files as the TensorFlow graph that they were made of, so that one converter
 * serves both. Weights may be stored in half precision.
 * Schema: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
 */
import { LipwireError } from '../../contract';
import { halfToNumber } from '../onnx/writer';
import type { TfjsAttribute, TfjsModel, TfjsNode, TfjsTensor } from '../tfjs/tfjs-model';
import { FlatTable, readFlexMap, type FlexValue } from './flatbuffer';

const IDENTIFIER = 'TFL3';

/** Fields of the schema's tables, by number. */
const MODEL = { operatorCodes: 1, subgraphs: 2, buffers: 4 } as const;
const OPERATOR_CODE = { oldCode: 0, custom: 1, code: 3 } as const;
const GRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 } as const;
const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3 } as const;
const OPERATOR = { code: 0, inputs: 1, outputs: 2, options: 4, customOptions: 5 } as const;
const BUFFER = { data: 0 } as const;

const TYPES = { float: 0, half: 1, integer: 2 } as const;

/** Numbers of the built-in operators. */
const CODES: Readonly<Record<number, string>> = {
  0: 'ADD',
  2: 'CONCATENATION',
  3: 'CONV_2D',
  4: 'DEPTHWISE_CONV_2D',
  6: 'DEQUANTIZE',
  14: 'LOGISTIC',
  17: 'MAX_POOL_2D',
  18: 'MUL',
  19: 'RELU',
  22: 'RESHAPE',
  34: 'PAD',
  45: 'STRIDED_SLICE',
  54: 'PRELU',
};
const CUSTOM = 32;

/** The activation that an operator applies to its result. */
const ACTIVATIONS: Readonly<Record<number, string>> = { 1: 'Relu', 3: 'Relu6' };
const PADDINGS = ['SAME', 'VALID'] as const;

/**
 * @param bytes of the file
 * @param name of the model
 * @throws E_MODEL_INVALID when it is not a whole file of that kind, or has an operator that is not known
 */
export function readTfliteModel(bytes: Buffer, name: string): TfjsModel {
  try {
    if (bytes.toString('latin1', 4, 8) !== IDENTIFIER) throw new RangeError('it is another file');
    return new GraphReader(FlatTable.root(bytes), name).read();
  } catch (cause) {
    if (cause instanceof LipwireError) throw cause;
    throw new LipwireError(
      'E_MODEL_INVALID',
      `Expected a whole TensorFlow Lite network for ${name} but it cannot be read ` +
        `(${(cause as Error).message}); reinstall the package that carries it.`,
      { cause },
    );
  }
}

class GraphReader {
  readonly #codes: string[];
  readonly #buffers: FlatTable[];
  readonly #graph: FlatTable;
  readonly #tensors: FlatTable[];
  readonly #model: TfjsModel;
  /** Inputs and outputs of the whole graph. */
  readonly #ports: ReadonlySet<number>;
  /** Tensors that stand for another one. */
  readonly #aliases = new Map<number, number>();

  constructor(model: FlatTable, name: string) {
    this.#codes = model.tables(MODEL.operatorCodes).map(operatorName);
    this.#buffers = model.tables(MODEL.buffers);
    const graphs = model.tables(MODEL.subgraphs);
    if (graphs.length !== 1) throw new RangeError(`it has ${graphs.length} graphs`);
    [this.#graph] = graphs;
    this.#tensors = this.#graph.tables(GRAPH.tensors);
    const ports = [GRAPH.inputs, GRAPH.outputs].flatMap((field) => this.#graph.integers(field));
    this.#ports = new Set(ports);
    this.#model = { name, nodes: [], outputs: [], weights: new Map() };
  }

  read(): TfjsModel {
    for (const index of this.#graph.integers(GRAPH.inputs)) {
      const dim = this.#tensors[index].integers(TENSOR.shape).map((size) => ({ size }));
      this.#add('Placeholder', index, [], { shape: { shape: { dim } } });
    }
    for (const [index, tensor] of this.#tensors.entries()) {
      const data = this.#buffers[tensor.integer(TENSOR.buffer)].content(BUFFER.data);
      if (data.length > 0) this.#addConstant(this.#nameOf(index), decode(tensor, data));
    }
    for (const operator of this.#graph.tables(GRAPH.operators)) this.#convert(operator);
    this.#model.outputs = this.#graph.integers(GRAPH.outputs).map((i) => this.#nameOf(i));
    return this.#model;
  }

  #convert(operator: FlatTable): void {
    const kind = this.#codes[operator.integer(OPERATOR.code)];
    const inputs = operator.integers(OPERATOR.inputs);
    const [output] = operator.integers(OPERATOR.outputs);
    const options = operator.table(OPERATOR.options);
    const window = (strideX: number, dilationX?: number): Record<string, TfjsAttribute> => ({
      padding: textAttribute(PADDINGS[options?.byte(0) ?? 0]),
      strides: spatialAttribute(options?.integer(strideX + 1, 1), options?.integer(strideX, 1)),
      ...(dilationX !== undefined && {
        dilations: spatialAttribute(
          options?.integer(dilationX + 1, 1),
          options?.integer(dilationX, 1),
        ),
      }),
    });
    switch (kind) {
      case 'DEQUANTIZE':
        // Weights are decoded where they are read.
        this.#aliases.set(output, inputs[0]);
        return;
      case 'CONV_2D':
        return this.#convolution('Conv2D', inputs, output, window(1, 4), options?.byte(3));
      case 'DEPTHWISE_CONV_2D':
        return this.#convolution(
          'DepthwiseConv2dNative',
          inputs,
          output,
          window(1, 5),
          options?.byte(4),
        );
      case 'MAX_POOL_2D': {
        const ksize = spatialAttribute(options?.integer(4), options?.integer(3));
        return this.#add('MaxPool', output, inputs, { ...window(1), ksize }, options?.byte(5));
      }
      case 'ADD':
        return this.#add('AddV2', output, inputs, {}, options?.byte(0));
      case 'MUL':
        return this.#add('Mul', output, inputs, {}, options?.byte(0));
      case 'RELU':
        return this.#add('Relu', output, inputs);
      case 'LOGISTIC':
        return this.#add('Sigmoid', output, inputs);
      case 'PRELU':
        return this.#add('Prelu', output, inputs);
      case 'PAD':
        return this.#add('Pad', output, inputs);
      case 'RESHAPE': {
        const shape = this.#whole(output, this.#tensors[output].integers(TENSOR.shape));
        return this.#addNamed('Reshape', this.#nameOf(output), [this.#nameOf(inputs[0]), shape]);
      }
      case 'CONCATENATION': {
        const axis = this.#whole(output, [options?.integer(0) ?? 0]);
        const names = inputs.map((index) => this.#nameOf(index));
        return this.#addNamed('ConcatV2', this.#nameOf(output), [...names, axis]);
      }
      case 'STRIDED_SLICE': {
        const masks = ['begin', 'end', 'ellipsis', 'new_axis', 'shrink_axis'];
        const attributes = masks.map((mask, field) => [
          `${mask}_mask`,
          { i: options?.integer(field) },
        ]);
        return this.#add('StridedSlice', output, inputs, Object.fromEntries(attributes));
      }
      default: {
        const given = readFlexOptions(operator.content(OPERATOR.customOptions));
        return this.#add(kind, output, inputs, given);
      }
    }
  }

  /** A kernel is [outputs, height, width, inputs] here and [height, width, inputs, outputs] there. */
  #convolution(
    op: string,
    [input, kernel, bias]: readonly number[],
    output: number,
    attributes: Record<string, TfjsAttribute>,
    activation = 0,
  ): void {
    const stored = this.#model.weights.get(this.#nameOf(kernel));
    if (!stored) throw new RangeError(`the kernel of ${this.#nameOf(output)} is missing`);
    const [outputs, height, width, inputs] = stored.shape;
    const isDeep = op === 'DepthwiseConv2dNative';
    const channels = this.#tensors[input].integers(TENSOR.shape)[3];
    const turned: TfjsTensor = isDeep
      ? { ...stored, shape: [height, width, channels, inputs / channels] }
      : { ...stored, shape: [height, width, inputs, outputs], data: lastFirst(stored) };
    const name = `${this.#nameOf(output)} kernel`;
    this.#addConstant(name, turned);
    const fused = [...(bias >= 0 ? ['BiasAdd'] : []), ...activationsOf(activation)];
    const inputNames = [this.#nameOf(input), name, ...(bias >= 0 ? [this.#nameOf(bias)] : [])];
    this.#addNamed(op, this.#nameOf(output), inputNames, {
      ...attributes,
      fused_ops: { list: { s: fused.map(base64) } },
    });
  }

  #add(
    op: string,
    output: number,
    inputs: readonly number[],
    attributes: Record<string, TfjsAttribute> = {},
    activation = 0,
  ): void {
    const names = inputs.map((index) => this.#nameOf(index));
    const [fused] = activationsOf(activation);
    const name = this.#nameOf(output);
    this.#addNamed(op, fused ? `${name} before` : name, names, attributes);
    if (fused) this.#addNamed(fused, name, [`${name} before`]);
  }

  #addNamed(
    op: string,
    name: string,
    input: string[],
    attr: Record<string, TfjsAttribute> = {},
  ): void {
    this.#model.nodes.push({ name, op, input, attr } satisfies TfjsNode);
  }

  #addConstant(name: string, tensor: TfjsTensor): void {
    this.#model.weights.set(name, tensor);
    this.#addNamed('Const', name, []);
  }

  /** Whole numbers that TensorFlow takes as an input and TensorFlow Lite as an option. */
  #whole(output: number, values: readonly number[]): string {
    const name = `${this.#nameOf(output)} option`;
    this.#addConstant(name, {
      shape: [values.length],
      data: Float32Array.from(values),
      whole: true,
    });
    return name;
  }

  /** Names of tensors need not differ; those of inputs and outputs of the whole graph are kept. */
  #nameOf(index: number): string {
    const actual = this.#aliases.get(index) ?? index;
    return this.#ports.has(actual) ? this.#tensors[actual].text(TENSOR.name) : `tensor ${actual}`;
  }
}

function operatorName(code: FlatTable): string {
  // Codes above 127 stand in the newer field only.
  const number = Math.max(code.byte(OPERATOR_CODE.oldCode), code.integer(OPERATOR_CODE.code));
  if (number === CUSTOM) return code.text(OPERATOR_CODE.custom);
  const name = CODES[number];
  if (name) return name;
  throw new LipwireError(
    'E_MODEL_INVALID',
    `Expected only operators that the converter knows but the network has TensorFlow Lite's number ${number}.`,
  );
}

function decode(tensor: FlatTable, bytes: Uint8Array): TfjsTensor {
  const shape = tensor.integers(TENSOR.shape);
  const type = tensor.byte(TENSOR.type);
  const length = shape.reduce((product, size) => product * size, 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = {
    [TYPES.float]: (index: number) => view.getFloat32(4 * index, true),
    [TYPES.half]: (index: number) => halfToNumber(view.getUint16(2 * index, true)),
    [TYPES.integer]: (index: number) => view.getInt32(4 * index, true),
  }[type];
  if (!read) throw new RangeError(`${tensor.text(TENSOR.name)} is of the type ${type}`);
  if (length * (type === TYPES.half ? 2 : 4) !== bytes.length) {
    throw new RangeError(`${tensor.text(TENSOR.name)} has ${bytes.length} bytes`);
  }
  const data = Float32Array.from({ length }, (_, index) => read(index));
  return { shape, data, whole: type === TYPES.integer };
}

/** Moves the first axis to the end. */
function lastFirst({ shape, data }: TfjsTensor): Float32Array {
  const outputs = shape[0];
  const rest = data.length / outputs;
  const moved = new Float32Array(data.length);
  for (let output = 0; output < outputs; output++) {
    for (let i = 0; i < rest; i++) moved[i * outputs + output] = data[output * rest + i];
  }
  return moved;
}

function readFlexOptions(content: Uint8Array): Record<string, TfjsAttribute> {
  if (content.length === 0) return {};
  const attributes = [...readFlexMap(content)].map(([name, value]) => [name, flexAttribute(value)]);
  return Object.fromEntries(attributes) as Record<string, TfjsAttribute>;
}

function flexAttribute(value: FlexValue): TfjsAttribute {
  return Array.isArray(value) ? { list: { i: value } } : { f: value };
}

function activationsOf(activation: number): string[] {
  if (activation === 0) return [];
  const name = ACTIVATIONS[activation];
  if (!name) throw new RangeError(`the activation ${activation} is not known`);
  return [name];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function textAttribute(text: string): TfjsAttribute {
  return { s: base64(text) };
}

function spatialAttribute(height = 1, width = 1): TfjsAttribute {
  return { list: { i: [1, height, width, 1] } };
}
