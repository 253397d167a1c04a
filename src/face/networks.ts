/** The networks, each opened once for the process. */
import { availableParallelism } from 'node:os';
import { readFile } from 'node:fs/promises';
import { storedNetwork, type StoreOptions } from '../ml/tfjs/converted';
import { storedS3fd } from './s3fd/import';
import { openNetwork, type Network, type NetworkOptions } from '../ml/onnx/session';
import type { StageContext } from '../contract';
import { detectorModel } from './detector-model';
import type { FaceDetectParameters } from './stage';
import { detectInView } from './blazeface/detect';
import type { Candidate } from './box';
import type { Pyramid, View } from './view';
import { detectWithYunet } from './yunet/detect';

export interface FaceNetworks {
  detector: Detector;
  /** FaceMesh */
  mesh: Network;
}

/** A file of the model store. */
interface ModelFile {
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
function openS3fd(file: ModelFile, options: FaceNetworkOptions): Promise<Network> {
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

export interface FaceWork {
  parameters: FaceDetectParameters;
  context: StageContext;
  options: FaceNetworkOptions;
  networks: FaceNetworks;
  /** Where the detector is S3FD. */
  s3fd?: Network;
}

/** Opens the networks that the settings ask for. */
export async function openFaceWork(
  parameters: FaceDetectParameters,
  context: StageContext,
): Promise<FaceWork> {
  const { settings, signal } = context;
  const options: FaceNetworkOptions = {
    modelsFolder: settings.modelsFolder,
    device: settings.device,
    onPreparing: (what) => context.progress({ type: 'preparing', what }),
  };
  const model = await detectorModel(parameters, settings, signal);
  const isYunet = parameters.detector === 'yunet' && model !== undefined;
  const networks = await openFaceNetworks(isYunet ? { ...options, yunet: model } : options);
  const work = { parameters, context, options, networks };
  if (!model || isYunet) return work;
  return { ...work, s3fd: await openS3fd(model, options) };
}

interface Detector {
  /** The faces in a view with at least that score, the best of those that overlap each other. */
  detect(pyramid: Pyramid, view: View, minScore: number): Promise<Candidate[]>;
  release(): Promise<void>;
}

/** BlazeFace as a detector. */
export function blazefaceDetector(network: Network): Detector {
  return detectorOf(network, detectInView);
}

/** YuNet as a detector. */
function yunetDetector(network: Network): Detector {
  return detectorOf(network, detectWithYunet);
}

function detectorOf(network: Network, detect: typeof detectInView): Detector {
  return {
    detect: (pyramid, view, minScore) => detect(network, pyramid, view, minScore),
    release: () => network.release(),
  };
}
