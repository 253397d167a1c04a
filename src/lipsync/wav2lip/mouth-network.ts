/** Wav2Lip, opened once for the process and shared by the clips that are rendered with it. */
import type { StoredWav2LipOptions, Wav2LipFile } from './stored';
import type { Region } from '../../ml/onnx/regions';
import { openMouth, type ChosenMouth } from './mouth/choose';
import type { Speaker } from './mouth/opened';

/** What paints mouths. */
export interface MouthNetwork {
  /** Side of the face it takes. */
  readonly size: number;
  /** Rows and columns of the picture that it gives. */
  readonly keep: Region;
  readonly device: string;
  /**
   * Reads a face once, however many frames it speaks.
   * @param input 6 × size × size
   * @throws E_MODEL_INVALID when 8 bits do not do for this face
   */
  face(input: Float32Array): Promise<SpeakingFace>;
  /**
   * A face of its own for every mel window, as frames of a video are. In 8 bits the ranges are those
   * of the first face that this network was given.
   * @param inputs `count` × 6 × size × size
   */
  faces(inputs: Float32Array, mels: Float32Array, count: number): Promise<Float32Array>;
}

/** Wav2Lip as one clip has it. */
export interface OpenMouthNetwork extends MouthNetwork {
  /** `fp32`, `fp16` or `int8`. */
  readonly precision: string;
  /** Why no other device or precision was taken, where there was a choice. */
  readonly reason?: string;
  /**
   * dB in which it agrees with fp32 on the CPU, for others than that; in 8 bits known once the first
   * face was given.
   */
  readonly psnr: number | undefined;
  /** Frames that are best computed at once. */
  readonly batch: number;
}

/** @returns the kept pictures one after the other, each in three planes: blue, green, red, 0…1 */
export type SpeakingFace = (mels: Float32Array, count: number) => Promise<Float32Array>;

/** `auto`: fp32 on the CPU; on a GPU fp16, where that agrees. */
export type Precision = 'auto' | 'fp32' | 'int8' | 'fp16';

export interface MouthNetworkOptions extends StoredWav2LipOptions {
  /** `auto`: the fastest that there is and that computes what the CPU computes. */
  device?: string;
  threads?: number;
  precision?: Precision;
}

/**
 * Frames at once. Measured (bench/wav2lip.mjs): on a CPU 1 to 16 differ by less than the measurement,
 * and a small batch takes less memory and hears a cancellation sooner: WebAssembly, which is slow, has
 * one. A GPU wants more at once.
 */
const BATCH = { cpu: 4, wasm: 1, gpu: 16 } as const;

const opened = new Map<string, Promise<ChosenMouth>>();

/**
 * Imports the model if that has not been done, and opens it, or takes what is open. Models stay open
 * as long as the engine process lives, which ends when it is idle.
 * @param keep what is wanted of the picture, in pixels of one of 96 × 96; a network that cannot leave
 *   out the rest gives all
 * @throws E_MODEL_INVALID, E_NATIVE for a device that is not there, E_INPUT for a precision that the
 *   device has not, E_PATH, E_DISK
 */
export async function openMouthNetwork(
  file: Wav2LipFile,
  keep: Region,
  options: MouthNetworkOptions,
): Promise<OpenMouthNetwork> {
  const { modelsFolder, device, threads, precision } = options;
  const key = JSON.stringify([file.sha256, keep, modelsFolder, device, threads, precision]);
  let chosen = opened.get(key);
  if (!chosen) {
    chosen = openMouth(file, keep, options).catch((error: unknown) => {
      opened.delete(key);
      throw error;
    });
    opened.set(key, chosen);
  }
  return clipOf(await chosen);
}

/** Closes all, for tests and for an engine that ends. */
export async function closeMouthNetworks(): Promise<void> {
  const all = await Promise.allSettled(opened.values());
  opened.clear();
  for (const result of all) if (result.status === 'fulfilled') await result.value.network.release();
}

function clipOf({ network, device, precision, reason, psnr }: ChosenMouth): OpenMouthNetwork {
  const { size, keep } = network;
  let speaker: Promise<Speaker<unknown>> | undefined;
  let agreement = psnr;
  const speakerOf = (face: Float32Array): Promise<Speaker<unknown>> => {
    speaker ??= network.speaker(face);
    return speaker;
  };
  return {
    size,
    keep,
    device,
    precision,
    ...(reason && { reason }),
    get psnr() {
      return agreement;
    },
    batch: device === 'cpu' || device === 'wasm' ? BATCH[device] : BATCH.gpu,
    face: async (input) => {
      const { speak, psnr: measured = psnr } = await speakerOf(input);
      agreement = measured;
      const read = await network.read(input, 1);
      return (mels, count) => speak(read, mels, count);
    },
    faces: async (inputs, mels, count) => {
      const { speak, psnr: measured = psnr } = await speakerOf(inputs.subarray(0, 6 * size ** 2));
      agreement = measured;
      return speak(await network.read(inputs, count), mels, count);
    },
  };
}
