/**
 * ONNX graphs of Wav2Lip: whole, or in two halves so that a still portrait goes through the face
 * encoder once; the decoder may leave out what nobody looks at.
 */
import { inputError } from '../../media';
import type { OnnxGraph, OnnxPort } from '../writer';
import { LayerGraph } from './layer-graph';
import type { NetworkWeights } from './layers';
import {
  isSame,
  levelRegions,
  relativeTo,
  wholeRegion,
  type LevelRegions,
  type Region,
} from './regions';
import {
  AUDIO_ENCODER,
  DECODER,
  FACE_ENCODER,
  FACE_SIZE,
  FEATURES,
  MEL_SHAPE,
  OUTPUT,
} from './wav2lip-table';

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
}

/** Name of the encoder's feature map, 0 (96 × 96) … 6 (1 × 1), between the two halves. */
export function featureName(index: number): string {
  return `feature_${index}`;
}

/**
 * Inputs: `mel` [batch, 1, 80, 16] and `face` [batch, 6, 96, 96]; output: `output`
 * [batch, 3, rows, columns], 0 to 1 in blue, green, red. The halves pass `feature_0` … `feature_6`;
 * the decoder takes one batch of them for any number of mel windows.
 * @throws E_INPUT when `keep` is not inside the picture
 */
export function wav2lipGraph(
  weights: NetworkWeights,
  { part = 'whole', keep = wholeRegion(FACE_SIZE) }: Wav2LipGraphOptions = {},
): OnnxGraph {
  checkRegion(keep);
  const graph = new LayerGraph(weights);
  const regions = decoderRegions(keep);
  const inputs: OnnxPort[] = [];
  const outputs: OnnxPort[] = [];
  const isDecoder = part === 'decoder';
  if (part !== 'face-encoder') {
    inputs.push({ name: WAV2LIP_PORTS.mel, shape: [BATCH, ...MEL_SHAPE] });
  }
  const features = isDecoder
    ? featureInputs(graph, inputs, regions)
    : encode(graph, inputs, regions);
  if (part === 'face-encoder') {
    features.forEach((feature, i) => {
      const name = featureName(i);
      graph.add('Identity', [feature], {}, name);
      outputs.push({ name, shape: [BATCH, ...featureShape(i, regions)] });
    });
  } else {
    decode(graph, features, regions, keep);
    const shape = [BATCH, 3, keep.bottom - keep.top, keep.right - keep.left];
    outputs.push({ name: WAV2LIP_PORTS.output, shape });
  }
  const { nodes, constants } = graph;
  return { name: `wav2lip ${part}`, inputs, outputs, nodes, constants };
}

/** What each encoder map, and the picture at the end, needs to have. */
interface Regions {
  /** Decoder level by the index of its block. */
  levels: Map<number, LevelRegions>;
  /** Read part of each encoder map. */
  features: Region[];
}

function decoderRegions(keep: Region): Regions {
  // The last block is followed by the 3 × 3 of the output block, the others only by their own.
  const sizes = [
    { size: 96, convolutions: 3 },
    { size: 48, convolutions: 2 },
    { size: 24, convolutions: 2 },
    { size: 12, convolutions: 2 },
    { size: 6, convolutions: 2 },
  ];
  const found = levelRegions(keep, sizes);
  const levels = new Map(found.map((level, i) => [DECODER.length - 1 - i, level]));
  const features = FEATURES.map(({ size }, i) => {
    const reader = levels.get(DECODER.length - i);
    return i === 0 ? found[0]!.computed : (reader?.input ?? wholeRegion(size));
  });
  return { levels, features };
}

function featureShape(index: number, { features }: Regions): number[] {
  const { top, bottom, left, right } = features[index]!;
  return [FEATURES[index]!.channels, bottom - top, right - left];
}

/** The face encoder; its maps cut to what the decoder reads. */
function encode(graph: LayerGraph, inputs: OnnxPort[], { features }: Regions): string[] {
  const { face } = WAV2LIP_PORTS;
  inputs.push({ name: face, shape: [BATCH, 6, FACE_SIZE, FACE_SIZE] });
  let value: string = face;
  const maps = FACE_ENCODER.map((layers, i) => {
    return (value = graph.layers(layers, value, `face_encoder_blocks.${i}`));
  });
  return maps.map((map, i) => cut(graph, map, wholeRegion(FEATURES[i]!.size), features[i]!));
}

/** The maps as inputs, repeated for every mel window. */
function featureInputs(graph: LayerGraph, inputs: OnnxPort[], regions: Regions): string[] {
  const shape = graph.add('Shape', [WAV2LIP_PORTS.mel]);
  const count = graph.add('Gather', [shape, graph.integers(0)]);
  const target = graph.add('Concat', [count, graph.integers(1, 1, 1)], {
    axis: { type: 'integer', value: 0 },
  });
  return FEATURES.map((_, i) => {
    const name = featureName(i);
    inputs.push({ name, shape: ['faces', ...featureShape(i, regions)] });
    return graph.add('Expand', [name, target]);
  });
}

function decode(graph: LayerGraph, features: string[], regions: Regions, keep: Region): void {
  let value = graph.layers(AUDIO_ENCODER, WAV2LIP_PORTS.mel, 'audio_encoder');
  let region = wholeRegion(1);
  DECODER.forEach((layers, i) => {
    const level = regions.levels.get(i);
    const made = graph.layers(layers, value, `face_decoder_blocks.${i}`);
    region = level?.computed ?? wholeRegion(FEATURES[DECODER.length - 1 - i]!.size);
    const wanted = regions.features[DECODER.length - 1 - i]!;
    const read = cut(graph, made, region, wanted);
    region = wanted;
    value = graph.add('Concat', [read, features[DECODER.length - 1 - i]!], {
      axis: { type: 'integer', value: 1 },
    });
  });
  const [first, last] = OUTPUT as [(typeof OUTPUT)[0], (typeof OUTPUT)[0]];
  const wide = graph.layer(first, value, first.name);
  const kept = cut(graph, wide, region, keep);
  graph.add('Sigmoid', [graph.layer(last, kept, last.name)], {}, WAV2LIP_PORTS.output);
}

/** A part of a value that covers `from`; the value itself where both are the same. */
function cut(graph: LayerGraph, value: string, from: Region, to: Region): string {
  return isSame(from, to) ? value : graph.slice(value, relativeTo(from, to));
}

function checkRegion({ top, bottom, left, right }: Region): void {
  const sides = [top, bottom, left, right];
  const isInside = sides.every((side) => Number.isInteger(side) && side >= 0 && side <= FACE_SIZE);
  if (isInside && top < bottom && left < right) return;
  throw inputError(
    'the kept region',
    `rows and columns inside ${FACE_SIZE} × ${FACE_SIZE} pixels`,
    sides.join(', '),
  );
}
