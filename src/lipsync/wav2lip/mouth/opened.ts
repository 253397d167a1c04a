/** Networks that are open in the process, shared by all clips. */
import type { Tensor } from '../../../ml/onnx/session';
import type { Region } from '../../../ml/onnx/regions';
import { WINDOW_VALUES } from '../windows';

/** Says what faces that were read look like with sounds. */
export interface Speaker<Read> {
  /** @returns pictures one after the other, each in three planes: blue, green, red, 0…1 */
  speak(read: Read, mels: Float32Array, count: number): Promise<Float32Array>;
  /** dB against fp32 on the CPU, where it is another network. */
  psnr?: number;
}

export interface OpenedMouth<Read> {
  /** Side of the face it takes. */
  readonly size: number;
  /** Rows and columns of the picture that it gives. */
  readonly keep: Region;
  /** Reads one face or one for each window: `count` × 6 × size × size. */
  read(inputs: Float32Array, count: number): Promise<Read>;
  /** What speaks in a clip. @param face the clip's first */
  speaker(face: Float32Array): Promise<Speaker<Read>>;
  release(): Promise<void>;
}

/** The same clips whatever the device, for a self-check. @returns one batch of pictures */
export async function checkPictures<Read>(
  mouth: OpenedMouth<Read>,
  mels: Float32Array,
): Promise<Float32Array> {
  const face = Float32Array.from({ length: 6 * mouth.size ** 2 }, (_, i) => {
    return 0.5 + 0.4 * Math.sin(i * 0.013) + 0.1 * Math.sin(i * 1.7);
  });
  const speaker = await mouth.speaker(face);
  return speaker.speak(await mouth.read(face, 1), mels, mels.length / WINDOW_VALUES);
}

export function melTensor(mels: Float32Array, count: number): Tensor {
  return { data: mels.subarray(0, count * WINDOW_VALUES), shape: [count, 1, 80, 16] };
}
