/** The faces of a portrait while somebody changes how they are found and which of them is meant. */
import { stat } from 'node:fs/promises';
import { faceInBox } from './track/box-tracker';
import { readPicture, type Picture } from '../av/picture';
import type { Box } from './box';
import type { FoundFace } from './find';
import { openFfmpeg } from '../av/ffmpeg/open';
import { readVideoFrames } from '../av/ffmpeg/frames';
import {
  cancelled,
  type DetectedFace,
  type FaceSource,
  type StageContext,
  type StageSettings,
} from '../contract';
import { adjustmentsOf, boxOf } from './adjustments';
import { chooseAmong, searchPicture } from './image';
import { noFaceInPicture, noFaceInVideo } from './no-face';
import { videoSource } from './run';
import { reduced } from './video';
import { openFaceWork, type FaceWork } from './networks';
import { withPatience, stillOf } from './preview-still';
import type { PortraitAbout, PortraitPreview } from './preview-types';

/** Of a video, so many seconds are searched for a face, at this distance. */
const SEARCHED_SECONDS = 10;
const STEP_SECONDS = 0.5;
/** Larger pictures are not kept in memory for the next question. */
const MOST_KEPT_PIXELS = 8e6;
/** Milliseconds that a portrait is kept after it was last asked for. */
const KEPT_FOR = 60_000;

/** A portrait in which faces were looked for. */
interface Looked {
  picture: Picture;
  /** From left to right. */
  faces: FoundFace[];
  /** What the setting refers to, and its pixels to one of the picture. */
  source: { type: 'image' | 'video'; width: number; height: number };
  scale: number;
  time?: number;
}

const askers = new Map<string, AbortController>();
let kept: { key: string; looked: Looked; timer: NodeJS.Timeout } | undefined;

/**
 * The portrait, its faces, and which is taken. Of a video the first frame that shows enough of them.
 * @throws as face-detect does, and E_TIMEOUT; E_CANCELLED when the same asker has asked again
 */
export async function previewPortrait(
  { input, parameters, asker }: PortraitAbout,
  settings: StageSettings,
): Promise<PortraitPreview> {
  const mine = new AbortController();
  askers.get(asker)?.abort(cancelled());
  askers.set(asker, mine);
  try {
    return await withPatience(async (signal) => {
      const work = await openFaceWork(parameters, contextFor(settings, signal));
      const looked = await look(input.file, work);
      const { picture, source, scale, time } = looked;
      const { faces, selected, landmarks } = await choose(looked, input, work);
      return {
        picture: await stillOf(picture),
        source,
        ...(time !== undefined && { time }),
        faces: faces.map((face) => ({ ...face, box: face.box.map((side) => side * scale) as Box })),
        selected,
        landmarks: landmarks.map(([x, y]): [number, number] => [x * scale, y * scale]),
      };
    }, mine.signal);
  } finally {
    if (askers.get(asker) === mine) askers.delete(asker);
  }
}

interface Chosen {
  faces: DetectedFace[];
  selected: number;
  landmarks: FoundFace['landmarks'];
}

async function choose(
  { picture, faces, source, scale }: Looked,
  input: PortraitAbout['input'],
  work: FaceWork,
): Promise<Chosen> {
  const given = boxOf(work.parameters, source)?.map((side) => side / scale) as Box | undefined;
  if (!given) return chooseAmong(faces, picture, input, work, scale);
  const { landmarks, ...face } = await faceInBox(picture, work.networks, given);
  return { faces: [face], selected: 0, landmarks: landmarks ?? [] };
}

/** Finds the faces, or takes those of the question before. @throws E_NO_FACE */
async function look(file: string, work: FaceWork): Promise<Looked> {
  const { detector, minScore, box, resizeFactor, rotate, crop, select } = work.parameters;
  const { size, mtimeMs } = await stat(file).catch(() => ({ size: 0, mtimeMs: 0 }));
  const least = select === 'number' ? work.parameters.faceNumber : 1;
  const how = { detector, minScore, isBoxed: box !== '', resizeFactor, rotate, crop };
  const key = JSON.stringify([file, size, mtimeMs, how]);
  if (
    kept?.key === key &&
    (kept.looked.source.type === 'image' || kept.looked.faces.length >= least)
  ) {
    kept.timer.refresh();
    return kept.looked;
  }
  const { signal, settings } = work.context;
  const ffmpeg = () => openFfmpeg(settings.ffmpegPath);
  const video = await videoSource(file, ffmpeg, adjustmentsOf(work.parameters), signal);
  const looked = video ? await lookAtVideo(video, least, work) : await lookAtPicture(file, work);
  keep(key, looked);
  return looked;
}

function keep(key: string, looked: Looked): void {
  clearTimeout(kept?.timer);
  kept = undefined;
  if (looked.picture.width * looked.picture.height > MOST_KEPT_PIXELS) return;
  const timer = setTimeout(() => (kept = undefined), KEPT_FOR);
  timer.unref();
  kept = { key, looked, timer };
}

async function lookAtPicture(file: string, work: FaceWork): Promise<Looked> {
  const picture = await readPicture(file, work.context.signal);
  const { width, height } = picture;
  const source = { type: 'image' as const, width, height };
  if (work.parameters.box !== '') return { picture, faces: [], source, scale: 1 };
  const { faces, tried } = await searchPicture(picture, work);
  if (faces.length === 0) throw noFaceInPicture(file, picture, tried, work.parameters);
  return { picture, faces, source, scale: 1 };
}

/** @param least so many faces are wanted; a frame with fewer will do where there is no other */
async function lookAtVideo(video: FaceSource, least: number, work: FaceWork): Promise<Looked> {
  const { width, height, fps = 25 } = video;
  const { parameters, context } = work;
  const size = work.s3fd ? video : reduced(video);
  const source = { type: 'video' as const, width, height };
  const step = Math.max(1, Math.round(STEP_SECONDS * fps));
  const count = Math.ceil(SEARCHED_SECONDS * fps);
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const { signal } = context;
  let best: Looked | undefined;
  let index = -1;
  for await (const data of readVideoFrames(ffmpeg, video, {
    signal,
    size,
    pixels: 'rgb24',
    count,
  })) {
    index++;
    if (index % step !== 0) continue;
    const picture = { data, width: size.width, height: size.height };
    const seen = { picture, source, scale: width / size.width, time: index / fps };
    if (parameters.box !== '') return { ...seen, faces: [] };
    const { faces } = await searchPicture(picture, work);
    if (faces.length > (best?.faces.length ?? 0)) best = { ...seen, faces };
    if (faces.length >= least) break;
  }
  if (best) return best;
  const why = index + 1 === count ? ' (the preview looks at the first seconds only)' : '';
  throw noFaceInVideo(video, index + 1, parameters, why);
}

function contextFor(settings: StageSettings, signal: AbortSignal): StageContext {
  return {
    signal,
    folder: '',
    settings,
    progress: () => undefined,
  };
}
