/**
 * The decoder of Wav2Lip in 8 bits. Its sound encoder stays in floating point: it is 2 % of the
 * arithmetic and decides what is said; so does the last layer, whose rounding would be seen as bands.
 */
import type { OnnxGraph } from '../../ml/onnx/writer';
import { convolvedName } from '../../ml/onnx/layer-graph';
import type { Layer, NetworkWeights } from '../../ml/onnx/layers';
import { QuantisedGraph, type ValueRange, type ValueRanges } from '../../ml/onnx/quantised-graph';
import type { Region } from '../../ml/onnx/regions';
import { featureName, wav2lipGraph } from './network-graph';
import { designOf, type Wav2LipDesign } from './network-table';

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
 * @param weights of the decoder at least
 * @param ranges of {@link rangedValues}, and of the feature maps by their names in the graph
 */
export function int8Decoder(weights: NetworkWeights, keep: Region, ranges: ValueRanges): OnnxGraph {
  const design = designOf(weights.keys());
  const floats = new Set<Layer>([...design.audioEncoder, design.output.at(-1)!]);
  const graph = new QuantisedGraph(weights, {
    ranges: withHeadroom(joined(design, ranges)),
    weightBits: WEIGHT_BITS,
    isFloat: (layer) => floats.has(layer),
  });
  return wav2lipGraph(weights, { part: 'decoder', keep, graph });
}

/** What lies side by side in one value needs one range. */
function joined({ decoder, faceEncoder }: Wav2LipDesign, ranges: ValueRanges): ValueRanges {
  const result = new Map(ranges);
  decoder.forEach((layers, i) => {
    const feature = decoder.length - 1 - i;
    const both = [layers.at(-1)!.name, featureName(feature)].map((name) => ranges.get(name)!);
    const range = {
      least: Math.min(...both.map(({ least }) => least)),
      most: Math.max(...both.map(({ most }) => most)),
    };
    result.set(layers.at(-1)!.name, range);
    // In the graph a feature map is called after the layer that made it.
    result.set(faceEncoder[feature].at(-1)!.name, range);
  });
  return result;
}

function withHeadroom(ranges: ValueRanges): ValueRanges {
  return new Map(
    [...ranges].map(([name, { least, most }]): [string, ValueRange] => {
      return [name, { least: least * HEADROOM, most: most * HEADROOM }];
    }),
  );
}
