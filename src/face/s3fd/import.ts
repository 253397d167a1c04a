/** The user's own S3FD checkpoint as an ONNX graph: made at the first use, then kept. */
import path from 'node:path';
import { writeModel } from '../../ml/onnx/writer';
import { checkTensors, type Tensors } from '../../ml/onnx/layers';
import { s3fdGraph, s3fdTable } from './graph';
import { Checkpoint } from '../../ml/checkpoint/checkpoint';
import { publish, readIfThere, type StoreOptions, isIntact, seal } from '../../ml/tfjs/converted';

/** Raise it when the same weights would give another graph. */
const VERSION = 1;

/**
 * The bytes of the ONNX file; see `s3fdGraph` for its inputs and outputs.
 * @throws E_MODEL_INVALID for a checkpoint of another network, E_PATH or E_DISK when the folder
 *   cannot be written
 */
export async function storedS3fd(
  file: { path: string; sha256: string },
  { modelsFolder, onPreparing }: StoreOptions,
): Promise<Buffer> {
  const kept = path.join(modelsFolder, `s3fd-${file.sha256.slice(0, 16)}-v${VERSION}.onnx`);
  const bytes = await readIfThere(kept);
  if (bytes && isIntact(bytes)) return bytes;
  onPreparing?.('converting s3fd');
  const made = seal(writeModel(s3fdGraph(await readTensors(file.path))));
  await publish(kept, made);
  return made;
}

async function readTensors(file: string): Promise<Tensors> {
  const checkpoint = await Checkpoint.open(file);
  try {
    const table = s3fdTable();
    // Before any number is read, so that another network's file is refused at once.
    checkTensors('S3FD', table, checkpoint.shapes);
    const tensors = new Map();
    for (const name of table.keys()) tensors.set(name, await checkpoint.read(name));
    return tensors;
  } finally {
    await checkpoint.close();
  }
}
