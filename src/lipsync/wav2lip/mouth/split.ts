import type { Features } from '../calibrate';
import { openNetwork, type Network, type NetworkOptions } from '../../../ml/onnx/session';
import { scaledRegion, type Region } from '../../../ml/onnx/regions';
import { WAV2LIP_PORTS } from '../network-graph';
import { melTensor, type OpenedMouth } from './opened';

/** Our own graphs: the face encoder, and a decoder of what is kept. */
export async function openSplit(
  files: { encoder: Buffer; decoder: Buffer },
  keep: Region,
  options: NetworkOptions,
): Promise<OpenedMouth<Features>> {
  const encoder = await openEncoder(files.encoder, keep, options);
  const decoder = await openNetwork(files.decoder, options).catch(async (error: unknown) => {
    await encoder.release();
    throw error;
  });
  return {
    ...encoder,
    speaker: async () => ({ speak: (...spoken) => decode(decoder, ...spoken) }),
    release: async () => {
      await encoder.release();
      await decoder.release();
    },
  };
}

/** The face encoder alone. @param keep in pixels of a picture of 96 × 96 */
export async function openEncoder(
  file: Buffer,
  keep: Region,
  options: NetworkOptions,
): Promise<Omit<OpenedMouth<Features>, 'speaker'>> {
  const encoder = await openNetwork(file, options);
  const size = Number(encoder.inputs[0].shape[2]);
  return {
    size,
    keep: scaledRegion(keep, size),
    read: (inputs, count) => {
      const data = inputs.subarray(0, count * 6 * size ** 2);
      return encoder.run({ [WAV2LIP_PORTS.face]: { data, shape: [count, 6, size, size] } });
    },
    release: () => encoder.release(),
  };
}

export async function decode(
  decoder: Network,
  features: Features,
  mels: Float32Array,
  count: number,
): Promise<Float32Array> {
  const mel = melTensor(mels, count);
  const results = await decoder.run({ [WAV2LIP_PORTS.mel]: mel, ...features });
  return results[WAV2LIP_PORTS.output].data;
}
