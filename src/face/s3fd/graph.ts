/**
 * The face detector S3FD (Zhang et al. 2017, as face_alignment's net_s3fd.py builds it): its tensors,
 * its ONNX graph for pictures of any size, and the graph of a user's checkpoint, converted once.
 */
import { type OnnxGraph, type OnnxPort, writeModel } from '../../ml/onnx/writer';
import {
  foldWeights,
  integers,
  LayerGraph,
  tensorTable,
  type Layer,
  type Tensors,
  checkTensors,
} from '../../ml/onnx/layers';
import path from 'node:path';
import { Checkpoint } from '../../ml/checkpoint/checkpoint';
import { readSealed, seal, writeCached, type CacheOptions } from '../../ml/onnx/cache';

function layer(name: string, inputs: number, outputs: number, rest: Partial<Layer> = {}): Layer {
  return {
    ...{ name, key: name, kind: 'convolution', inputs, outputs },
    ...{ kernel: 3, stride: [1, 1], padding: rest.kernel === 1 ? 0 : 1, outputPadding: 0 },
    ...{ residual: false, activation: true },
    ...rest,
  };
}

/** Layers between two halvings by max-pooling; the last group is not followed by one. */
const BACKBONE: readonly (readonly Layer[])[] = [
  [layer('conv1_1', 3, 64), layer('conv1_2', 64, 64)],
  [layer('conv2_1', 64, 128), layer('conv2_2', 128, 128)],
  [layer('conv3_1', 128, 256), layer('conv3_2', 256, 256), layer('conv3_3', 256, 256)],
  [layer('conv4_1', 256, 512), layer('conv4_2', 512, 512), layer('conv4_3', 512, 512)],
  [layer('conv5_1', 512, 512), layer('conv5_2', 512, 512), layer('conv5_3', 512, 512)],
];

/** Three more sizes. The padding of fc6 enlarges its map by four. */
const TAIL: readonly (readonly Layer[])[] = [
  [layer('fc6', 512, 1024, { padding: 3 }), layer('fc7', 1024, 1024, { kernel: 1 })],
  [layer('conv6_1', 1024, 256, { kernel: 1 }), layer('conv6_2', 256, 512, { stride: [2, 2] })],
  [layer('conv7_1', 512, 128, { kernel: 1 }), layer('conv7_2', 128, 256, { stride: [2, 2] })],
];

interface Head {
  /** Layer whose map it reads. */
  tap: string;
  channels: number;
  /** Name of the tensor that scales the normalised map. */
  norm?: string;
  scores: Layer;
  boxes: Layer;
}

/** Level 1 (stride 4) has three background scores: the largest counts. */
const HEADS: readonly Head[] = [
  head('conv3_3', 256, 'conv3_3_norm', 4),
  head('conv4_3', 512, 'conv4_3_norm'),
  head('conv5_3', 512, 'conv5_3_norm'),
  head('fc7', 1024),
  head('conv6_2', 512),
  head('conv7_2', 256),
];

function head(tap: string, channels: number, norm?: string, scores = 2): Head {
  const name = `${norm ?? tap}_mbox`;
  return {
    tap,
    channels,
    norm,
    scores: layer(`${name}_conf`, channels, scores, { activation: false }),
    boxes: layer(`${name}_loc`, channels, 4, { activation: false }),
  };
}

const S3FD_LAYERS: readonly Layer[] = [
  ...BACKBONE.flat(),
  ...TAIL.flat(),
  ...HEADS.flatMap(({ scores, boxes }) => [scores, boxes]),
];

/** Names and shapes of all tensors in its checkpoint. */
export function s3fdTable(): Map<string, readonly number[]> {
  const table = tensorTable(S3FD_LAYERS);
  for (const { norm, channels } of HEADS) if (norm) table.set(`${norm}.weight`, [channels]);
  return table;
}

