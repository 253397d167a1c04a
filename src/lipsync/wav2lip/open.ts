/** Opens Wav2Lip for a face: a model of the user's on a portrait or a video. */
import { availableParallelism } from 'node:os';
import { fpsOf, frameTime, inputError, type ClipEngine, type StageContext } from '../../contract';
import { readVideoFrames } from '../../av/ffmpeg/frames';
import { openFfmpeg } from '../../av/ffmpeg/open';
import { yuvBytes } from '../../av/yuv';
import type { EngineFace, OpenRenderer, Renderer, Speech } from '../engine';
import { expectLandmarks, loadPortrait, openFootage, type Footage } from '../face';
import { KEPT, WHOLE } from './aligned-crop';
import { findModel, type wav2lip } from './engine';
import { FacePath, NO_PADS, type Pads } from './face-path';
import { melOfFile } from './mel';
import { openMouthNetwork, type OpenMouthNetwork } from './mouth-network';
import {
  framesUntilEnd,
  playedFrames,
  positionOf,
  reversed,
  type FrameReader,
  type Play,
} from './played-frames';
import { StillFace, StillRenderer, VideoRenderer } from './render';
import { melWindows, referenceWindows } from './windows';

type Open = OpenRenderer<typeof wav2lip>;
type EngineParameters = Parameters<Open>[1];

/** More threads than this do not make a network of this size faster. */
const MOST_THREADS = 8;
/** Most pixels that a pad adds. */
const MOST_PAD = 2000;

export const open: Open = (face, parameters, context) =>
  face.face.source.type === 'video'
    ? openVideo(face, parameters, context)
    : openStill(face, parameters, context);

async function openStill(
  { face, rate }: EngineFace,
  parameters: EngineParameters,
  context: StageContext,
): Promise<Renderer> {
  const loaded = await loadPortrait(face, context.signal);
  const portrait = parameters.blend === 'soft' ? expectLandmarks(loaded) : loaded;
  const pads = padsOf(face.detector, parameters.pads);
  const { network, engine } = await openModel(parameters, context);
  const { width, height, data } = portrait.picture;
  const still = new StillFace({ ...portrait, ...parameters, network, rate, pads });
  return {
    engine,
    width,
    height,
    backdrop: { picture: Buffer.from(data), ...still.region },
    render: async (speech, signal) => {
      const { windows, frameCount } = await windowsOf(speech, rate, parameters, context, signal);
      const options = {
        ...parameters,
        ...{ network, windows, rate, frameCount, features: speech.features },
        batch: parameters.batch || network.batch,
      };
      const clip = new StillRenderer(options, still);
      const report = () => reportOf(clip, network);
      return { frameCount, frames: clip.frames(signal), report };
    },
    close: async () => undefined,
  };
}

async function openVideo(
  { face, rate }: EngineFace,
  parameters: EngineParameters,
  context: StageContext,
): Promise<Renderer> {
  const footage = await openFootage(face);
  const { width, height, track } = footage;
  try {
    const pads = padsOf(face.detector, parameters.pads);
    const { network, engine } = await openModel(parameters, context);
    return {
      engine,
      width,
      height,
      render: async (speech, signal) => {
        const whole: Play = {
          ...{ frameCount: speech.frameCount, rate },
          ...{ videoFrames: footage.frames, videoRate: footage.rate },
          // The reference plays it again and again.
          whenShort: parameters.frameCount === 'reference' ? 'loop' : parameters.whenShort,
          isStatic: parameters.static,
        };
        const most = framesOf(whole);
        const heard = { ...speech, frameCount: most };
        const { windows, ...made } = await windowsOf(heard, rate, parameters, context, signal);
        const frameCount = Math.min(most, made.frameCount);
        const play = { ...whole, frameCount };
        const read = await frameReader(footage, context, signal);
        const reverse = reversed(read, context.folder, yuvBytes(width, height));
        const isSoft = parameters.blend === 'soft';
        const { smoothing } = parameters;
        const path = new FacePath({
          ...{ track, width, height, pads, scale: footage.scale, fps: fpsOf(footage.rate) },
          follow: isSoft ? 'landmarks' : 'box',
          smoothing: smoothing !== 'auto' ? smoothing : isSoft ? 'zero-lag' : 'reference',
          used: Math.min(footage.frames, positionOf(frameCount - 1, play) + 1),
        });
        const video = new VideoRenderer({
          ...parameters,
          ...{ network, windows, rate, frameCount, width, height, features: speech.features },
          batch: parameters.batch || network.batch,
          frames: playedFrames(play, read, reverse),
          faceAt: (source) => path.at(source),
        });
        const report = () => {
          const { count, ranges } = video.withoutFace;
          const note = noteOf(play, speech.frameCount);
          return {
            ...reportOf(video, network),
            framesWithoutFace: count,
            ...(count > 0 && { withoutFace: ranges }),
            ...(note && { notes: [note] }),
          };
        };
        return { frameCount, frames: video.frames(signal), report };
      },
      close: () => track.close(),
    };
  } catch (error) {
    await track.close();
    throw error;
  }
}

