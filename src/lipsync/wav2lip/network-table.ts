/**
 * The layers of Wav2Lip's generators: the one place that knows their tensors.
 *
 * 96 × 96 pixels: models/wav2lip.py of github.com/Rudrabha/Wav2Lip.
 * 256 × 256 pixels: the `wav2lip_v2` of the LiveTalking family (wav2lip/models/wav2lip_v2.py of
 * github.com/HuanyuTechTeam/avatarhuman): one more level on either side, and 4 × 4 in its middle.
 * Its 53.6 million parameters are the size of the wav2lip_256.onnx in circulation.
 */
import {
  type Layer,
  type Pair,
  checkTensors,
  tensorTable,
  type NetworkWeights,
  type Tensors,
  foldWeights,
} from '../../ml/onnx/layers';

/** Layers of a generator, and what follows from them. */
export interface Wav2LipDesign {
  /** Side of its pictures, pixels. */
  size: 96 | 256;
  /** 1 × 80 × 16 → 512 × 1 × 1 */
  audioEncoder: readonly Layer[];
  /** 6 × size × size → 512 × 1 × 1; the output of every block is used again by the decoder. */
  faceEncoder: readonly (readonly Layer[])[];
  /** Each block's output is joined by that of the encoder's block of the same size. */
  decoder: readonly (readonly Layer[])[];
  /** 80 × size × size → 3 × size × size, before the sigmoid. */
  output: readonly Layer[];
  /** All layers, in the order of a run. */
  layers: readonly Layer[];
  /** Side and channels of the encoder's feature maps, first block first. */
  features: readonly { channels: number; size: number }[];
}

export const MEL_SHAPE = [1, 80, 16] as const;

type Shape = Omit<Layer, 'name' | 'key' | 'norm' | 'activation'>;

function convolution(
  inputs: number,
  outputs: number,
  kernel: number,
  stride: number | Pair,
  padding: number,
): Shape {
  const pair: Pair = typeof stride === 'number' ? [stride, stride] : stride;
  const rest = { outputPadding: 0, residual: false };
  return { kind: 'convolution', inputs, outputs, kernel, stride: pair, padding, ...rest };
}

function residual(channels: number): Shape {
  return { ...convolution(channels, channels, 3, 1, 1), residual: true };
}

/** Doubles the size. */
function upwards(inputs: number, outputs: number): Shape {
  return { ...convolution(inputs, outputs, 3, 2, 1), kind: 'transposed', outputPadding: 1 };
}

function block(block: string, ...shapes: Shape[]): Layer[] {
  return shapes.map((shape, i) => {
    const name = `${block}.${i}`;
    const key = `${name}.conv_block`;
    return { name, key: `${key}.0`, norm: `${key}.1`, activation: true, ...shape };
  });
}

const AUDIO_ENCODER = block(
  'audio_encoder',
  convolution(1, 32, 3, 1, 1),
  residual(32),
  residual(32),
  convolution(32, 64, 3, [3, 1], 1),
  residual(64),
  residual(64),
  convolution(64, 128, 3, 3, 1),
  residual(128),
  residual(128),
  convolution(128, 256, 3, [3, 2], 1),
  residual(256),
  convolution(256, 512, 3, 1, 0),
  convolution(512, 512, 1, 1, 0),
);

/** The encoder's blocks up to 512 channels, and the decoder's from there on: both sizes have them. */
const DOWN: Shape[][] = [
  [convolution(6, 16, 7, 1, 3)],
  [convolution(16, 32, 3, 2, 1), residual(32), residual(32)],
  [convolution(32, 64, 3, 2, 1), residual(64), residual(64), residual(64)],
  [convolution(64, 128, 3, 2, 1), residual(128), residual(128)],
  [convolution(128, 256, 3, 2, 1), residual(256), residual(256)],
  [convolution(256, 512, 3, 2, 1), residual(512)],
];
const UP: Shape[][] = [
  [upwards(1024, 512), residual(512), residual(512)],
  [upwards(768, 384), residual(384), residual(384)],
  [upwards(512, 256), residual(256), residual(256)],
  [upwards(320, 128), residual(128), residual(128)],
  [upwards(160, 64), residual(64), residual(64)],
];

/** Between a map of `side` × `side` and a single pixel. */
function bottom(side: number): { in: Shape[]; out: Shape[] } {
  return {
    in: [convolution(512, 512, side, 1, 0), convolution(512, 512, 1, 1, 0)],
    out: [{ ...convolution(1024, 512, side, 1, 0), kind: 'transposed' }, residual(512)],
  };
}

const LAST = { name: 'output_block.1', key: 'output_block.1', activation: false };
const OUTPUT: readonly Layer[] = [
  ...block('output_block', convolution(80, 32, 3, 1, 1)),
  { ...LAST, ...convolution(32, 3, 1, 1, 0) },
];

function design(size: 96 | 256, down: Shape[][], up: Shape[][]): Wav2LipDesign {
  const faceEncoder = down.map((shapes, i) => block(`face_encoder_blocks.${i}`, ...shapes));
  const decoder = up.map((shapes, i) => block(`face_decoder_blocks.${i}`, ...shapes));
  let side: number = size;
  const features = faceEncoder.map((layers) => {
    for (const { kernel, stride, padding } of layers) {
      side = Math.floor((side + 2 * padding - kernel) / stride[0]) + 1;
    }
    return { channels: layers.at(-1)!.outputs, size: side };
  });
  const layers = [...AUDIO_ENCODER, ...faceEncoder.flat(), ...decoder.flat(), ...OUTPUT];
  const rest = { faceEncoder, decoder, output: OUTPUT, layers, features };
  return { size, audioEncoder: AUDIO_ENCODER, ...rest };
}

const FIRST = [convolution(512, 512, 1, 1, 0)];

export const WAV2LIP_96 = design(96, [...DOWN, bottom(3).in], [FIRST, bottom(3).out, ...UP]);

export const WAV2LIP_256 = design(
  256,
  [...DOWN, [convolution(512, 512, 3, 2, 1), residual(512)], bottom(4).in],
  [FIRST, bottom(4).out, [upwards(1024, 512), residual(512)], ...UP],
);

export const WAV2LIP_DESIGNS = [WAV2LIP_96, WAV2LIP_256] as const;

/** The design that tensors or layers of these names belong to: only the larger one has a block 7. */
export function designOf(names: Iterable<string>): Wav2LipDesign {
  for (const name of names) {
    if (/^face_(en|de)coder_blocks\.7\./.test(name)) return WAV2LIP_256;
  }
  return WAV2LIP_96;
}

/** Names and shapes of all tensors of the generator in its checkpoint. */
export function wav2lipTable(design = WAV2LIP_96): Map<string, readonly number[]> {
  return tensorTable(design.layers);
}

/**
 * The design that a checkpoint's tensors are of, 96 or 256 pixels.
 * @throws E_MODEL_INVALID naming a tensor that is missing, too many, or of another shape
 */
export function recogniseWav2Lip(shapes: ReadonlyMap<string, readonly number[]>): Wav2LipDesign {
  const design = designOf(shapes.keys());
  checkTensors(`Wav2Lip (${design.size} px)`, wav2lipTable(design), shapes);
  return design;
}

/** @throws E_MODEL_INVALID naming a tensor that is missing, too many, or of another shape */
export function wav2lipWeights(tensors: Tensors): NetworkWeights {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  return foldWeights(recogniseWav2Lip(shapes).layers, tensors);
}
