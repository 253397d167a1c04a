/** face-detect: finds the faces of a portrait, and the landmarks of the one that is meant. */
import { throwIfCancelled, type FacePayload } from '../media';
import { cpuDevice, type Network } from '../onnx';
import { adjustmentsOf } from './faces/adjustments';
import { detectInPicture } from './faces/image';
import { videoSource } from './faces/source';
import { detectInVideo } from './faces/video';
import { openFaceWork } from './faces/work';
import type { Stage } from './stage';

/**
 * Writes the track of the selected face: `track.json`, and `track.bin` beside it for a video.
 * @throws E_INPUT for a file that is neither a picture nor a video or for a face number that there is
 *   not, E_NO_FACE, E_MODEL_MISSING, E_MODEL_LICENCE, E_NATIVE, E_FFMPEG_MISSING
 */
export const faceDetect: Stage<'face-detect'> = async (input, parameters, context) => {
  const { signal } = context;
  const adjustments = adjustmentsOf(parameters);
  const video = await videoSource(input.file, () => context.ffmpeg(), adjustments, signal);
  const work = await openFaceWork(parameters, context);
  throwIfCancelled(signal);
  const found = await (video ? detectInVideo(input, video, work) : detectInPicture(input, work));
  const engine = await engineOf(work.networks.mesh);
  return engine ? { ...found, engine } : found;
};

/** Undefined for the ordinary case. */
async function engineOf({ device }: Network): Promise<FacePayload['engine']> {
  if (device === 'cpu') return undefined;
  const { reason } = await cpuDevice();
  return { device, ...(device === 'wasm' && reason && { reason }) };
}
