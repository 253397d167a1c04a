/** What an 8-bit decoder needs to know of a face: the range of every value, measured in fp32. */
import { openNetwork, type Tensor } from '../../ml/onnx/session';
import { psnr } from '../../ml/onnx/psnr';
import { writeModel, type OnnxGraph } from '../../ml/onnx/writer';
import { int8Decoder, rangedValues } from './network-int8';
import { WAV2LIP_PORTS, wav2lipGraph } from './network-graph';
import type { NetworkWeights } from '../../ml/onnx/layers';
import type { Region } from '../../ml/onnx/regions';
import type { ValueRange } from '../../ml/onnx/quantised-graph';
import { CALIBRATION_WINDOWS, calibrationSound } from './calibration-sound';

export interface Calibration {
  ranges: Map<string, ValueRange>;
  /** dB of the 8-bit decoder against fp32 on the calibration frames. */
  psnr: number;
}

/** The encoder's maps of one face, by their names. */
export type Features = Readonly<Record<string, Tensor>>;

const WINDOW = 80 * 16;

/**
 * Runs the decoder on {@link calibrationSound} with one face, then the 8-bit one that comes of it.
 * @param weights of the decoder
 * @param keep what is wanted of the picture, in its own pixels
 */
export async function calibrate(
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
      const data = sound.subarray(i * WINDOW, (i + 1) * WINDOW);
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
