/** Wav2Lip's decoder in 8 bits for a face; what was measured is kept in the models folder. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { LEAST_PSNR, psnr } from '../../ml/onnx/devices';
import { convolvedName, type Layer, type NetworkWeights } from '../../ml/onnx/layers';
import { scaledRegion, type Region } from './regions';
import { QuantisedGraph, type ValueRange, type ValueRanges } from '../../ml/onnx/quantise';
import { openNetwork, type Tensor } from '../../ml/onnx/session';
import { writeModel, type OnnxGraph } from '../../ml/onnx/writer';
import { readCached, writeCached } from '../../ml/onnx/cache';
import { SILENCE } from './mel';
import {
  regionText,
  storedWeights,
  type StoredWav2LipOptions,
  type Wav2LipFile,
} from './model-file';
import { featureName, wav2lipGraph, WAV2LIP_PORTS } from './network-graph';
import { designOf, type Wav2LipDesign } from './network-table';
import { WINDOW_COLUMNS, WINDOW_VALUES } from './windows';

/** Raise it when the same weights and face would give other ranges or another graph. */
const VERSION = 1;

/** The encoder's maps of faces, by their names. */
export type Features = Readonly<Record<string, Tensor>>;

interface Calibration {
  ranges: Map<string, ValueRange>;
  /** dB of the 8-bit decoder against fp32 on the calibration frames. */
  psnr: number;
}

interface Int8Options extends StoredWav2LipOptions {
  /** The decoder in fp32, as it is stored. */
  decoder: Buffer;
  /** What is wanted of the picture, in pixels of one of 96 × 96. */
  keep: Region;
  /** The face that is calibrated on, 6 × size × size, and its maps. */
  face: Float32Array;
  features: Features;
  threads?: number;
}

/**
 * The decoder in 8 bits. Weights are rounded anew in every process, which takes less than reading
 * them; the ranges of a face are measured once.
 * @throws E_MODEL_INVALID when it comes out too far from fp32, E_PATH, E_DISK
 */
