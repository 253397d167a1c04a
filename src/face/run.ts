/** face-detect: finds the faces of a portrait, and the landmarks of the one that is meant. */
import {
  throwIfCancelled,
  type FacePayload,
  type RunOf,
  LipwireError,
  toLipwireError,
  type FaceSource,
} from '../contract';
import { cpuDevice } from '../ml/onnx/devices';
import type { Network } from '../ml/onnx/session';
import { adjustmentsOf } from './adjustments';
import { detectInPicture } from './image';
import { detectInVideo } from './video';
import { openFaceWork } from './networks';
import type { faceDetect } from './stage';
import { openFfmpeg } from '../av/ffmpeg/open';
import { open } from 'node:fs/promises';
import { looksLikePicture, sniff } from '../av/sniff';
import { describeVideo, type VideoAdjustments } from '../av/ffmpeg/frames';
import type { Ffmpeg } from '../av/ffmpeg/types';

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

/** Formats under which FFmpeg reads still pictures. */
const STILL_FORMATS = /^(image2|.*_pipe)$/;

/**
 * How a video's frames are read; nothing for a picture, and for what is neither: reading it as a
 * picture says best what is wrong with it.
 * @throws E_INPUT for a video that is damaged, has no picture or no length; E_PATH, E_FFMPEG_MISSING
 */
export async function videoSource(
  file: string,
  openFfmpeg: () => Promise<Ffmpeg>,
  adjustments: VideoAdjustments,
  signal: AbortSignal,
): Promise<FaceSource | undefined> {
  const head = await readHead(file);
  if (head.length === 0 || looksLikePicture(head)) return undefined;
  const kind = sniff(head);
  if (kind === 'pdf') return undefined;
  const ffmpeg = await openFfmpeg();
  try {
    const { format } = await ffmpeg.probe(file, signal);
    if (STILL_FORMATS.test(format)) return undefined;
    return await describeVideo(ffmpeg, file, adjustments, signal);
  } catch (error) {
    if (kind === 'video' || !isUnreadable(error)) throw error;
    return undefined;
  }
}

/** FFprobe does not know it; then it is no video. */
function isUnreadable(error: unknown): boolean {
  return (
    error instanceof LipwireError && error.code === 'E_INPUT' && /for the file/.test(error.message)
  );
}

async function readHead(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      // A pipe or a device could block for ever; a folder is told of by whoever reads it.
      if (!(await handle.stat()).isFile()) return Buffer.alloc(0);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toLipwireError(error);
  }
}
