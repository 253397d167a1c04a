/** The networks, each opened once for the process. */
import { availableParallelism } from 'node:os';
import { readFile } from 'node:fs/promises';
import { storedNetwork, type StoreOptions } from '../ml/tfjs/converted';
import { storedS3fd } from './s3fd/import';
import { openNetwork, type Network, type NetworkOptions } from '../ml/onnx/session';
import { blazefaceDetector, yunetDetector, type Detector } from './detector';

export interface FaceNetworks {
  detector: Detector;
  /** FaceMesh */
  mesh: Network;
}

/** A file of the model store. */
export interface ModelFile {
  path: string;
  sha256: string;
}

export interface FaceNetworkOptions extends StoreOptions {
  /** As in the studio's setting; `auto` is the CPU. */
  device?: string;
  /** YuNet's file, to detect with it; BlazeFace where left out. */
  yunet?: ModelFile;
}

const opened = new Map<string, Promise<Network>>();

/**
 * Converts the networks if that has not been done, and opens them; later calls with the same
 * settings get the same ones.
 * @throws E_MODEL_MISSING, E_MODEL_INVALID, E_NATIVE, E_PATH, E_DISK
 */
export async function openFaceNetworks(options: FaceNetworkOptions): Promise<FaceNetworks> {
  const { yunet } = options;
  // One after the other: together they would compete for the same two cores.
  const detector = yunet
    ? yunetDetector(await once(`yunet ${yunet.sha256}`, options, () => readFile(yunet.path)))
    : blazefaceDetector(await openStored('blazeface', options));
  return { detector, mesh: await openStored('facemesh', options) };
}

/**
 * The network that describes a face's looks; see ./likeness.
 * @throws as {@link openFaceNetworks}
 */
export function openFaceDescriber(options: FaceNetworkOptions): Promise<Network> {
  return openStored('faceres', options);
}

/**
 * S3FD from the user's checkpoint; see ./s3fd.
 * @throws as {@link openFaceNetworks}
 */
export function openS3fd(file: ModelFile, options: FaceNetworkOptions): Promise<Network> {
  // By far the largest network here: it takes all cores.
  const threads = availableParallelism();
  return once(`s3fd ${file.sha256}`, options, () => storedS3fd(file, options), { threads });
}

/** Closes all networks, for tests and for an engine that ends. */
export async function closeFaceNetworks(): Promise<void> {
  const all = await Promise.allSettled(opened.values());
  opened.clear();
  for (const result of all) if (result.status === 'fulfilled') await result.value.release();
}

function openStored(id: string, options: FaceNetworkOptions): Promise<Network> {
  return once(id, options, async () => (await storedNetwork(id, options)).bytes);
}

function once(
  what: string,
  { modelsFolder, device = 'auto' }: FaceNetworkOptions,
  read: () => Promise<Buffer>,
  options: NetworkOptions = {},
): Promise<Network> {
  const key = JSON.stringify([what, modelsFolder, device]);
  const known = opened.get(key);
  if (known) return known;
  const network = read()
    .then((bytes) => openNetwork(bytes, { device, ...options }))
    .catch((error: unknown) => {
      opened.delete(key);
      throw error;
    });
  opened.set(key, network);
  return network;
}
