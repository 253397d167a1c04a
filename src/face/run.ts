/** face-detect: finds the faces of a portrait, and the landmarks of the selected one. */
import {
  throwIfCancelled,
  type FacePayload,
  type Note,
  type RunOf,
  type StageContext,
  LipwireError,
  toLipwireError,
  type FaceSource,
} from '../contract';
import { cpuDevice } from '../ml/onnx/devices';
import type { Network } from '../ml/onnx/session';
import { adjustmentsOf, type faceDetect, type FaceDetectParameters } from './stage';
import { detectInPicture } from './image';
import { detectInVideo } from './video';
import { openFaceWork } from './networks';
import { openFfmpeg } from '../av/ffmpeg/open';
import { open } from 'node:fs/promises';
import { looksLikePicture, sniff } from '../av/sniff';
import { describeVideo, rangeNotes } from '../av/ffmpeg/frames';

/**
 * Writes the track of the selected face: `track.json`, and `track.bin` beside it for a video.
 * @throws E_INPUT for a file that is neither a picture nor a video or for a face number above the
 *   count, E_NO_FACE, E_MODEL_MISSING, E_MODEL_LICENCE, E_NATIVE, E_FFMPEG_MISSING
 */
export const run: RunOf<typeof faceDetect> = async (input, parameters, context) => {
  const { signal } = context;
  const video = await videoSource(input.file, parameters, context);
  const work = await openFaceWork(parameters, context);
  throwIfCancelled(signal);
  const found = await (video ? detectInVideo(input, video, work) : detectInPicture(input, work));
  const engine = await engineOf(work.networks.mesh);
  const notes = [...(found.notes ?? []), ...(video ? await videoNotes(video.file, context) : [])];
  return { ...found, ...(notes.length > 0 && { notes }), ...(engine && { engine }) };
};

/** What is to be said of a video. */
async function videoNotes(file: string, { settings, signal }: StageContext): Promise<Note[]> {
  const ffmpeg = await openFfmpeg(settings.ffmpegPath);
  const { streams } = await ffmpeg.probe(file, signal);
  return rangeNotes(
    ffmpeg,
    streams.find(({ type }) => type === 'video'),
  );
}

/** Undefined for the native CPU. */
async function engineOf({ device }: Network): Promise<FacePayload['engine']> {
  if (device === 'cpu') return undefined;
  const { reason } = await cpuDevice();
  return { device, ...(device === 'wasm' && reason && { reason }) };
}

/** Formats under which FFmpeg reads still pictures. */
const STILL_FORMATS = /^(image2|.*_pipe)$/;

/**
 * How a video's frames are read; undefined for a picture, and for a file that is neither, of which the
 * error of the picture decoder is the clearest.
 * @throws E_INPUT for a video that is damaged, has no picture or no length; E_PATH, E_FFMPEG_MISSING
 */
export async function videoSource(
  file: string,
  parameters: FaceDetectParameters,
  { settings, signal }: StageContext,
): Promise<FaceSource | undefined> {
  const adjustments = adjustmentsOf(parameters);
  const head = await readHead(file);
  if (head.length === 0 || looksLikePicture(head)) return undefined;
  const kind = sniff(head);
  if (kind === 'pdf') return undefined;
  const ffmpeg = await openFfmpeg(settings.ffmpegPath);
  try {
    const { format } = await ffmpeg.probe(file, signal);
    if (STILL_FORMATS.test(format)) return undefined;
    return await describeVideo(ffmpeg, file, adjustments, signal);
  } catch (error) {
    // FFprobe does not know the format: no video.
    const isUnknown =
      error instanceof LipwireError &&
      error.code === 'E_INPUT' &&
      /for the file/.test(error.message);
    if (kind === 'video' || !isUnknown) throw error;
    return undefined;
  }
}

async function readHead(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      // A pipe or a device could block for ever; reading a folder fails later.
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
