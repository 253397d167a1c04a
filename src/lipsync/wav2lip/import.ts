/** A user's own Wav2Lip file, whatever its kind, as weights for our graphs, or as it is. */
import { open, readFile } from 'node:fs/promises';
import { toLipwireError } from '../../contract';
import { openNetwork, type Network } from '../../ml/onnx/session';
import { writeModel } from '../../ml/onnx/writer';
import { bindWav2Lip, liftWeights, type Wav2LipExport } from './network-export';
import { WAV2LIP_PORTS, wav2lipGraph } from './network-graph';
import { recogniseWav2Lip, wav2lipTable, wav2lipWeights } from './network';
import type { NetworkWeights } from '../../ml/onnx/layers';
import { readModel } from '../../ml/onnx/read/model';
import { Checkpoint } from '../../ml/checkpoint/checkpoint';

export type ImportedWav2Lip =
  /** From a checkpoint, or lifted out of an ONNX file: all our graphs can be made. */
  | { kind: 'weights'; from: 'checkpoint' | 'onnx'; weights: NetworkWeights }
  /** An ONNX file that is run as it is: quantised, or built in a way of its own. */
  | { kind: 'plain'; bytes: Buffer; ports: Wav2LipExport; reason: string };

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
  const plain = (reason: string): ImportedWav2Lip => ({ kind: 'plain', bytes, ports, reason });
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
  const mel = { data: waves(1280, 4), shape: [1, 1, 80, 16] };
  const { size } = ports;
  const face = { data: waves(6 * size * size, 0.5, 0.5), shape: [1, 6, size, size] };
  const theirs = await runOnce(bytes, { [ports.mel]: mel, [ports.face]: face }, ports.output);
  const inputs = { [WAV2LIP_PORTS.mel]: mel, [WAV2LIP_PORTS.face]: face };
  const ours = await runOnce(writeModel(wav2lipGraph(weights)), inputs, WAV2LIP_PORTS.output);
  if (ours.length !== theirs.length) return false;
  return ours.every((value, i) => Math.abs(value - theirs[i]) <= AGREEMENT);
}

async function runOnce(
  bytes: Buffer,
  inputs: Parameters<Network['run']>[0],
  output: string,
): Promise<Float32Array> {
  const network = await openNetwork(bytes);
  try {
    return (await network.run(inputs))[output]?.data ?? new Float32Array(0);
  } finally {
    await network.release();
  }
}

function waves(length: number, size: number, centre = 0): Float32Array {
  return Float32Array.from({ length }, (_, i) => centre + size * Math.sin(i * 0.37 + i * i * 1e-5));
}
