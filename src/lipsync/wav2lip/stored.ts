/** A user's Wav2Lip as the graphs that are run: made at the first use, then kept in the models folder. */
import path from 'node:path';
import { halfPrecision } from '../../ml/onnx/half';
import { writeModel } from '../../ml/onnx/writer';
import { designOf } from './network-table';
import { ownWeights } from '../../ml/onnx/own-weights';
import { scaledRegion, type Region } from '../../ml/onnx/regions';
import { wav2lipGraph } from './network-graph';
import type { Wav2LipExport } from './network-export';
import { readModel } from '../../ml/onnx/read/model';
import { publish, readIfThere } from '../../ml/tfjs/converted';
import { isIntact, seal } from '../../ml/tfjs/seal';
import { importWav2Lip } from './import';

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

export type StoredWav2Lip =
  /** ONNX files of the face encoder, and of all the rest. */
  | { kind: 'split'; encoder: Buffer; decoder: Buffer }
  /** The user's ONNX file, which is run as it is. */
  | { kind: 'plain'; bytes: Buffer; ports: Wav2LipExport; reason: string };

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
  const place = [keep.top, keep.bottom, keep.left, keep.right].join('.');
  const fileOf = (part: string): string => {
    const name = `wav2lip-${part}-${place}-${file.sha256.slice(0, 16)}-v${VERSION}.onnx`;
    return path.join(modelsFolder, name);
  };
  const kept: Buffer[] = [];
  for (const part of PARTS) {
    const bytes = await readIfThere(fileOf(part));
    if (bytes && isIntact(bytes)) kept.push(bytes);
  }
  const [encoder, decoder] = kept;
  if (encoder && decoder) return { kind: 'split', encoder, decoder };
  onPreparing?.('the Wav2Lip model');
  const imported = await importWav2Lip(file.path);
  if (imported.kind === 'plain') return imported;
  const { weights } = imported;
  const region = scaledRegion(keep, designOf(weights.keys()).size);
  const made: Buffer[] = [];
  for (const part of PARTS) {
    const bytes = seal(writeModel(wav2lipGraph(weights, { part, keep: region })));
    await publish(fileOf(part), bytes);
    made.push(bytes);
  }
  return { kind: 'split', encoder: made[0], decoder: made[1] };
}

/** The same graphs in half precision, for a GPU. They are made anew in every process. */
export function halfWav2Lip(stored: StoredWav2Lip & { kind: 'split' }, keep: Region) {
  const models = { encoder: readModel(stored.encoder), decoder: readModel(stored.decoder) };
  const { layers, size } = designOf(models.decoder.nodes.flatMap(({ outputs }) => outputs));
  const [encoder, decoder] = [models.encoder, models.decoder].map((model) =>
    ownWeights(model, layers),
  );
  const weights = new Map([...encoder, ...decoder]);
  const region = scaledRegion(keep, size);
  const made = PARTS.map((part) =>
    writeModel(halfPrecision(wav2lipGraph(weights, { part, keep: region }))),
  );
  return { encoder: made[0], decoder: made[1] };
}
