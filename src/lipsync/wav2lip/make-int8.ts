/** Wav2Lip's decoder in 8 bits for a face; what was measured is kept in the models folder. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { LEAST_PSNR } from '../../ml/onnx/best-device';
import { writeModel } from '../../ml/onnx/writer';
import { designOf } from './network-table';
import { int8Decoder, rangedValues } from './network-int8';
import { ownWeights } from '../../ml/onnx/own-weights';
import { scaledRegion, type Region } from '../../ml/onnx/regions';
import type { ValueRange } from '../../ml/onnx/quantised-graph';
import { readModel } from '../../ml/onnx/read/model';
import { publish, readIfThere } from '../../ml/tfjs/converted';
import { calibrate, type Calibration, type Features } from './calibrate';
import type { StoredWav2LipOptions, Wav2LipFile } from './stored';

/** Raise it when the same weights and face would give other ranges or another graph. */
const VERSION = 1;

export interface Int8Options extends StoredWav2LipOptions {
  /** The decoder in fp32, as it is stored. */
  decoder: Buffer;
  /** What is wanted of the picture, in pixels of one of 96 × 96. */
  keep: Region;
  /** The face that is calibrated on, 6 × size × size, and its maps. */
  face: Float32Array;
  features: Features;
  threads?: number;
}

export interface Int8Wav2Lip {
  decoder: Buffer;
  /** dB against fp32 on the calibration frames. */
  psnr: number;
}

/**
 * The decoder in 8 bits. Weights are rounded anew in every process, which takes less than reading
 * them; the ranges of a face are measured once.
 * @throws E_MODEL_INVALID when it comes out too far from fp32, E_PATH, E_DISK
 */
export async function int8Wav2Lip(file: Wav2LipFile, options: Int8Options): Promise<Int8Wav2Lip> {
  const { decoder, keep, face, features, threads, modelsFolder, onPreparing } = options;
  const model = readModel(decoder);
  const names = model.nodes.flatMap(({ outputs }) => outputs);
  const design = designOf(names);
  const weights = ownWeights(model, design.layers);
  const region = scaledRegion(keep, design.size);
  const place = path.join(modelsFolder, nameOf(file, keep, face));
  const needed = [...rangedValues(weights), ...Object.keys(features)];
  let calibration = parse(await readIfThere(place), needed);
  if (!calibration) {
    onPreparing?.('the 8-bit model for this face');
    calibration = await calibrate(weights, region, features, threads);
    await publish(place, Buffer.from(stringify(calibration)));
  }
  const { psnr, ranges } = calibration;
  if (psnr < LEAST_PSNR) {
    throw new LipwireError(
      'E_MODEL_INVALID',
      `Expected the model in 8 bits to agree with fp32 to ${LEAST_PSNR} dB but it does to ` +
        `${psnr.toFixed(1)} dB only; choose fp32 for the precision.`,
    );
  }
  return { decoder: writeModel(int8Decoder(weights, region, ranges)), psnr };
}

/** Of everything that the ranges depend on. */
function nameOf({ sha256 }: Wav2LipFile, keep: Region, face: Float32Array): string {
  const bytes = new Uint8Array(face.buffer, face.byteOffset, face.byteLength);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const place = [keep.top, keep.bottom, keep.left, keep.right].join('.');
  return `wav2lip-int8-${place}-${sha256.slice(0, 16)}-${digest}-v${VERSION}.json`;
}

function stringify({ psnr, ranges }: Calibration): string {
  const list = [...ranges].map(([name, { least, most }]) => [name, least, most]);
  return JSON.stringify({ psnr, ranges: list });
}

/** Undefined for a file that is absent, damaged, or lacks something. */
function parse(bytes: Buffer | undefined, needed: readonly string[]): Calibration | undefined {
  if (!bytes) return undefined;
  try {
    const { psnr, ranges } = JSON.parse(bytes.toString('utf8')) as {
      psnr: number;
      ranges: [string, number, number][];
    };
    const found = new Map(
      ranges.map(([name, least, most]): [string, ValueRange] => [name, { least, most }]),
    );
    const isWhole = needed.every((name) => {
      const range = found.get(name);
      return range && Number.isFinite(range.least) && Number.isFinite(range.most);
    });
    return Number.isFinite(psnr) && isWhole ? { psnr, ranges: found } : undefined;
  } catch {
    return undefined;
  }
}
