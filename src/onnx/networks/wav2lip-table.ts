/**
 * The layers of Wav2Lip's generator for 96 × 96 pixels (models/wav2lip.py of
 * github.com/Rudrabha/Wav2Lip): the one place that knows its tensors.
 */
import type { Layer, Pair } from './layers';

/** Side of its pictures, pixels. */
export const FACE_SIZE = 96;
export const MEL_SHAPE = [1, 80, 16] as const;

type Shape = Pick<
  Layer,
  'kind' | 'inputs' | 'outputs' | 'kernel' | 'stride' | 'padding' | 'outputPadding' | 'residual'
>;

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
  return {
    ...convolution(inputs, outputs, 3, 2, 1),
    kind: 'transposed',
    outputPadding: 1,
  };
}

function named(name: string, shape: Shape): Layer {
  const key = `${name}.conv_block.0`;
  return { name, key, norm: `${name}.conv_block.1`, activation: true, ...shape };
}

function block(name: string, ...shapes: Shape[]): Layer[] {
  return shapes.map((shape, i) => named(`${name}.${i}`, shape));
}

/** 1 × 80 × 16 → 512 × 1 × 1 */
export const AUDIO_ENCODER: readonly Layer[] = block(
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

/** 6 × 96 × 96 → 512 × 1 × 1; the output of every block is used again by the decoder. */
export const FACE_ENCODER: readonly (readonly Layer[])[] = [
  [convolution(6, 16, 7, 1, 3)],
  [convolution(16, 32, 3, 2, 1), residual(32), residual(32)],
  [convolution(32, 64, 3, 2, 1), residual(64), residual(64), residual(64)],
  [convolution(64, 128, 3, 2, 1), residual(128), residual(128)],
  [convolution(128, 256, 3, 2, 1), residual(256), residual(256)],
  [convolution(256, 512, 3, 2, 1), residual(512)],
  [convolution(512, 512, 3, 1, 0), convolution(512, 512, 1, 1, 0)],
].map((shapes, i) => block(`face_encoder_blocks.${i}`, ...shapes));

/** Each block's output is joined by that of the encoder's block of the same size. */
export const DECODER: readonly (readonly Layer[])[] = [
  [convolution(512, 512, 1, 1, 0)],
  [{ ...convolution(1024, 512, 3, 1, 0), kind: 'transposed' as const }, residual(512)],
  [upwards(1024, 512), residual(512), residual(512)],
  [upwards(768, 384), residual(384), residual(384)],
  [upwards(512, 256), residual(256), residual(256)],
  [upwards(320, 128), residual(128), residual(128)],
  [upwards(160, 64), residual(64), residual(64)],
].map((shapes, i) => block(`face_decoder_blocks.${i}`, ...shapes));

/** 80 × 96 × 96 → 3 × 96 × 96, before the sigmoid. */
export const OUTPUT: readonly Layer[] = [
  named('output_block.0', convolution(80, 32, 3, 1, 1)),
  {
    ...named('output_block.1', convolution(32, 3, 1, 1, 0)),
    key: 'output_block.1',
    norm: undefined,
    activation: false,
  },
];

/** All layers, in the order of a run. */
export const WAV2LIP_LAYERS: readonly Layer[] = [
  ...AUDIO_ENCODER,
  ...FACE_ENCODER.flat(),
  ...DECODER.flat(),
  ...OUTPUT,
];

/** Side and channels of the encoder's feature maps, first block first. */
export const FEATURES: readonly { channels: number; size: number }[] = [
  { channels: 16, size: 96 },
  { channels: 32, size: 48 },
  { channels: 64, size: 24 },
  { channels: 128, size: 12 },
  { channels: 256, size: 6 },
  { channels: 512, size: 3 },
  { channels: 512, size: 1 },
];
