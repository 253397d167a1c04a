/** The two networks, opened once for the process. */
import { storedNetwork, type StoreOptions } from '../models';
import { openNetwork, type Network } from '../onnx';

export interface FaceNetworks {
  /** BlazeFace */
  detector: Network;
  /** FaceMesh */
  mesh: Network;
}

export interface FaceNetworkOptions extends StoreOptions {
  /** As in the studio's setting; `auto` is the CPU. */
  device?: string;
}

const opened = new Map<string, Promise<FaceNetworks>>();

/**
 * Converts the networks if that has not been done, and opens them; later calls with the same
 * settings get the same ones.
 * @throws E_MODEL_MISSING, E_MODEL_INVALID, E_NATIVE, E_PATH, E_DISK
 */
export function openFaceNetworks(options: FaceNetworkOptions): Promise<FaceNetworks> {
  const key = JSON.stringify([options.modelsFolder, options.device ?? 'auto']);
  const known = opened.get(key);
  if (known) return known;
  const networks = open(options).catch((error: unknown) => {
    opened.delete(key);
    throw error;
  });
  opened.set(key, networks);
  return networks;
}

/** Closes all networks, for tests and for an engine that ends. */
export async function closeFaceNetworks(): Promise<void> {
  const all = await Promise.allSettled(opened.values());
  opened.clear();
  for (const result of all) {
    if (result.status !== 'fulfilled') continue;
    await result.value.detector.release();
    await result.value.mesh.release();
  }
}

async function open({ device = 'auto', ...store }: FaceNetworkOptions): Promise<FaceNetworks> {
  // One after the other: together they would compete for the same two cores.
  const detector = await storedNetwork('blazeface', store);
  const mesh = await storedNetwork('facemesh', store);
  return {
    detector: await openNetwork(detector.bytes, { device }),
    mesh: await openNetwork(mesh.bytes, { device }),
  };
}
