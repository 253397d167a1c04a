/** Lip-sync: a face and a speech become a clip. */
import { rm } from 'node:fs/promises';
import { listen } from '../lipsync';
import {
  fpsOf,
  frameRate,
  framesForSamples,
  LipwireError,
  type ClipPayload,
  type SpeechPayload,
} from '../media';
import { writeClip } from '../video';
import type { Actor, Scene } from './lipsync/actor';
import { builtinActor } from './lipsync/builtin';
import { chooseModel, type ModelChoice } from './lipsync/choose-model';
import { soundOf } from './lipsync/sound';
import { loadPortrait } from './portrait';
import type { Stage } from './stage';

/** Renders at most one progress report for so many frames. */
const FRAMES_A_REPORT = 5;

/**
 * Renders with a Wav2Lip model or the built-in engine; `auto` takes the best that is installed and
 * may run, and says why. Frames are exactly `ceil(samples / rate × fps)`, unless the reference's own
 * count is asked for.
 */
export const wav2lip: Stage<'wav2lip'> = async ({ speech, face }, parameters, context) => {
  const began = performance.now();
  const { signal, folder, settings } = context;
  context.progress({ type: 'preparing', what: 'the portrait' });
  const ffmpeg = await context.ffmpeg();
  const choice = await chooseModel(parameters.model, settings, signal);
  const portrait = await loadPortrait(face, signal);
  const sound = await soundOf(speech, context);
  const heard = await listen(sound, signal);
  const rate = frameRate(parameters.fps);
  const { samples, sampleRate } = heard.format;
  const actor = await actorOf(choice, {
    portrait,
    sound,
    heard,
    cues: speech.kind === 'speech' ? speech.cues : undefined,
    rate,
    frameCount: framesForSamples(samples, sampleRate, rate),
    parameters,
    context,
  });
  const { frameCount, region } = actor;
  const { picture } = portrait;
  const { file, master } = await writeClip({
    ffmpeg,
    frames: actor.frames(signal),
    width: picture.width,
    height: picture.height,
    backdrop: { picture: Buffer.from(picture.data), ...region },
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
  });
  if (sound !== speech.file) await rm(sound);
  const seconds = (performance.now() - began) / 1000;
  const fps = fpsOf(rate);
  const duration = frameCount / fps;
  const clip: ClipPayload = {
    kind: 'clip',
    file,
    master,
    duration,
    fps,
    frames: frameCount,
    width: picture.width,
    height: picture.height,
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

async function actorOf(choice: ModelChoice, scene: Scene): Promise<Actor> {
  const { reason } = choice;
  if (choice.engine === 'builtin') return builtinActor(scene, reason);
  // Loaded late: the built-in engine needs no network.
  const { networkActor } = await import('./lipsync/network.js');
  try {
    return await networkActor(scene, choice.model, reason);
  } catch (error) {
    // A file that only its numbers show to be something else; what was asked for by name fails.
    const isUnfit = error instanceof LipwireError && error.code === 'E_MODEL_INVALID';
    if (scene.parameters.model !== 'auto' || !isUnfit) throw error;
    return builtinActor(scene, error.message);
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
