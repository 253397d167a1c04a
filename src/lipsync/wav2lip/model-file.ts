/**
 * A user's own Wav2Lip file, whatever its kind, as the graphs that are run: made at the first use,
 * then kept in the models folder; or run as it is.
 */
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { toLipwireError } from '../../contract';
import { Checkpoint } from '../../ml/checkpoint/checkpoint';
import {
  fold,
  weightShape,
  type Layer,
  type LayerWeights,
  type NetworkWeights,
  ownWeights,
} from '../../ml/onnx/layers';
import { halfPrecision, writeModel } from '../../ml/onnx/writer';
import {
  invalidOnnx,
  readModel,
  type ReadModel,
  type ReadNode,
  type ReadPort,
  floatsOf,
} from '../../ml/onnx/read';
import { scaledRegion, type Region } from './regions';
import { openNetwork } from '../../ml/onnx/session';
import { readSealed, seal, writeCached } from '../../ml/onnx/cache';
import { WAV2LIP_PORTS, wav2lipGraph } from './network-graph';
import {
  designOf,
  recogniseWav2Lip,
  WAV2LIP_256,
  WAV2LIP_96,
  WAV2LIP_DESIGNS,
  wav2lipTable,
  wav2lipWeights,
  type Wav2LipDesign,
} from './network-table';

/** Raise it when the same weights would give other graphs. */
const VERSION = 2;

/** The user's own file. */
export interface Wav2LipFile {
  path: string;
  sha256: string;
}

export interface StoredWav2LipOptions {
  /** Where the graphs are kept. */
  modelsFolder: string;
  /** Called before work that takes a moment, with what it is. */
  onPreparing?: (what: string) => void;
}

/** An ONNX file that is run as it is: quantised, or built in a way of its own. */
interface PlainWav2Lip {
  kind: 'plain';
  bytes: Buffer;
  ports: Wav2LipExport;
  /** Why its weights are not taken. */
  reason: string;
}

export type StoredWav2Lip =
  /** ONNX files of the face encoder, and of all the rest. */
  { kind: 'split'; encoder: Buffer; decoder: Buffer } | PlainWav2Lip;

const PARTS = ['face-encoder', 'decoder'] as const;

/**
 * @param keep rows and columns that are wanted of the network's picture, in pixels of one of 96 × 96
 * @throws E_MODEL_INVALID, E_PATH or E_DISK when the folder cannot be written
 */
export async function storedWav2Lip(
  file: Wav2LipFile,
  keep: Region,
  { modelsFolder, onPreparing }: StoredWav2LipOptions,
): Promise<StoredWav2Lip> {
  const fileOf = (part: string): string => {
    const name = `wav2lip-${part}-${regionText(keep)}-${file.sha256.slice(0, 16)}-v${VERSION}.onnx`;
    return path.join(modelsFolder, name);
  };
  const [encoder, decoder] = await Promise.all(PARTS.map((part) => readSealed(fileOf(part))));
  if (encoder && decoder) {
    return { kind: 'split', encoder, decoder };
  }
  onPreparing?.('the Wav2Lip model');
  const imported = await importWav2Lip(file.path);
  if (imported.kind === 'plain') return imported;
  const { weights } = imported;
  const region = scaledRegion(keep, designOf(weights.keys()).size);
  const made: Buffer[] = [];
  for (const part of PARTS) {
    const bytes = seal(writeModel(wav2lipGraph(weights, { part, keep: region })));
    await writeCached(fileOf(part), bytes);
    made.push(bytes);
  }
  return { kind: 'split', encoder: made[0], decoder: made[1] };
}

/** A region as part of a file's name. */
export function regionText({ top, bottom, left, right }: Region): string {
  return [top, bottom, left, right].join('.');
}

/** The weights in a decoder that {@link storedWav2Lip} made, and those of its encoder if given. */
export function storedWeights(
  decoder: Buffer,
  encoder?: Buffer,
): { design: Wav2LipDesign; weights: NetworkWeights } {
  const model = readModel(decoder);
  const design = designOf(model.nodes.flatMap(({ outputs }) => outputs));
  const encoderWeights = encoder ? ownWeights(readModel(encoder), design.layers) : [];
  return { design, weights: new Map([...encoderWeights, ...ownWeights(model, design.layers)]) };
}

/** The same graphs in half precision, for a GPU. They are made anew in every process. */
export function halfWav2Lip({ encoder, decoder }: StoredWav2Lip & { kind: 'split' }, keep: Region) {
  const { design, weights } = storedWeights(decoder, encoder);
  const region = scaledRegion(keep, design.size);
  const made = PARTS.map((part) =>
    writeModel(halfPrecision(wav2lipGraph(weights, { part, keep: region }))),
  );
  return { encoder: made[0], decoder: made[1] };
}

export type ImportedWav2Lip =
  /** From a checkpoint, or lifted out of an ONNX file: all our graphs can be made. */
  { kind: 'weights'; from: 'checkpoint' | 'onnx'; weights: NetworkWeights } | PlainWav2Lip;

