/** The networks, each opened once in the process. */
import { availableParallelism } from 'node:os';
import { readFile } from 'node:fs/promises';
import { storedNetwork, type StoreOptions } from '../ml/tfjs/convert';
import { storedS3fd } from './s3fd/graph';
import { openNetwork, type Network, type NetworkOptions } from '../ml/onnx/session';
import type { StageContext } from '../contract';
import { detectorModel, type FaceDetectParameters } from './stage';
import { BLAZEFACE_LEAST_SHARE, detectWithBlazeface } from './blazeface/detect';
import type { Detector } from './detector';
import { detectWithYunet, YUNET_LEAST_SHARE } from './yunet/detect';

export interface FaceNetworks extends Detector {
  /** FaceMesh */
  mesh: Network;
  /** FaceMesh with attention: the landmarks that lie on lips and eyes. */
  attention: Network;
}

export interface FaceNetworkOptions extends StoreOptions {
  /** `auto` is the CPU. */
  device?: string;
  /** Detects with YuNet in place of BlazeFace. */
  yunet?: { path: string; sha256: string };
}

const opened = new Map<string, Promise<Network>>();

/**
 * Converts the networks at the first use and opens them; the same settings share them.
 * @throws E_MODEL_MISSING, E_MODEL_INVALID, E_NATIVE, E_PATH, E_DISK
 */
export async function openFaceNetworks(options: FaceNetworkOptions): Promise<FaceNetworks> {
  const { yunet } = options;
  // In turn: at the same time they would compete for the cores.
  const network = yunet
    ? await once(`yunet ${yunet.sha256}`, options, () => readFile(yunet.path))
    : await openStored('blazeface', options);
  const detect = yunet ? detectWithYunet : detectWithBlazeface;
  return {
    detect: (...view) => detect(network, ...view),
    leastShare: yunet ? YUNET_LEAST_SHARE : BLAZEFACE_LEAST_SHARE,
    mesh: await openStored('facemesh', options),
    attention: await openStored('attention-mesh', options),
  };
}

/**
 * The network that describes what a face looks like.
 * @throws as {@link openFaceNetworks}
 */
export function openFaceDescriber(options: FaceNetworkOptions): Promise<Network> {
  return openStored('faceres', options);
}

/** Closes all networks: for tests, and when the worker ends. */
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
  /** Only where the detector is S3FD. */
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
  // By far the largest network here: it takes all cores.
  const threads = availableParallelism();
  const read = () => storedS3fd(model, options);
  return { ...work, s3fd: await once(`s3fd ${model.sha256}`, options, read, { threads }) };
}
