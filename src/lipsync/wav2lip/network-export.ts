/** ONNX exports of Wav2Lip by others: which input is which, and the weights in them. */
import { invalidOnnx } from '../../ml/onnx/read/invalid';
import type { ReadModel, ReadNode, ReadPort } from '../../ml/onnx/read/model';
import { floatsOf } from '../../ml/onnx/read/tensor';
import { fold } from '../../ml/onnx/fold';
import {
  weightShape,
  type Layer,
  type LayerWeights,
  type NetworkWeights,
} from '../../ml/onnx/layers';
import { WAV2LIP_DESIGNS, type Wav2LipDesign } from './network-table';

export interface Wav2LipExport {
  /** Names of its ports, which differ from one export to the next. */
  mel: string;
  face: string;
  output: string;
  /** Side of its pictures. */
  size: 96 | 256;
  /** 1 where only one frame can be run at a time, undefined where any number. */
  batch?: number;
}

/**
 * Binds inputs and outputs by their shapes.
 * @throws E_MODEL_INVALID naming the shapes of a file that is no Wav2Lip of 96 or 256 pixels
 */
export function bindWav2Lip({ inputs, outputs }: ReadModel): Wav2LipExport {
  const mel = only(inputs, [1, 80, 16]);
  for (const { size } of WAV2LIP_DESIGNS) {
    const face = only(inputs, [6, size, size]);
    const output = only(outputs, [3, size, size]) ?? onlyOpen(outputs);
    if (!mel || !face || !output || inputs.length !== 2) continue;
    const batches = [mel, face, output].map(({ shape }) => shape[0]);
    const fixed = batches.find((batch) => batch !== undefined);
    const bound = { mel: mel.name, face: face.name, output: output.name, size };
    return fixed === undefined ? bound : { ...bound, batch: fixed };
  }
  const list = (ports: ReadPort[]): string =>
    ports.map(({ shape }) => `[${shape.map((size) => size ?? '?').join(', ')}]`).join(' and ');
  throw invalidOnnx(
    'a Wav2Lip of 96 or 256 pixels ([n, 1, 80, 16] and [n, 6, 96, 96] to [n, 3, 96, 96])',
    `a network of ${list(inputs)} to ${list(outputs)}`.slice(0, 300),
  );
}

function only(ports: ReadPort[], shape: readonly number[]): ReadPort | undefined {
  const found = ports.filter(
    (port) => port.shape.length === 4 && shape.every((size, i) => port.shape[i + 1] === size),
  );
  return found.length === 1 ? found[0] : undefined;
}

/** Some exports do not say how large their only output is. */
function onlyOpen(ports: ReadPort[]): ReadPort | undefined {
  const [port] = ports;
  return port && ports.length === 1 && port.shape.every((size) => size === undefined)
    ? port
    : undefined;
}

/** Bits of what a value depends on. */
const MEL = 1;
const FACE = 2;

/**
 * The weights of a plain export, batch norm folded in or not; undefined when its convolutions
 * are not those of Wav2Lip, one after the other (a model that was quantised, or built differently).
 * Compare a run of both before relying on it: what lies between the convolutions is not looked at.
 */
export function liftWeights(model: ReadModel, ports: Wav2LipExport): NetworkWeights | undefined {
  const { audioEncoder, faceEncoder, decoder, output } = designFor(ports);
  const groups = new Map<number, ReadNode[]>([
    [MEL, []],
    [FACE, []],
    [MEL | FACE, []],
  ]);
  const sources = new Map([
    [ports.mel, MEL],
    [ports.face, FACE],
  ]);
  for (const node of model.nodes) {
    const source = node.inputs.reduce((bits, name) => bits | (sources.get(name) ?? 0), 0);
    for (const name of node.outputs) sources.set(name, source);
    if (node.operator === 'Conv' || node.operator === 'ConvTranspose')
      groups.get(source)?.push(node);
  }
  const tables: [number, readonly Layer[]][] = [
    [MEL, audioEncoder],
    [FACE, faceEncoder.flat()],
    [MEL | FACE, [...decoder.flat(), ...output]],
  ];
  const weights = new Map<string, LayerWeights>();
  // The decoder's first block hears the sound alone.
  const [heard, joined] = [groups.get(MEL)!, groups.get(MEL | FACE)!];
  joined.unshift(...heard.splice(audioEncoder.length));
  for (const [source, layers] of tables) {
    const nodes = groups.get(source)!;
    if (nodes.length !== layers.length) return undefined;
    for (const [i, layer] of layers.entries()) {
      const lifted = liftLayer(model, layer, nodes[i]);
      if (!lifted) return undefined;
      weights.set(layer.name, lifted);
    }
  }
  return weights;
}

function designFor({ size }: Wav2LipExport): Wav2LipDesign {
  return WAV2LIP_DESIGNS.find((design) => design.size === size)!;
}

function liftLayer(model: ReadModel, layer: Layer, node: ReadNode): LayerWeights | undefined {
  const read = (name: string | undefined): Float32Array | undefined => {
    const tensor = name === undefined ? undefined : model.constants.get(name);
    return tensor && floatsOf(name as string, tensor);
  };
  const [, weightName, biasName] = node.inputs;
  const stored = model.constants.get(weightName ?? '');
  const shape = weightShape(layer);
  const isTransposed = node.operator === 'ConvTranspose';
  if (isTransposed !== (layer.kind === 'transposed') || !isGeometry(layer, node)) return undefined;
  if (!stored || shape.some((size, i) => stored.shape[i] !== size)) return undefined;
  const weight = read(weightName) as Float32Array;
  const bias = biasName ? read(biasName) : new Float32Array(layer.outputs);
  if (bias?.length !== layer.outputs) return undefined;
  const users = model.nodes.filter(({ inputs }) => inputs.includes(node.outputs[0]));
  const [norm] = users;
  if (norm?.operator !== 'BatchNormalization') return { weight, bias };
  const [gain, shift, mean, variance] = norm.inputs.slice(1).map(read);
  if (!gain || !shift || !mean || !variance) return undefined;
  const epsilon = norm.floats.get('epsilon') ?? 1e-5;
  return fold(layer, { weight, bias }, { gain, shift, mean, variance, epsilon });
}

/** True when stride, padding and the rest are the table's. */
function isGeometry(layer: Layer, { integers }: ReadNode): boolean {
  const same = (name: string, expected: readonly number[], usual: number): boolean => {
    const actual = integers.get(name) ?? expected.map(() => usual);
    return actual.length === expected.length && actual.every((value, i) => value === expected[i]);
  };
  const { padding, outputPadding, stride } = layer;
  return (
    same('strides', stride, 1) &&
    same('pads', [padding, padding, padding, padding], 0) &&
    same('output_padding', [outputPadding, outputPadding], 0) &&
    same('dilations', [1, 1], 1) &&
    same('group', [1], 1)
  );
}