/** Largest difference between an export and our graph with its weights, out of 0…1. */
const AGREEMENT = 1e-3;

/**
 * @param file a PyTorch checkpoint or an ONNX file, recognised by its content
 * @throws E_MODEL_INVALID saying what was found, E_PATH when the file cannot be read
 */
export async function importWav2Lip(file: string): Promise<ImportedWav2Lip> {
  if (await isCheckpoint(file)) {
    return { kind: 'weights', from: 'checkpoint', weights: await fromCheckpoint(file) };
  }
  const bytes = await readFile(file);
  const model = readModel(bytes);
  const ports = bindWav2Lip(model);
  const plain = (reason: string): PlainWav2Lip => ({ kind: 'plain', bytes, ports, reason });
  const weights = liftWeights(model, ports);
  if (!weights) return plain('its layers are not those of the original');
  if (!(await agree(bytes, ports, weights))) return plain('it computes something else');
  return { kind: 'weights', from: 'onnx', weights };
}

/** PyTorch's files begin as a zip archive or as a pickle; ONNX files do neither. */
async function isCheckpoint(file: string): Promise<boolean> {
  const start = Buffer.alloc(2);
  try {
    const handle = await open(file, 'r');
    await handle.read(start, 0, 2, 0).finally(() => handle.close());
  } catch (error) {
    throw toLipwireError(error);
  }
  return start.toString('latin1') === 'PK' || start[0] === 0x80;
}

async function fromCheckpoint(file: string): Promise<NetworkWeights> {
  const checkpoint = await Checkpoint.open(file);
  try {
    // Before any number is read, so that another network's file is refused at once.
    const design = recogniseWav2Lip(checkpoint.shapes);
    const tensors = new Map();
    for (const name of wav2lipTable(design).keys()) tensors.set(name, await checkpoint.read(name));
    return wav2lipWeights(tensors);
  } finally {
    await checkpoint.close();
  }
}

/** Runs both on one made-up frame. */
async function agree(
  bytes: Buffer,
  ports: Wav2LipExport,
  weights: NetworkWeights,
): Promise<boolean> {
  const { size } = ports;
  const mel = { data: waves(1280, 4), shape: [1, 1, 80, 16] };
  const face = { data: waves(6 * size * size, 0.5, 0.5), shape: [1, 6, size, size] };
  const run = async (model: Uint8Array, names: { mel: string; face: string; output: string }) => {
    const network = await openNetwork(model);
    try {
      const results = await network.run({ [names.mel]: mel, [names.face]: face });
      return results[names.output]?.data ?? new Float32Array(0);
    } finally {
      await network.release();
    }
  };
  const theirs = await run(bytes, ports);
  const ours = await run(writeModel(wav2lipGraph(weights)), WAV2LIP_PORTS);
  if (ours.length !== theirs.length) return false;
  return ours.every((value, i) => Math.abs(value - theirs[i]) <= AGREEMENT);
}

function waves(length: number, size: number, centre = 0): Float32Array {
  return Float32Array.from({ length }, (_, i) => centre + size * Math.sin(i * 0.37 + i * i * 1e-5));
}

/** Which input and output of an ONNX export by others is which. */
interface Wav2LipExport {
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
  const design = ports.size === 256 ? WAV2LIP_256 : WAV2LIP_96;
  const { audioEncoder, faceEncoder, decoder, output } = design;
  // What each value depends on, and the convolutions by it.
  const sources = new Map([
    [ports.mel, MEL],
    [ports.face, FACE],
  ]);
  const convolutions: ReadNode[][] = [[], [], [], []];
  for (const node of model.nodes) {
    const source = node.inputs.reduce((bits, name) => bits | (sources.get(name) ?? 0), 0);
    for (const name of node.outputs) sources.set(name, source);
    if (node.operator === 'Conv' || node.operator === 'ConvTranspose') {
      convolutions[source].push(node);
    }
  }
  // The decoder's first block hears the sound alone.
  const ofSound = convolutions[MEL].splice(audioEncoder.length);
  const tables: [ReadNode[], readonly Layer[]][] = [
    [convolutions[MEL], audioEncoder],
    [convolutions[FACE], faceEncoder.flat()],
    [
      [...ofSound, ...convolutions[MEL | FACE]],
      [...decoder.flat(), ...output],
    ],
  ];
  const weights = new Map<string, LayerWeights>();
  for (const [nodes, layers] of tables) {
    if (nodes.length !== layers.length) return undefined;
    for (const [i, layer] of layers.entries()) {
      const lifted = liftLayer(model, layer, nodes[i]);
      if (!lifted) return undefined;
      weights.set(layer.name, lifted);
    }
  }
  return weights;
}

function liftLayer(model: ReadModel, layer: Layer, node: ReadNode): LayerWeights | undefined {
  const read = (name: string | undefined): Float32Array | undefined => {
    const tensor = name === undefined ? undefined : model.constants.get(name);
    return tensor && floatsOf(name ?? '', tensor);
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
