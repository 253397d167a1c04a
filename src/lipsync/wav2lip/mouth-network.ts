/** Wav2Lip, opened once for the process and shared by the clips that are rendered with it. */
import { storedWav2Lip, type StoredWav2LipOptions, type Wav2LipFile } from '../../models/wav2lip';
import { openNetwork, type Network, type Tensor } from '../../onnx';
import { scaledRegion, WAV2LIP_PORTS, type Region } from '../../onnx/networks';
import { WINDOW_VALUES } from './windows';

export interface MouthNetwork {
  /** Side of the face it takes. */
  readonly size: number;
  /** Rows and columns of the picture that it gives. */
  readonly keep: Region;
  readonly device: string;
  /** Reads a face once, however many frames it speaks. @param input 6 × size × size */
  face(input: Float32Array): Promise<SpeakingFace>;
  /**
   * A face of its own for every mel window, as frames of a video are.
   * @param inputs `count` × 6 × size × size
   */
  faces(inputs: Float32Array, mels: Float32Array, count: number): Promise<Float32Array>;
  release(): Promise<void>;
}

/** @returns the kept pictures one after the other, each in three planes: blue, green, red, 0…1 */
export type SpeakingFace = (mels: Float32Array, count: number) => Promise<Float32Array>;

export interface MouthNetworkOptions extends StoredWav2LipOptions {
  device?: string;
  threads?: number;
}

const opened = new Map<string, Promise<MouthNetwork>>();

/**
 * Imports the model if that has not been done, and opens it; the same call later gives the same one.
 * Models stay open as long as the engine process lives, which ends when it is idle.
 * @param keep what is wanted of the picture, in pixels of one of 96 × 96; a network that cannot leave
 *   out the rest gives all
 * @throws E_MODEL_INVALID, E_NATIVE, E_PATH, E_DISK
 */
export function openMouthNetwork(
  file: Wav2LipFile,
  keep: Region,
  options: MouthNetworkOptions,
): Promise<MouthNetwork> {
  const { modelsFolder, device, threads } = options;
  const key = JSON.stringify([file.sha256, keep, modelsFolder, device, threads]);
  const known = opened.get(key);
  if (known) return known;
  const network = open(file, keep, options).catch((error: unknown) => {
    opened.delete(key);
    throw error;
  });
  opened.set(key, network);
  return network;
}

/** Closes all, for tests and for an engine that ends. */
export async function closeMouthNetworks(): Promise<void> {
  const all = await Promise.allSettled(opened.values());
  opened.clear();
  for (const result of all) if (result.status === 'fulfilled') await result.value.release();
}

async function open(
  file: Wav2LipFile,
  keep: Region,
  options: MouthNetworkOptions,
): Promise<MouthNetwork> {
  const stored = await storedWav2Lip(file, keep, options);
  if (stored.kind === 'plain') {
    const { size, batch } = stored.ports;
    const network = await openNetwork(stored.bytes, options);
    const whole = { top: 0, bottom: size, left: 0, right: size };
    const plain = { network, ports: stored.ports, size, batch };
    return {
      size,
      keep: whole,
      device: network.device,
      face: async (input) => (mels, count) => speakPlain(plain, input, mels, count),
      faces: (inputs, mels, count) => speakPlain(plain, inputs, mels, count),
      release: () => network.release(),
    };
  }
  const encoder = await openNetwork(stored.encoder, options);
  const decoder = await openNetwork(stored.decoder, options);
  const size = Number(encoder.inputs[0]!.shape[2]);
  const encode = async (inputs: Float32Array, count: number): Promise<Record<string, Tensor>> => {
    const shape = [count, 6, size, size];
    const data = inputs.subarray(0, count * 6 * size ** 2);
    return encoder.run({ [WAV2LIP_PORTS.face]: { data, shape } });
  };
  const speak = async (
    features: Record<string, Tensor>,
    mels: Float32Array,
    count: number,
  ): Promise<Float32Array> => {
    const mel = melTensor(mels, count);
    const results = await decoder.run({ [WAV2LIP_PORTS.mel]: mel, ...features });
    return results[WAV2LIP_PORTS.output]!.data;
  };
  return {
    size,
    keep: scaledRegion(keep, size),
    device: decoder.device,
    face: async (input) => {
      const features = await encode(input, 1);
      return (mels, count) => speak(features, mels, count);
    },
    faces: async (inputs, mels, count) => speak(await encode(inputs, count), mels, count),
    release: async () => {
      await encoder.release();
      await decoder.release();
    },
  };
}

interface PlainNetwork {
  network: Network;
  ports: { mel: string; face: string; output: string };
  size: number;
  /** That an export is fixed to. */
  batch?: number | undefined;
}

/**
 * The whole network for every frame, in pieces of the batch that an export is fixed to.
 * @param inputs one face for all, or one for each
 */
async function speakPlain(
  { network, ports, size, batch }: PlainNetwork,
  inputs: Float32Array,
  mels: Float32Array,
  count: number,
): Promise<Float32Array> {
  const values = 3 * size * size;
  const room = 2 * values;
  const step = batch ?? count;
  const pictures = new Float32Array(count * values);
  const faces = new Float32Array(step * room);
  for (let from = 0; from < count; from += step) {
    for (let i = 0; i < Math.min(step, count - from); i++) {
      const at = inputs.length === room ? 0 : (from + i) * room;
      faces.set(inputs.subarray(at, at + room), i * room);
    }
    // A last piece that is not full is filled up with what nobody looks at.
    const piece = new Float32Array(step * WINDOW_VALUES);
    piece.set(mels.subarray(from * WINDOW_VALUES, Math.min(count, from + step) * WINDOW_VALUES));
    const face = { data: faces, shape: [step, 6, size, size] };
    const results = await network.run({ [ports.mel]: melTensor(piece, step), [ports.face]: face });
    const { data } = results[ports.output]!;
    pictures.set(data.subarray(0, Math.min(step, count - from) * values), from * values);
  }
  return pictures;
}

function melTensor(mels: Float32Array, count: number): Tensor {
  return { data: mels.subarray(0, count * WINDOW_VALUES), shape: [count, 1, 80, 16] };
}
