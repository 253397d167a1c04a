/** Lip-sync: a face and a speech become a clip. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { BuiltinEngine, listen } from '../lipsync';
import {
  fpsOf,
  frameRate,
  framesForSamples,
  inputError,
  LipwireError,
  readWavFormat,
  toLipwireError,
  type ClipPayload,
  type SpeechPayload,
} from '../media';
import { writeClip } from '../video';
import { loadPortrait } from './portrait';
import type { Stage, StageContext, StageInput } from './stage';

/** Renders at most one progress report for so many frames. */
const FRAMES_A_REPORT = 5;

/**
 * The built-in engine; `auto` takes it because no Wav2Lip weights are installed, and says so.
 * Frames are exactly `ceil(samples / rate × fps)`.
 */
export const wav2lip: Stage<'wav2lip'> = async ({ speech, face }, parameters, context) => {
  const began = performance.now();
  const { signal, folder } = context;
  context.progress({ type: 'preparing', what: 'the portrait' });
  const ffmpeg = await context.ffmpeg();
  const portrait = await loadPortrait(face, signal);
  const sound = await soundOf(speech, context);
  const { format, features } = await listen(sound, signal);
  const rate = frameRate(parameters.fps);
  const frameCount = framesForSamples(format.samples, format.sampleRate, rate);
  const cues = speech.kind === 'speech' ? speech.cues : undefined;
  const engine = new BuiltinEngine({
    ...portrait,
    features,
    cues,
    frameCount,
    rate,
    offset: parameters.offset,
    blinks: parameters.blinks,
    headMotion: parameters.headMotion,
    intensity: parameters.intensity,
  });
  const { picture } = portrait;
  const { file, master } = await writeClip({
    ffmpeg,
    frames: engine.frames(signal),
    width: picture.width,
    height: picture.height,
    backdrop: { picture: Buffer.from(picture.data), ...engine.region },
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
    engine: {
      model: 'builtin',
      device: 'cpu',
      ...(parameters.model === 'auto' && { reason: 'no Wav2Lip weights are installed' }),
    },
    report: {
      seconds,
      speed: duration / seconds,
      framesWithoutFace: 0,
      openness: engine.openness,
      drivenBy: engine.performance.drivenBy,
      offset: parameters.offset,
    },
  };
  return speech.kind === 'speech' ? { ...clip, ...heard(speech) } : clip;
};

/** What a clip keeps of its speech. */
function heard({ text, language, loudness }: SpeechPayload): Partial<ClipPayload> {
  return {
    ...(text !== undefined && { text }),
    ...(language !== undefined && { language }),
    ...(loudness !== undefined && { loudness }),
  };
}

/** The speech as a WAV file; anything else that has sound is converted first. */
async function soundOf(
  speech: StageInput<'wav2lip'>['speech'],
  context: StageContext,
): Promise<string> {
  if (await isWav(speech.file)) return speech.file;
  const ffmpeg = await context.ffmpeg();
  const { streams } = await ffmpeg.probe(speech.file, context.signal);
  if (!streams.some(({ type }) => type === 'audio')) {
    throw inputError('the speech', 'a file with sound', speech.file);
  }
  const target = path.join(context.folder, 'sound.wav');
  await ffmpeg.run({
    inputs: [{ source: speech.file }],
    outputs: [{ target, options: ['-map', '0:a:0', '-vn', '-c:a', 'pcm_s16le'] }],
    signal: context.signal,
  });
  return target;
}

async function isWav(file: string): Promise<boolean> {
  try {
    await readWavFormat(file);
    return true;
  } catch (error) {
    if (error instanceof LipwireError && error.code === 'E_INPUT') return false;
    throw toLipwireError(error);
  }
}
