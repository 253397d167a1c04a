/** face-detect: finds the faces of a portrait, and the landmarks of the one that is meant. */
import { throwIfCancelled, type FacePayload, type RunOf } from '../contract';
import { cpuDevice } from '../ml/onnx/usable-devices';
import type { Network } from '../ml/onnx/session';
import { adjustmentsOf } from './adjustments';
import { detectInPicture } from './image';
import { videoSource } from './source';
import { detectInVideo } from './video';
import { openFaceWork } from './work';
import type { faceDetect } from './stage';
import { openFfmpeg } from '../av/ffmpeg/open';

/**
 * Writes the track of the selected face: `track.json`, and `track.bin` beside it for a video.
 * @throws E_INPUT for a file that is neither a picture nor a video or for a face number that there is
 *   not, E_NO_FACE, E_MODEL_MISSING, E_MODEL_LICENCE, E_NATIVE, E_FFMPEG_MISSING
 */
export const run: RunOf<typeof faceDetect> = async (input, parameters, context) => {
  const { signal } = context;
  const adjustments = adjustmentsOf(parameters);
  const video = await videoSource(
    input.file,
    () => openFfmpeg(context.settings.ffmpegPath),
    adjustments,
    signal,
  );
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