/** @throws E_MODEL_MISSING, E_MODEL_INVALID, E_MODEL_LICENCE, E_NATIVE */
async function openModel(
  { model: name, blend, precision }: EngineParameters,
  { settings, signal, progress }: StageContext,
): Promise<{ network: OpenMouthNetwork; engine: ClipEngine }> {
  const model = await findModel(name, settings, signal);
  const network = await openMouthNetwork(model, blend === 'soft' ? KEPT : WHOLE, {
    modelsFolder: settings.modelsFolder,
    device: settings.device,
    precision,
    threads: Math.min(MOST_THREADS, availableParallelism()),
    onPreparing: (what) => progress({ type: 'preparing', what }),
  });
  const { device, precision: taken, reason } = network;
  const engine = { model: model.name, device, precision: taken, ...(reason && { reason }) };
  return { network, engine };
}

/**
 * The mel window of every frame.
 * @throws E_INPUT for a speech too short for the reference's count
 */
async function windowsOf(
  { file, frameCount }: Speech,
  rate: EngineFace['rate'],
  parameters: EngineParameters,
  context: StageContext,
  signal: AbortSignal,
): Promise<{ windows: AsyncIterable<Float32Array>; frameCount: number }> {
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const columns = melOfFile({ ffmpeg, file, signal });
  if (parameters.frameCount === 'reference') return referenceWindows(columns, fpsOf(rate));
  const { offset } = parameters;
  return { windows: melWindows(columns, { rate, frames: frameCount, offset, signal }), frameCount };
}

/** What is known of a clip once all its frames are made. */
function reportOf(
  { silentFrames, seam }: StillRenderer | VideoRenderer,
  network: OpenMouthNetwork,
) {
  const { psnr } = network;
  return {
    drivenBy: 'sound' as const,
    silentFrames,
    ...(seam && { seam }),
    ...(psnr !== undefined && { psnr }),
  };
}

/**
 * The pads that are set: four whole numbers, top, bottom, left, right. A box that the user gave has
 * none, as in the reference.
 * @throws E_INPUT
 */
function padsOf(detector: string, text: string): Pads {
  const numbers = text
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const isRight = numbers.every((value) => Number.isInteger(value) && Math.abs(value) <= MOST_PAD);
  if (numbers.length !== 4 || !isRight) {
    const expected = `four whole numbers (top, bottom, left, right) up to ${MOST_PAD}`;
    throw inputError('pads', expected, text, 'for example "0 10 0 0"');
  }
  const [top, bottom, left, right] = numbers;
  return detector === 'box' ? NO_PADS : { top, bottom, left, right };
}

/** Frames that the clip has: those of the speech, or of a video with which it ends. */
function framesOf(play: Play): number {
  const isCut = play.whenShort === 'end' && !play.isStatic;
  return isCut ? Math.min(play.frameCount, framesUntilEnd(play)) : play.frameCount;
}

const WHEN_SHORT = {
  'back-and-forth': 'plays back and forth',
  loop: 'plays again',
  freeze: 'stands still',
};

/** What a video that is shorter than its speech does. @param wanted frames of the whole speech */
function noteOf(play: Play, wanted: number): string | undefined {
  const { frameCount, rate, videoFrames, videoRate, whenShort, isStatic } = play;
  if (isStatic) return undefined;
  if (whenShort === 'end') {
    const missing = frameTime(wanted - frameCount, rate).toFixed(2);
    if (wanted === frameCount) return undefined;
    return `The clip ends with the video, ${missing} s before its speech.`;
  }
  if (positionOf(frameCount - 1, play) < videoFrames) return undefined;
  const length = frameTime(videoFrames, videoRate).toFixed(2);
  return `The video ends after ${length} s, before its speech, and then ${WHEN_SHORT[whenShort]}.`;
}

async function frameReader(
  { view, size }: Footage,
  { settings }: StageContext,
  signal: AbortSignal,
): Promise<FrameReader> {
  const ffmpeg = await openFfmpeg(settings.ffmpegPath);
  return (from, count) =>
    readVideoFrames(ffmpeg, view, {
      signal,
      pixels: 'yuv420p',
      from,
      count,
      ...(size && { size }),
    });
}
