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
} from '../contract';
import { assemble } from './assemble';
import { captionsOf, webVtt } from '../av/captions';
import { chapterMetadata, makeChapters } from './chapters';
import { encodePicture } from './picture';
import { planStitch } from './plan';
import { sharedBackdrop } from '../av/backdrop';
import { describeClips } from './describe-clips';
import { makeSound } from './make-sound';
import type { stitch } from './stage';
import { openFfmpeg } from '../av/ffmpeg/open';

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