/**
 * Input: `picture` [batch, 3, height, width], means subtracted. Outputs, for level 1 (stride 4) to 6
 * (stride 128): `scores1` [batch, 2, h, w] (background, face; before softmax) and `boxes1`
 * [batch, 4, h, w].
 * @param tensors checked against {@link s3fdTable}
 */
export function s3fdGraph(tensors: Tensors): OnnxGraph {
  const graph = new LayerGraph(foldWeights(S3FD_LAYERS, tensors));
  const inputs: OnnxPort[] = [{ name: 'picture', shape: ['batch', 3, 'height', 'width'] }];
  let value = 'picture';
  for (const group of BACKBONE) {
    const made = graph.layers(group, value);
    value = graph.add('MaxPool', [made], { kernel_shape: integers(2, 2), strides: integers(2, 2) });
  }
  for (const group of TAIL) value = graph.layers(group, value);
  const outputs = HEADS.flatMap(({ tap, norm, channels, scores, boxes }, i): OnnxPort[] => {
    const scale = norm && tensors.get(`${norm}.weight`)!.data;
    const map = scale ? normalise(graph, tap, channels, scale) : tap;
    const level = i + 1;
    const raw = graph.layer(scores, map);
    if (scores.outputs === 2) graph.add('Identity', [raw], {}, `scores${level}`);
    else largestBackground(graph, raw, `scores${level}`);
    graph.layer(boxes, map, `boxes${level}`);
    const size = [`height${level}`, `width${level}`];
    return [
      { name: `scores${level}`, shape: ['batch', 2, ...size] },
      { name: `boxes${level}`, shape: ['batch', 4, ...size] },
    ];
  });
  const { nodes, constants } = graph;
  return { name: 's3fd', inputs, outputs, nodes, constants };
}

/** x / (√Σx² + 1e-10) · scale, the sum over the channels. */
function normalise(graph: LayerGraph, map: string, channels: number, scale: Float32Array): string {
  const length = graph.add('ReduceL2', [map], { axes: integers(1) });
  const safe = graph.add('Add', [length, graph.floats([1], Float32Array.of(1e-10))]);
  const unit = graph.add('Div', [map, safe]);
  return graph.add('Mul', [unit, graph.floats([1, channels, 1, 1], scale)]);
}

function largestBackground(graph: LayerGraph, scores: string, output: string): void {
  const channels = (from: number, to: number): string =>
    graph.add('Slice', [scores, graph.integers(from), graph.integers(to), graph.integers(1)]);
  const background = graph.add('ReduceMax', [channels(0, 3)], { axes: integers(1) });
  const axis = { axis: { type: 'integer', value: 1 } } as const;
  graph.add('Concat', [background, channels(3, 4)], axis, output);
}

/** The user's own S3FD checkpoint as an ONNX graph: made at the first use, then kept. */

/** Raised when the same weights give another graph. */
const VERSION = 1;

/**
 * The bytes of the ONNX file; see `s3fdGraph` for its inputs and outputs.
 * @throws E_MODEL_INVALID for a checkpoint of another network, E_PATH or E_DISK when the folder
 *   cannot be written
 */
export async function storedS3fd(
  file: { path: string; sha256: string },
  { modelsFolder, onPreparing }: CacheOptions,
): Promise<Buffer> {
  const kept = path.join(modelsFolder, `s3fd-${file.sha256.slice(0, 16)}-v${VERSION}.onnx`);
  const bytes = await readSealed(kept);
  if (bytes) return bytes;
  onPreparing?.('converting s3fd');
  const made = seal(writeModel(s3fdGraph(await readTensors(file.path))));
  await writeCached(kept, made);
  return made;
}

async function readTensors(file: string): Promise<Tensors> {
  const checkpoint = await Checkpoint.open(file);
  try {
    const table = s3fdTable();
    // Checked before any weight is read.
    checkTensors('S3FD', table, checkpoint.shapes);
    const tensors = new Map();
    for (const name of table.keys()) tensors.set(name, await checkpoint.read(name));
    return tensors;
  } finally {
    await checkpoint.close();
  }
}
