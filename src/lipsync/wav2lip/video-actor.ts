import { readVideoFrames } from '../../av/ffmpeg/frames';
import { FacePath } from './face-path';
import {
  framesUntilEnd,
  playedFrames,
  positionOf,
  type FrameReader,
  type Play,
} from './played-frames';
import { reversed } from './reversed-frames';
import { VideoEngine } from './video';
import { fpsOf, frameTime } from '../../contract';
import { yuvBytes } from '../../av/yuv';
import type { InstalledModel } from '../../ml/store/find';
import type { Actor, VideoScene } from '../actor';
import { agreementOf, engineOf, openMouth } from './mouth';
import { padsOf } from './pads';
import { openFfmpeg } from '../../av/ffmpeg/open';

/**
 * A Wav2Lip model on a video.
 * @throws E_MODEL_INVALID, E_NATIVE, E_INPUT for pads that are none
 */
export async function videoActor(scene: VideoScene, model: InstalledModel): Promise<Actor> {
  const { footage, features, rate, parameters, context } = scene;
  const { width, height, track } = footage;
  const pads = padsOf(scene);
  const until = framesOf(scene);
  const mouth = await openMouth({ ...scene, frameCount: until }, model);
  const frameCount = Math.min(until, mouth.frameCount);
  const play = playOf(scene, frameCount);
  const read = await reader(scene);
  const isSoft = parameters.blend === 'soft';
  const path = new FacePath({
    ...{ track, width, height, pads, scale: footage.scale, fps: fpsOf(footage.rate) },
    follow: isSoft ? 'landmarks' : 'box',
    smoothing: smoothingOf(parameters),
    used: Math.min(footage.frames, positionOf(frameCount - 1, play) + 1),
  });
  const engine = new VideoEngine({
    ...parameters,
    ...{ width, height, rate, frameCount },
    frames: playedFrames(play, read, reversed(read, context.folder, yuvBytes(width, height))),
    faceAt: (source) => path.at(source),
    network: mouth.network,
    batch: parameters.batch || mouth.network.batch,
    windows: mouth.windows,
    features,
  });
  return {
    engine: engineOf(model, mouth.network),
    ...{ frameCount, width, height },
    frames: (stop) => engine.frames(stop),
    report: () => {
      const { count, ranges } = engine.withoutFace;
      const notes = notesOf(scene, frameCount);
      return {
        drivenBy: 'sound',
        silentFrames: engine.silentFrames,
        framesWithoutFace: count,
        ...(count > 0 && { withoutFace: ranges }),
        ...(engine.seam && { seam: engine.seam }),
        ...agreementOf(mouth.network),
        ...(notes.length > 0 && { notes }),
      };
    },
  };
}

type Parameters = VideoScene['parameters'];

function smoothingOf({ smoothing, blend }: Parameters): 'zero-lag' | 'reference' | 'none' {
  if (smoothing !== 'auto') return smoothing;
  return blend === 'soft' ? 'zero-lag' : 'reference';
}

function playOf({ footage, rate, parameters }: VideoScene, frameCount: number): Play {
  return {
    ...{ frameCount, rate, videoFrames: footage.frames, videoRate: footage.rate },
    // The reference plays it again and again.
    whenShort: parameters.frameCount === 'reference' ? 'loop' : parameters.whenShort,
    isStatic: parameters.static,
  };
}

/** Frames that the clip has: those of the speech, or of a video with which it ends. */
function framesOf(scene: VideoScene): number {
  const play = playOf(scene, scene.frameCount);
  const isCut = play.whenShort === 'end' && !play.isStatic;
  return isCut ? Math.min(scene.frameCount, framesUntilEnd(play)) : scene.frameCount;
}

function notesOf(scene: VideoScene, frameCount: number): string[] {
  const play = playOf(scene, frameCount);
  const seconds = (frames: number): string => frameTime(frames, scene.rate).toFixed(2);
  const missing = scene.frameCount - frameCount;
  if (play.isStatic) return [];
  if (play.whenShort === 'end') {
    if (missing === 0) return [];
    return [`The clip ends with the video, ${seconds(missing)} s before its speech.`];
  }
  if (positionOf(frameCount - 1, play) < play.videoFrames) return [];
  const how = {
    'back-and-forth': 'plays back and forth',
    loop: 'plays again',
    freeze: 'stands still',
  };
  const length = frameTime(play.videoFrames, play.videoRate).toFixed(2);
  return [`The video ends after ${length} s, before its speech, and then ${how[play.whenShort]}.`];
}

async function reader({ footage, context }: VideoScene): Promise<FrameReader> {
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const { signal } = context;
  const { view, size } = footage;
  return (from, count) =>
    readVideoFrames(ffmpeg, view, {
      signal,
      pixels: 'yuv420p',
      from,
      count,
      ...(size && { size }),
    });
}
