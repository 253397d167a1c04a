/** What both kinds of portraits are worked on with. */
import { openFaceNetworks, openS3fd, type FaceNetworkOptions, type FaceNetworks } from './networks';
import type { Network } from '../ml/onnx/session';
import type { StageContext } from '../contract';
import { detectorModel } from './detector-model';
import type { FaceDetectParameters } from './stage';

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
