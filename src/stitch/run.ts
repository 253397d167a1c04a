/** Joins clips into one video (docs/design.md sections 4 and 5). */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { captionsOf, graphemes, iso639, oneLine, webVtt } from '../av/captions';
import { checkBackdrop, checkMaster, sharedBackdrop } from '../av/clip-writer';
import { chaptersOf, OUTPUT_SAMPLE_RATE } from '../av/encoding';
import { openFfmpeg } from '../av/ffmpeg/open';
import type { Ffmpeg } from '../av/ffmpeg/types';
import { readMp4Tracks } from '../av/mp4';
import {
  type Chapter,
  type ClipPayload,
  fpsOf,
  frameRate,
  type FrameRate,
  frameTime,
  inputError,
  LipwireError,
  type RunOf,
  type StageContext,
  throwIfCancelled,
  makeNote,
} from '../contract';
import { encodePicture } from './picture';
import { planStitch, type SourceClip, type StitchPlan } from './plan';
import { makeSound } from './sound';
import type { stitch } from './stage';

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
      ...(notes.length > 0 && { notes: notes.map((what) => makeNote('N_STITCH', { what })) }),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

/** Awaits both; when one fails, stops the other and throws the first failure. */
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

/** Foreign clips probed at once. */
const PROBES_AT_ONCE = 4;

/** The clips for the plan; only foreign files are probed. */
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

/** Puts the encoded picture, the joined sound and the chapters into the finished MP4. */

interface AssembleOptions {
  ffmpeg: Ffmpeg;
  plan: StitchPlan;
  /** List of the pieces of the picture. */
  pieces: string;
  /** The joined sound, encoded. */
  sound: string;
  /** FFmpeg metadata with the chapters. */
  metadata: string;
  /** BCP 47. */
  language: string | undefined;
  /** The MP4 to write. */
  file: string;
  /** For what is needed on the way; the caller removes it. */
  scratch: string;
  signal: AbortSignal;
}

/** Joins picture, sound and chapters into an MP4 with fast start, without encoding, and checks its length. */
export async function assemble(options: AssembleOptions): Promise<void> {
  const { ffmpeg, language, file, signal } = options;
  const metadata = path.join(options.scratch, 'chapters.txt');
  await writeFile(metadata, options.metadata);
  await ffmpeg.run({
    inputs: [
      { source: options.pieces, options: ['-f', 'concat'] },
      { source: options.sound },
      { source: metadata, options: ['-f', 'ffmetadata'] },
    ],
    outputs: [
      {
        target: file,
        options: [
          ...['-map', '0:v', '-map', '1:a', ...chaptersOf(2), '-c', 'copy'],
          ...['-metadata:s:a:0', `language=${iso639(language)}`, '-movflags', '+faststart'],
        ],
      },
    ],
    signal,
  });
  await check(options);
}

async function check({ plan, file }: AssembleOptions): Promise<void> {
  const tracks = await readMp4Tracks(file);
  const picture = tracks.find(({ type }) => type === 'video');
  const sound = tracks.find(({ type }) => type === 'audio');
  const seconds = frameTime(plan.frames, plan.rate);
  // One AAC frame has 1024 samples.
  const isExact =
    picture?.samples === plan.frames &&
    Math.abs((sound?.duration ?? 0) - seconds) < 1025 / OUTPUT_SAMPLE_RATE;
  if (isExact) return;
  throw new LipwireError(
    'E_INTERNAL',
    `Expected ${plan.frames} frames and ${seconds.toFixed(3)} s of sound in the video but there ` +
      `are ${picture?.samples} and ${sound?.duration}.`,
  );
}

const LONGEST_TITLE = 60;

interface ChapterPlan {
  rate: FrameRate;
  crossFade: number;
  frames: number;
  clips: readonly { startFrame: number }[];
}

/** Borders between clips in half frames, since one lies in the middle of each cross-fade. */
function borders({ clips, crossFade, frames }: ChapterPlan): number[] {
  const between = clips.slice(1).map(({ startFrame }) => 2 * startFrame + crossFade);
  return [0, ...between, 2 * frames];
}

/** One chapter a clip; times are seconds on the stitched timeline. */
export function makeChapters(plan: ChapterPlan, texts: readonly (string | undefined)[]): Chapter[] {
  const edges = borders(plan).map((half) => frameTime(half / 2, plan.rate));
  return plan.clips.map((_clip, index) => ({
    title: chapterTitle(texts[index], index),
    start: edges[index],
    end: edges[index + 1],
  }));
}

/** The beginning of a text on one line, or the part's number where there is none. */
function chapterTitle(text: string | undefined, index: number): string {
  const line = oneLine(text ?? '');
  if (line === '') return `Part ${index + 1}`;
  const letters = graphemes(line);
  if (letters.length <= LONGEST_TITLE) return line;
  const cut = letters.slice(0, LONGEST_TITLE - 1).join('');
  return `${cut.trimEnd()}…`;
}

/** FFmpeg's metadata file (ffmpeg-formats manual, "Metadata"). */
export function chapterMetadata(plan: ChapterPlan, chapters: readonly Chapter[]): string {
  const edges = borders(plan);
  const { num, den } = plan.rate;
  const parts = chapters.map(({ title }, index) =>
    [
      '[CHAPTER]',
      `TIMEBASE=${den}/${2 * num}`,
      `START=${edges[index]}`,
      `END=${edges[index + 1]}`,
      `title=${title.replace(/[\\=;#\n]/g, '\\$&')}`,
    ].join('\n'),
  );
  return [';FFMETADATA1', ...parts, ''].join('\n');
}
