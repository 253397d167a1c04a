import { createHash } from 'node:crypto';
import type { Features } from '../calibrate';
import { openNetwork, type Network, type NetworkOptions } from '../../../ml/onnx/session';
import type { Region } from '../../../ml/onnx/regions';
import type { OpenedMouth } from './opened';
import { decode, openEncoder } from './split';

/** Makes the decoder in 8 bits for a face. */
export type MakeDecoder = (
  face: Float32Array,
  features: Features,
) => Promise<{ decoder: Buffer; psnr: number }>;

/** Decoders that stay open; each holds some 40 MB. */
const MOST_OPEN = 3;

interface Shelved {
  decoder: Promise<{ network: Network; psnr: number }>;
  /** Uses under way. */
  users: number;
}

/**
 * Our own graphs, the decoder in 8 bits: one for each face, because each has its own ranges. The face
 * encoder stays in fp32; a still needs it once.
 */
export async function openInt8(
  file: Buffer,
  make: MakeDecoder,
  keep: Region,
  options: NetworkOptions,
): Promise<OpenedMouth<Features>> {
  const encoder = await openEncoder(file, keep, options);
  const shelf = new Map<string, Shelved>();

  async function open(face: Float32Array): ReturnType<typeof openedDecoder> {
    return openedDecoder(await make(face, await encoder.read(face, 1)));
  }

  async function openedDecoder({ decoder, psnr }: Awaited<ReturnType<MakeDecoder>>) {
    return { network: await openNetwork(decoder, options), psnr };
  }

  /** Does something with the decoder of a face, which may have to be opened (again) for it. */
  async function using<T>(
    face: Float32Array,
    work: (decoder: Awaited<Shelved['decoder']>) => T,
  ): Promise<Awaited<T>> {
    const key = digest(face);
    const entry = shelf.get(key) ?? { decoder: open(face), users: 0 };
    // The one that was used last stands last.
    shelf.delete(key);
    shelf.set(key, entry);
    entry.users++;
    try {
      const decoder = await entry.decoder.catch((error: unknown) => {
        if (shelf.get(key) === entry) shelf.delete(key);
        throw error;
      });
      return await work(decoder);
    } finally {
      entry.users--;
      await closeOldest();
    }
  }

  async function closeOldest(): Promise<void> {
    for (const [key, { decoder, users }] of shelf) {
      if (shelf.size <= MOST_OPEN) return;
      if (users > 0) continue;
      shelf.delete(key);
      await (await decoder).network.release();
    }
  }

  return {
    ...encoder,
    speaker: async (face) => {
      const first = face.slice();
      return {
        psnr: await using(first, ({ psnr }) => psnr),
        speak: (...spoken) => using(first, ({ network }) => decode(network, ...spoken)),
      };
    },
    release: async () => {
      await encoder.release();
      const all = await Promise.allSettled([...shelf.values()].map(({ decoder }) => decoder));
      shelf.clear();
      for (const one of all) if (one.status === 'fulfilled') await one.value.network.release();
    },
  };
}

function digest(face: Float32Array): string {
  const bytes = new Uint8Array(face.buffer, face.byteOffset, face.byteLength);
  return createHash('sha256').update(bytes).digest('base64');
}
