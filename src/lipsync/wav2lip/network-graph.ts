/**
 * ONNX graphs of Wav2Lip: whole, or in two halves so that a still portrait goes through the face
 * encoder once; the decoder may leave out pixels that are not wanted.
 */
import { inputError } from '../../contract';
import { LayerGraph, type NetworkWeights } from '../../ml/onnx/layers';
import {
  isSame,
  levelRegions,
  relativeTo,
  wholeRegion,
  type LevelRegions,
  type Region,
} from './regions';
import type { OnnxGraph, OnnxPort } from '../../ml/onnx/writer';
import { designOf, MEL_SHAPE, type Wav2LipDesign } from './network-table';

/** Name of the open first dimension. */
const BATCH = 'batch';
/** Names of inputs and outputs. */
export const WAV2LIP_PORTS = { mel: 'mel', face: 'face', output: 'output' } as const;

export interface Wav2LipGraphOptions {
  /** `decoder` holds the audio encoder too. */
  part?: 'whole' | 'face-encoder' | 'decoder';
  /**
   * Pixels of the output that are wanted; only these come out, as a smaller picture. Whole graph and
   * decoder. Both halves need the same.
   */
  keep?: Region;
  /** Collects the nodes; one that quantises makes a quantised graph. */
  graph?: LayerGraph;
}

/** Name of the encoder's feature map, 0 (96 × 96) … 6 (1 × 1), between the two halves. */
export function featureName(index: number): string {
  return `feature_${index}`;
}

/**
 * Inputs: `mel` [batch, 1, 80, 16] and `face` [batch, 6, size, size]; output: `output`
 * [batch, 3, rows, columns], 0 to 1 in blue, green, red; size is 96 or 256, as the weights are. The
 * halves pass `feature_0`, `feature_1` …; the decoder takes a batch of them of one, for any number of
 * mel windows, or of as many as there are windows.
 * @throws E_INPUT when `keep` is not inside the picture
 */
export function wav2lipGraph(
  weights: NetworkWeights,
  { part = 'whole', keep, graph = new LayerGraph(weights) }: Wav2LipGraphOptions = {},
): OnnxGraph {
  const design = designOf(weights.keys());
  const { size, faceEncoder, features: maps } = design;
  const kept = keep ?? wholeRegion(size);
  checkRegion(kept, size);
  const regions = decoderRegions(design, kept);
  const shapeOf = (map: number): number[] => {
    const { top, bottom, left, right } = regions.features[map];
    return [maps[map].channels, bottom - top, right - left];
  };
  const { mel, face, output } = WAV2LIP_PORTS;
  const inputs: OnnxPort[] = [];
  const outputs: OnnxPort[] = [];
  if (part !== 'face-encoder') inputs.push({ name: mel, shape: [BATCH, ...MEL_SHAPE] });
  let features: string[];
  if (part === 'decoder') {
    // The maps are inputs, repeated for every mel window.
    const count = graph.add('Gather', [graph.add('Shape', [mel]), graph.integers(0)]);
    const target = graph.add('Concat', [count, graph.integers(1, 1, 1)], {
      axis: { type: 'integer', value: 0 },
    });
    features = faceEncoder.map((layers, i) => {
      inputs.push({ name: featureName(i), shape: ['faces', ...shapeOf(i)] });
      return graph.repeat(featureName(i), target, layers.at(-1)!.name);
    });
  } else {
    inputs.push({ name: face, shape: [BATCH, 6, size, size] });
    let value: string = face;
    features = faceEncoder.map((layers, i) => {
      value = graph.layers(layers, value);
      return cut(graph, value, wholeRegion(maps[i].size), regions.features[i]);
    });
  }
  if (part === 'face-encoder') {
    features.forEach((feature, i) => {
      graph.add('Identity', [graph.float(feature)], {}, featureName(i));
      outputs.push({ name: featureName(i), shape: [BATCH, ...shapeOf(i)] });
    });
  } else {
    decode(graph, design, features, regions, kept);
    const shape = [BATCH, 3, kept.bottom - kept.top, kept.right - kept.left];
    outputs.push({ name: output, shape });
  }
  const { nodes, constants } = graph;
  return { name: `wav2lip ${part}`, inputs, outputs, nodes, constants };
}

/** The parts that the kept pixels need. */
interface Regions {
  /** Of each decoder level, by the index of its block. */
  levels: Map<number, LevelRegions>;
  /** Of each encoder map. */
  features: Region[];
}

function decoderRegions({ decoder, features, size }: Wav2LipDesign, keep: Region): Regions {
  // All but the first two blocks double the size. The last one is followed by the 3 × 3 of the
  // output block, the others only by their own.
  const sizes = decoder.slice(2).map((layers, i, { length }) => ({
    size: size / 2 ** (length - 1 - i),
    convolutions: layers.length - 1 + (i === length - 1 ? 1 : 0),
  }));
  const found = levelRegions(keep, sizes.reverse());
  const levels = new Map(found.map((level, i) => [decoder.length - 1 - i, level]));
  const parts = features.map(({ size: side }, i) => {
    const reader = levels.get(decoder.length - i);
    return i === 0 ? found[0].computed : (reader?.input ?? wholeRegion(side));
  });
  return { levels, features: parts };
}

function decode(
  graph: LayerGraph,
  { audioEncoder, decoder, output, features: maps }: Wav2LipDesign,
  features: readonly string[],
  regions: Regions,
  kept: Region,
): void {
  let value = graph.layers(audioEncoder, WAV2LIP_PORTS.mel);
  let region = wholeRegion(1);
  decoder.forEach((layers, i) => {
    const feature = decoder.length - 1 - i;
    const made = graph.layers(layers, value);
    const wanted = regions.features[feature];
    region = regions.levels.get(i)?.computed ?? wholeRegion(maps[feature].size);
    value = graph.join(cut(graph, made, region, wanted), features[feature]);
    region = wanted;
  });
  const [first, last] = output;
  const wide = cut(graph, graph.layer(first, value), region, kept);
  graph.add('Sigmoid', [graph.float(graph.layer(last, wide))], {}, WAV2LIP_PORTS.output);
}

/** A part of a value that covers `from`; the value itself where both are the same. */
function cut(graph: LayerGraph, value: string, from: Region, to: Region): string {
  return isSame(from, to) ? value : graph.slice(value, relativeTo(from, to));
}

function checkRegion({ top, bottom, left, right }: Region, size: number): void {
  const sides = [top, bottom, left, right];
  const isInside = sides.every((side) => Number.isInteger(side) && side >= 0 && side <= size);
  if (isInside && top < bottom && left < right) return;
  throw inputError(
    'the kept region',
    `rows and columns inside ${size} × ${size} pixels`,
    sides.join(', '),
  );
}
