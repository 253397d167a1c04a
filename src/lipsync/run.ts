/** Lip-sync: a face and a speech become a clip. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { listen, soundOf } from './sound';
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
  type StageContext,
  makeNote,
} from '../contract';
import { writeClip } from '../av/clip-writer';
import type { EngineFace, Renderer } from './engine';
import { chooseEngine, LIPSYNC_ENGINES, type EngineChoice } from './engines';
import type { LipsyncParameters, wav2lip } from './stage';
import { openFfmpeg } from '../av/ffmpeg/open';

/** Frames a second of a picture that speaks, where nothing is set. */
const STILL_FPS = 25;
/** Renders at most one progress report for so many frames. */
const FRAMES_A_REPORT = 5;

/**
 * Renders with the engine that is set; `auto` takes the best that is installed and may run, and says
 * why. Frames are exactly `ceil(samples / rate × fps)`, unless the reference's own count is asked
 * for.
 */
export const run: RunOf<typeof wav2lip> = async ({ speech, face }, parameters, context) => {
  const began = performance.now();
  const { signal, folder, settings } = context;
  context.progress({ type: 'preparing', what: 'the portrait' });
  const ffmpeg = await openFfmpeg(settings.ffmpegPath);
  const choice = await chooseEngine(parameters.model, settings, signal);
  const { file: sound, notes: heard } = await soundOf(speech, context);
  const { format, features } = await listen(sound, signal);
  const rate = rateOf(parameters.fps, face.source);
  const { renderer, reason } = await openRenderer(choice, { face, rate }, parameters, context);
  try {
    const rendering = await renderer.render(
      {
        file: sound,
        features,
        cues: speech.cues,
        frameCount: framesForSamples(format.samples, format.sampleRate, rate),
      },
      signal,
    );
    const { frameCount, frames } = rendering;
    const { width, height, backdrop } = renderer;
    const reasons = [reason, renderer.engine.reason].filter(Boolean).join('; ');
    const written = await writeClip({
      ffmpeg,
      frames,
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
    });
    if (sound !== speech.file) await rm(sound);
    const seconds = (performance.now() - began) / 1000;
    const fps = fpsOf(rate);
    const duration = frameCount / fps;
    const report = rendering.report();
    const played = (report.notes ?? []).map((what) => makeNote('N_PLAYED', { what }));
    const notes = [...heard, ...(renderer.notes ?? []), ...played];
    return {
      kind: 'clip',
      ...written,
      duration,
      fps,
      frames: frameCount,
      width,
      height,
      engine: { ...renderer.engine, ...(reasons && { reason: reasons }) },
      report: {
        seconds,
        speed: duration / seconds,
        framesWithoutFace: 0,
        ...report,
        offset: parameters.offset,
      },
      ...(notes.length > 0 && { notes }),
      ...(speech.kind === 'speech' && keptOf(speech)),
    };
  } finally {
    await renderer.close();
  }
};

/**
 * Opens the engine for a face. With `auto` a user's file that only turns out to be no model when it
 * is opened gives way to the built-in engine, which says why.
 * @throws E_INPUT for a kind of face that the engine does not move, and what its `open` throws
 */
async function openRenderer(
  choice: EngineChoice,
  face: EngineFace,
  parameters: LipsyncParameters,
  context: StageContext,
): Promise<{ renderer: Renderer; reason?: string }> {
  const { engine, model, reason } = choice;
  const { type, file } = face.face.source;
  // A face that a flow builds by hand may lack the type; it is a picture then.
  if (!engine.accepts[type === 'video' ? 'video' : 'image']) throw notAccepted(choice, file);
  try {
    const open = await engine.load();
    return { renderer: await open(face, { ...parameters, model }, context), reason };
  } catch (error) {
    const isUnfit = error instanceof LipwireError && error.code === 'E_MODEL_INVALID';
    if (parameters.model !== 'auto' || !isUnfit || type === 'video') throw error;
    const other = await chooseEngine('builtin', context.settings);
    const { renderer } = await openRenderer(
      other,
      face,
      { ...parameters, model: 'builtin' },
      context,
    );
    return { renderer, reason: error.message };
  }
}

function notAccepted({ engine, reason }: EngineChoice, file: string): LipwireError {
  const why = reason ? ` (taken because: ${reason.replace(/\.$/, '')})` : '';
  const others = LIPSYNC_ENGINES.filter(({ accepts }) => accepts.video).map(({ title }) => title);
  return new LipwireError(
    'E_INPUT',
    `Expected a picture for ${engine.title}${why} but "${path.basename(file)}" is a video; ` +
      `install ${others.join(' or ')} weights ("lipwire models add FILE") and choose them, or ` +
      'use a picture.',
  );
}

/** The frame rate of the clip: as set, or the video's own, or 25 for a picture. */
function rateOf(fps: number, source: FaceSource): FrameRate {
  if (fps > 0) return frameRate(fps);
  if (source.type !== 'video') return frameRate(STILL_FPS);
  return source.rate ?? frameRate(source.fps ?? STILL_FPS);
}

/** What a clip keeps of its speech. */
function keptOf({ text, language, loudness }: SpeechPayload): Partial<ClipPayload> {
  return {
    ...(text !== undefined && { text }),
    ...(language !== undefined && { language }),
    ...(loudness !== undefined && { loudness }),
  };
}