export async function int8Wav2Lip(
  { sha256 }: Wav2LipFile,
  options: Int8Options,
): Promise<{ decoder: Buffer; psnr: number }> {
  const { decoder, keep, face, features, threads, modelsFolder, onPreparing } = options;
  const { design, weights } = storedWeights(decoder);
  const region = scaledRegion(keep, design.size);
  const bytes = new Uint8Array(face.buffer, face.byteOffset, face.byteLength);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  // All that the ranges depend on.
  const name = `wav2lip-int8-${regionText(keep)}-${sha256.slice(0, 16)}-${digest}-v${VERSION}.json`;
  const place = path.join(modelsFolder, name);
  const needed = [...rangedValues(weights), ...Object.keys(features)];
  let calibration = parse(await readCached(place), needed);
  if (!calibration) {
    onPreparing?.('the 8-bit model for this face');
    calibration = await calibrate(weights, region, features, threads);
    const list = [...calibration.ranges].map(([key, { least, most }]) => [key, least, most]);
    await writeCached(place, Buffer.from(JSON.stringify({ psnr: calibration.psnr, ranges: list })));
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

/**
 * 7 bits and a sign would be 8. One is left out because processors without VNNI add two products of
 * 8 bits in 16 and overflow; it costs 1.6 dB with seeded weights, and every machine gives the same.
 */
const WEIGHT_BITS = 7;

/** Added to what was measured, so that other frames than those are not cut off. */
const HEADROOM = 1.1;

/** Values of the decoder whose ranges are needed, by the name that they have in its graph. */
export function rangedValues(weights: NetworkWeights): string[] {
  const { decoder, audioEncoder, output } = designOf(weights.keys());
  const layers = [...decoder.flat(), output[0]];
  return [
    audioEncoder.at(-1)!.name,
    ...layers.map(({ name }) => name),
    ...layers.filter(({ residual }) => residual).map(convolvedName),
  ];
}

/**
 * The decoder in 8 bits. Its sound encoder stays in floating point: it is 2 % of the arithmetic and
 * decides what is said; so does the last layer, whose rounding would be seen as bands.
 * @param weights of the decoder at least
 * @param ranges of {@link rangedValues}, and of the feature maps by their names in the graph
 */
export function int8Decoder(weights: NetworkWeights, keep: Region, ranges: ValueRanges): OnnxGraph {
  const design = designOf(weights.keys());
  const floats = new Set<Layer>([...design.audioEncoder, design.output.at(-1)!]);
  const graph = new QuantisedGraph(weights, {
    ranges: widened(design, ranges),
    weightBits: WEIGHT_BITS,
    isFloat: (layer) => floats.has(layer),
  });
  return wav2lipGraph(weights, { part: 'decoder', keep, graph });
}

/** With headroom; what lies side by side in one value has one range. */
function widened({ decoder, faceEncoder }: Wav2LipDesign, ranges: ValueRanges): ValueRanges {
  const result = new Map(ranges);
  decoder.forEach((layers, i) => {
    const feature = decoder.length - 1 - i;
    const range = { least: Infinity, most: -Infinity };
    for (const name of [layers.at(-1)!.name, featureName(feature)]) {
      const { least, most } = ranges.get(name)!;
      range.least = Math.min(range.least, least);
      range.most = Math.max(range.most, most);
    }
    result.set(layers.at(-1)!.name, range);
    // In the graph a feature map has the name of the layer that made it.
    result.set(faceEncoder[feature].at(-1)!.name, range);
  });
  for (const [name, { least, most }] of result) {
    result.set(name, { least: least * HEADROOM, most: most * HEADROOM });
  }
  return result;
}

/**
 * Runs the decoder on {@link calibrationSound} with one face, then the 8-bit one that comes of it.
 * @param weights of the decoder
 * @param keep what is wanted of the picture, in its own pixels
 */
async function calibrate(
  weights: NetworkWeights,
  keep: Region,
  features: Features,
  threads: number | undefined,
): Promise<Calibration> {
  const names = rangedValues(weights);
  const graph = wav2lipGraph(weights, { part: 'decoder', keep });
  const taps = names.map((name) => ({ name, shape: ['n', 'c', 'h', 'w'] }));
  const ranges = new Map<string, ValueRange>();
  for (const [name, { data }] of Object.entries(features)) widen(ranges, name, data);
  const tapped = { ...graph, outputs: [...graph.outputs, ...taps] };
  const wanted = await pictures(tapped, features, threads, (outputs) => {
    for (const name of names) widen(ranges, name, outputs[name].data);
  });
  const quantised = int8Decoder(weights, keep, ranges);
  const found = await pictures(quantised, features, threads, () => undefined);
  return { ranges, psnr: psnr(wanted, found) };
}

/** The picture of every calibration window. @param see is told of every run's outputs */
async function pictures(
  graph: OnnxGraph,
  features: Features,
  threads: number | undefined,
  see: (outputs: Record<string, Tensor>) => void,
): Promise<Float32Array> {
  const sound = calibrationSound();
  const network = await openNetwork(writeModel(graph), {
    device: 'cpu',
    ...(threads && { threads }),
  });
  try {
    const found: Float32Array[] = [];
    for (let i = 0; i < CALIBRATION_WINDOWS; i++) {
      const data = sound.subarray(i * WINDOW_VALUES, (i + 1) * WINDOW_VALUES);
      const mel = { data, shape: [1, 1, 80, 16] };
      const outputs = await network.run({ [WAV2LIP_PORTS.mel]: mel, ...features });
      see(outputs);
      found.push(outputs[WAV2LIP_PORTS.output].data);
    }
    const all = new Float32Array(found.length * found[0].length);
    found.forEach((picture, i) => all.set(picture, i * picture.length));
    return all;
  } finally {
    await network.release();
  }
}

function widen(ranges: Map<string, ValueRange>, name: string, values: Float32Array): void {
  let { least, most } = ranges.get(name) ?? { least: 0, most: 0 };
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < least) least = value;
    if (value > most) most = value;
  }
  ranges.set(name, { least, most });
}

