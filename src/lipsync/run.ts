/** Lip-sync: a face and a speech become a clip. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { listen } from './sound/listen';
import {
  fpsOf,
  frameRate,
  framesForSamples,
  LipwireError,
  type ClipPayload,
  type FaceSource,
  type FrameRate,
  type SpeechPayload,
  type RunOf,
} from '../contract';
import { writeClip } from '../av/clip-writer';
import type { Actor, Scene } from './actor';
import { builtinActor } from './builtin/actor';
import { chooseModel, type ModelChoice } from './choose-model';
import { openFootage } from './footage';
import { soundOf } from './sound';
import { loadPortrait } from './portrait';
import type { wav2lip } from './stage';
import { openFfmpeg } from '../av/ffmpeg/open';

/** Frames a second of a picture that speaks, where nothing is set. */
const STILL_FPS = 25;
/** Renders at most one progress report for so many frames. */
const FRAMES_A_REPORT = 5;

/**
 * Renders with a Wav2Lip model or the built-in engine; `auto` takes the best that is installed and
 * may run, and says why. Frames are exactly `ceil(samples / rate × fps)`, unless the reference's own
 * count is asked for.
 */
export const run: RunOf<typeof wav2lip> = async ({ speech, face }, parameters, context) => {
  const began = performance.now();
  const { signal, folder, settings } = context;
  context.progress({ type: 'preparing', what: 'the portrait' });
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const choice = await chooseModel(parameters.model, settings, signal);
  const sound = await soundOf(speech, context);
  const heard = await listen(sound, signal);
  const rate = rateOf(parameters.fps, face.source);
  const { samples, sampleRate } = heard.format;
  const actor = await actorOf(choice, {
    face,
    sound,
    heard,
    cues: speech.kind === 'speech' ? speech.cues : undefined,
    rate,
    frameCount: framesForSamples(samples, sampleRate, rate),
    parameters,
    context,
  });
  const { frameCount, width, height, backdrop } = actor;
  const written = await writeClip({
    ffmpeg,
    frames: actor.frames(signal),
    pixels: backdrop ? 'rgb24' : 'yuv420p',
    width,
    height,
    ...(backdrop && { backdrop }),
    rate,
    frameCount,
    sound,
    folder,
    signal,
    onProgress: (done) => {
      if (done % FRAMES_A_REPORT === 0 || done === frameCount) {
        context.progress({ type: 'running', done, total: frameCount, unit: 'frames' });
      }
    },
  }).finally(() => actor.close());
  if (sound !== speech.file) await rm(sound);
  const seconds = (performance.now() - began) / 1000;
  const fps = fpsOf(rate);
  const duration = frameCount / fps;
  const clip: ClipPayload = {
    kind: 'clip',
    ...written,
    duration,
    fps,
    frames: frameCount,
    width,
    height,
    engine: actor.engine,
    report: {
      seconds,
      speed: duration / seconds,
      framesWithoutFace: 0,
      ...actor.report(),
      offset: parameters.offset,
    },
  };
  return speech.kind === 'speech' ? { ...clip, ...keptOf(speech) } : clip;
};

/** The frame rate of the clip: as set, or the video's own, or 25 for a picture. */
function rateOf(fps: number, source: FaceSource): FrameRate {
  if (fps > 0) return frameRate(fps);
  if (source.type === 'image') return frameRate(STILL_FPS);
  return source.rate ?? frameRate(source.fps ?? STILL_FPS);
}

/** @throws E_INPUT: the built-in engine moves pictures only */
function expectNetwork(
  choice: ModelChoice,
  file: string,
): Extract<ModelChoice, { engine: 'network' }> {
  if (choice.engine === 'network') return choice;
  const why = choice.reason ? ` (taken because: ${choice.reason.replace(/\.$/, '')})` : '';
  throw new LipwireError(
    'E_INPUT',
    `Expected a picture for the built-in engine${why} but "${path.basename(file)}" is a video; ` +
      'install Wav2Lip weights ("lipwire models add FILE") and choose them, or use a picture.',
  );
}

async function actorOf(choice: ModelChoice, scene: Scene): Promise<Actor> {
  const { face } = scene;
  const { signal } = scene.context;
  if (face.source.type === 'video') {
    return filmed(expectNetwork(choice, face.source.file), scene);
  }
  const portrait = await loadPortrait(face, signal);
  const still = { ...scene, portrait };
  if (choice.engine === 'builtin') return builtinActor(still, choice.reason);
  // Loaded late: the built-in engine needs no network.
  const { stillActor } = await import('./wav2lip/still-actor.js');
  try {
    return await stillActor(still, choice.model, choice.reason);
  } catch (error) {
    // A file that only its numbers show to be something else; what was asked for by name fails.
    const isUnfit = error instanceof LipwireError && error.code === 'E_MODEL_INVALID';
    if (scene.parameters.model !== 'auto' || !isUnfit) throw error;
    return builtinActor(still, error.message);
  }
}

async function filmed(
  { model, reason }: Extract<ModelChoice, { engine: 'network' }>,
  scene: Scene,
): Promise<Actor> {
  const footage = await openFootage(scene.face);
  try {
    const { videoActor } = await import('./wav2lip/video-actor.js');
    return await videoActor({ ...scene, footage }, model, reason);
  } catch (error) {
    await footage.track.close();
    throw error;
  }
}

/** What a clip keeps of its speech. */
function keptOf({ text, language, loudness }: SpeechPayload): Partial<ClipPayload> {
  return {
    ...(text !== undefined && { text }),
    ...(language !== undefined && { language }),
    ...(loudness !== undefined && { loudness }),
  };
}
