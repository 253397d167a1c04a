/** Joins clips into one video (docs/design.md sections 4 and 5). */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  fpsOf,
  frameRate,
  frameTime,
  inputError,
  type Chapter,
  type ClipPayload,
  type RunOf,
  throwIfCancelled,
  type StageContext,
} from '../contract';
import { assemble, chapterMetadata, makeChapters } from './assemble';
import { captionsOf, webVtt } from '../av/captions';
import { encodePicture } from './picture';
import { planStitch, type SourceClip } from './plan';
import { sharedBackdrop, checkBackdrop, checkMaster } from '../av/clip-writer';
import { makeSound } from './sound';
import type { stitch } from './stage';
import { openFfmpeg } from '../av/ffmpeg/open';
import type { Ffmpeg } from '../av/ffmpeg/types';

export const run: RunOf<typeof stitch> = async ({ clips }, parameters, context) => {
  const { folder, signal } = context;
  if (clips.length === 0) throw inputError('the clips to stitch', 'at least one clip', clips);
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const sources = await describeClips(clips, ffmpeg, context);
  const rate = parameters.fps === 0 ? undefined : frameRate(parameters.fps);
  const plan = planStitch(sources, { ...parameters, rate }, await sharedBackdrop(sources));
  const report = (done: number): void =>
    context.progress({ type: 'running', done, total: plan.frames, unit: 'frames' });
  report(0);
  const scratch = path.join(folder, 'scratch');
  await mkdir(scratch);
  try {
    const file = path.join(folder, 'video.mp4');
    const sound = path.join(scratch, 'sound.mp4');
    const { quality } = parameters;
    const [pieces, { loudness, fadedSpeech }] = await together(signal, (both) => [
      encodePicture({ ffmpeg, plan, quality, folder: scratch, signal: both, onProgress: report }),
      makeSound(sound, clips, plan, ffmpeg, both),
    ]);
    const texts = clips.map((clip) => clip.text);
    const chapters = makeChapters(plan, texts);
    const language = commonLanguage(clips);
    const metadata = chapterMetadata(plan, chapters);
    await assemble({
      ffmpeg,
      plan,
      pieces,
      sound,
      metadata,
      language,
      file,
      scratch,
      signal,
    });
    const captions = await writeCaptions(chapters, texts, folder);
    const notes = [...plan.notes];
    if (fadedSpeech > 0) notes.push(`${fadedSpeech.toFixed(2)} s of sound lie under cross-fades.`);
    return {
      ...{ kind: 'video', file, chapters, loudness },
      duration: frameTime(plan.frames, plan.rate),
      fps: fpsOf(plan.rate),
      frames: plan.frames,
      width: plan.width,
      height: plan.height,
      ...(captions && { captions }),
      ...(language && { language }),
      report: { clips: clips.length, crossFadeFrames: plan.crossFade, fadedSpeech, notes },
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

/** Does two things at once; when one fails, the other is stopped, and the first failure is thrown. */
async function together<A, B>(
  signal: AbortSignal,
  start: (both: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const stop = new AbortController();
  let failure: { error: unknown } | undefined;
  const note = (error: unknown): void => {
    failure ??= { error };
    stop.abort();
  };
  const [a, b] = start(AbortSignal.any([signal, stop.signal]));
  const results = await Promise.all([a.catch(note), b.catch(note)]);
  if (failure) throw failure.error as Error;
  return results as [A, B];
}

/** The language of the captions: the one that all clips have. */
function commonLanguage(clips: readonly ClipPayload[]): string | undefined {
  const language = clips[0]?.language;
  return clips.every((clip) => clip.language === language) ? language : undefined;
}

async function writeCaptions(
  chapters: readonly Chapter[],
  texts: readonly (string | undefined)[],
  folder: string,
): Promise<string | undefined> {
  const captions = chapters.flatMap(({ start, end }, index) =>
    captionsOf(texts[index] ?? '', start, end),
  );
  if (captions.length === 0) return undefined;
  const file = path.join(folder, 'captions.vtt');
  await writeFile(file, webVtt(captions));
  return file;
}

/** Foreign clips that are probed at once. */
const PROBES_AT_ONCE = 4;

/** What the plan needs to know of the clips. Only files that are not Lipwire's own are looked into. */
export async function describeClips(
  clips: readonly ClipPayload[],
  ffmpeg: Ffmpeg,
  { signal }: StageContext,
): Promise<SourceClip[]> {
  const described: SourceClip[] = [];
  for (let first = 0; first < clips.length; first += PROBES_AT_ONCE) {
    throwIfCancelled(signal);
    const some = clips.slice(first, first + PROBES_AT_ONCE);
    described.push(
      ...(await Promise.all(
        some.map((clip, index) => describeClip(clip, first + index, ffmpeg, signal)),
      )),
    );
  }
  return described;
}

async function describeClip(
  clip: ClipPayload,
  index: number,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<SourceClip> {
  const { width, height, frames } = clip;
  const facts = { width, height, frames, rate: frameRate(clip.fps) };
  if (clip.master) {
    const { master: file, backdrop } = clip;
    const subject = `clip ${index + 1}`;
    if (backdrop) await checkBackdrop(backdrop, clip, subject);
    await checkMaster(file, backdrop ?? clip, subject);
    return { ...facts, file, hasSound: true, isMaster: true, ...(backdrop && { backdrop }) };
  }
  const { streams } = await ffmpeg.probe(clip.file, signal);
  const picture = streams.find(({ type }) => type === 'video');
  if (!picture) throw inputError(`clip ${index + 1}`, 'a video', clip.file);
  const seconds = picture.duration ?? frames / clip.fps;
  if (Math.abs(seconds * clip.fps - frames) > 1.5) {
    const subject = `the frames of clip ${index + 1}`;
    throw inputError(subject, `what is in the file (${Math.round(seconds * clip.fps)})`, frames);
  }
  const hasSound = streams.some(({ type }) => type === 'audio');
  return { ...facts, file: clip.file, hasSound, isMaster: false };
}