/** Values of the mel spectrogram. */
const [SILENT, LOUD] = [SILENCE, -SILENCE];

interface Sound {
  /** Mel bands of its formants, or where its noise lies. */
  peaks: readonly number[];
  /** Bands that a peak is wide. */
  width: number;
  /** Fall from band to band. */
  tilt: number;
  /** Bands between two harmonics; 0 for noise. */
  harmonics: number;
}

/** Formants of a, e, i, o, u (Peterson and Barney 1952) as mel bands. */
const VOWELS = [
  [18, 28, 49],
  [12, 42, 50],
  [5, 48, 56],
  [13, 21, 49],
  [6, 22, 47],
];

const SOUNDS: readonly Sound[] = [
  ...VOWELS.map((peaks) => ({ peaks, width: 4, tilt: 0.035, harmonics: 2.2 })),
  ...VOWELS.map((peaks) => ({
    peaks: peaks.map((p) => p + 2),
    width: 5,
    tilt: 0.03,
    harmonics: 4,
  })),
  { peaks: [72], width: 12, tilt: 0, harmonics: 0 },
  { peaks: [60], width: 9, tilt: 0, harmonics: 0 },
];

/** Loudness of the sounds in turn: added to the spectrogram. */
const LOUDNESS = [0, 1.2, -1.2, 2, 0.6];

/** Number of windows in {@link calibrationSound}. */
const CALIBRATION_WINDOWS = SOUNDS.length + 2;

/**
 * Mel windows of 80 × 16 one after the other, on which 8-bit networks are calibrated: made-up speech,
 * so that the ranges of a face do not depend on what it says first and one calibration serves all
 * that it will ever say. Vowels of two voices, hisses, bursts, soft to loud, each beginning and
 * ending; then silence, then noise.
 */
export function calibrationSound(): Float32Array {
  const windows = new Float32Array(CALIBRATION_WINDOWS * WINDOW_VALUES).fill(SILENT);
  SOUNDS.forEach((sound, i) => {
    const next = SOUNDS[(i + 1) % SOUNDS.length];
    const window = windows.subarray(i * WINDOW_VALUES, (i + 1) * WINDOW_VALUES);
    const loudness = LOUDNESS[i % LOUDNESS.length];
    for (let at = 0; at < WINDOW_VALUES; at++) {
      const [band, column] = [Math.floor(at / WINDOW_COLUMNS), at % WINDOW_COLUMNS];
      // A second sound takes over in every window, later and later.
      const first = level(sound, band, loudness) * swell(column - i, 9);
      const second = level(next, band, loudness) * swell(column - i - 8, 7);
      window[at] = Math.min(LOUD, SILENT + Math.max(first, second));
    }
  });
  const noise = windows.subarray(-WINDOW_VALUES);
  for (let at = 0; at < WINDOW_VALUES; at++) noise[at] = 1.5 * Math.sin(at * at * 0.7);
  return windows;
}

/** Above silence. */
function level({ peaks, width, tilt, harmonics }: Sound, band: number, loudness: number): number {
  const resonance = Math.max(...peaks.map((peak) => Math.exp(-(((band - peak) / width) ** 2))));
  const ripple = harmonics ? 0.5 * Math.cos((2 * Math.PI * band) / harmonics) : 0;
  const ground = harmonics ? 2.2 : 0.8;
  return Math.max(0, ground + loudness + 3 * resonance + ripple - tilt * band);
}

/** Rises and falls in so many columns; comes again after a pause. */
function swell(column: number, length: number): number {
  const at = ((column % 20) + 20) % 20;
  return at < length ? Math.sin((Math.PI * (at + 0.5)) / length) ** 0.5 : 0;
}
