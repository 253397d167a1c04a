import { LipwireError } from '../../../contract';
import type { StoredWav2Lip } from '../stored';
import { openNetwork, type NetworkOptions } from '../../../ml/onnx/session';
import { WINDOW_VALUES } from '../windows';
import { melTensor, type OpenedMouth } from './opened';

/**
 * An export that is run as it is: the whole network for every frame, in pieces of the batch that it
 * is fixed to.
 */
export async function openPlain(
  { bytes, ports }: StoredWav2Lip & { kind: 'plain' },
  options: NetworkOptions,
): Promise<OpenedMouth<Float32Array>> {
  const { size, batch } = ports;
  const network = await openNetwork(bytes, options);
  const values = 3 * size * size;
  const room = 2 * values;

  /** @param inputs one face for all, or one for each */
  async function speak(
    inputs: Float32Array,
    mels: Float32Array,
    count: number,
  ): Promise<Float32Array> {
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
      const inputsOf = { [ports.mel]: melTensor(piece, step), [ports.face]: face };
      const { data } = (await network.run(inputsOf))[ports.output];
      if (data.length !== step * values) throw otherPicture(data.length / step, values);
      pictures.set(data.subarray(0, Math.min(step, count - from) * values), from * values);
    }
    return pictures;
  }

  return {
    size,
    keep: { top: 0, bottom: size, left: 0, right: size },
    read: async (inputs) => inputs,
    speaker: async () => ({ speak }),
    release: () => network.release(),
  };
}

/** What a file says of its output need not be true. */
function otherPicture(found: number, values: number): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${values} values a picture from the network but received ${found}; choose another model.`,
  );
}
