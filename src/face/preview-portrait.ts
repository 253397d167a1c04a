/** Preview of a portrait: its faces with settings that are not saved yet. */
import { stat } from 'node:fs/promises';
import { faceInBox } from './track/box-tracker';
import { readPicture, type Picture } from '../av/picture';
import { mapBox } from './box';
import type { FoundFace } from './find';
import { openFfmpeg } from '../av/ffmpeg/open';
import { readVideoFrames } from '../av/ffmpeg/frames';
import { cancelled, type DetectedFace, type FaceSource, type StageSettings } from '../contract';
import { boxOf } from './stage';
import { chooseAmong, noFaceInPicture, noFaceInVideo, refusalOf, searchPicture } from './image';
import { videoSource } from './run';
import { trackedSize } from './video';
import { openFaceWork, type FaceWork } from './networks';
import { withTimeLimit, stillOf, type PortraitAbout, type PortraitPreview } from './previews';

/** Of a video. */
const SEARCHED_SECONDS = 10;
const STEP_SECONDS = 0.5;
/** Pixels; larger pictures are not kept. */
const MOST_KEPT_PIXELS = 8e6;
/** Milliseconds after the last question. */
const KEPT_FOR = 60_000;

/** A portrait and its faces, kept for the next question. */
interface Searched {
  picture: Picture;
  /** From left to right. */
  faces: FoundFace[];
  /** What the settings refer to, and its pixels to one of the picture. */
  source: { type: 'image' | 'video'; width: number; height: number };
  scale: number;
  time?: number;
}

/** The last question of each dialog. */
const asked = new Map<string, AbortController>();
let kept: { key: string; searched: Searched; timer: NodeJS.Timeout } | undefined;

/**
 * The portrait, its faces, and the selected one. Of a video the first frame that shows enough of them.
 * @throws as face-detect does, and E_TIMEOUT; E_CANCELLED when the same dialog has asked again
 */
export async function previewPortrait(
  { input, parameters, asker }: PortraitAbout,
  settings: StageSettings,
): Promise<PortraitPreview> {
  const question = new AbortController();
  asked.get(asker)?.abort(cancelled());
  asked.set(asker, question);
  try {
    return await withTimeLimit(async (signal) => {
      const context = { signal, folder: '', settings, progress: () => undefined };
      const work = await openFaceWork(parameters, context);
      const searched = await search(input.file, work);
      const { picture, source, scale, time } = searched;
      const { faces, selected, fine } = await choose(searched, input, work);
      return {
        picture: await stillOf(picture),
        source,
        ...(time !== undefined && { time }),
        faces: faces.map((face) => ({ ...face, box: mapBox(face.box, (side) => side * scale) })),
        selected,
        landmarks: (fine.landmarks ?? []).map(([x, y]) => [x * scale, y * scale]),
      };
    }, question.signal);
  } finally {
    if (asked.get(asker) === question) asked.delete(asker);
  }
}

async function choose(
  { picture, faces, source, scale }: Searched,
  input: PortraitAbout['input'],
  work: FaceWork,
): Promise<{ faces: DetectedFace[]; selected: number; fine: Partial<FoundFace> }> {
  const box = boxOf(work.parameters, source);
  if (!box) {
    const chosen = await chooseAmong(faces, picture, input, work, scale);
    const refusal = source.type === 'image' && refusalOf(input.file, picture, chosen.fine);
    if (refusal) throw refusal;
    return chosen;
  }
  const inPicture = mapBox(box, (side) => side / scale);
  const face = await faceInBox(picture, work.networks, inPicture);
  const { box: found, score, roll } = face;
  return { faces: [{ box: found, score, roll }], selected: 0, fine: face };
}

/** Finds the faces, or takes those of the last question. @throws E_NO_FACE */
async function search(file: string, work: FaceWork): Promise<Searched> {
  const { detector, minScore, box, resizeFactor, rotate, crop, select } = work.parameters;
  const { size, mtimeMs } = await stat(file).catch(() => ({ size: 0, mtimeMs: 0 }));
  const least = select === 'number' ? work.parameters.faceNumber : 1;
  const how = { detector, minScore, isBoxed: box !== '', resizeFactor, rotate, crop };
  const key = JSON.stringify([file, size, mtimeMs, how]);
  if (
    kept?.key === key &&
    (kept.searched.source.type === 'image' || kept.searched.faces.length >= least)
  ) {
    kept.timer.refresh();
    return kept.searched;
  }
  const video = await videoSource(file, work.parameters, work.context);
  const searched = video ? await searchVideo(video, least, work) : await searchStill(file, work);
  keep(key, searched);
  return searched;
}

function keep(key: string, searched: Searched): void {
  clearTimeout(kept?.timer);
  kept = undefined;
  if (searched.picture.width * searched.picture.height > MOST_KEPT_PIXELS) return;
  const timer = setTimeout(() => (kept = undefined), KEPT_FOR);
  timer.unref();
  kept = { key, searched, timer };
}

async function searchStill(file: string, work: FaceWork): Promise<Searched> {
  const picture = await readPicture(file, work.context.signal);
  const { width, height } = picture;
  const source = { type: 'image' as const, width, height };
  if (work.parameters.box !== '') return { picture, faces: [], source, scale: 1 };
  const { faces, tried } = await searchPicture(picture, work);
  if (faces.length === 0) throw noFaceInPicture(file, picture, tried, work.parameters);
  return { picture, faces, source, scale: 1 };
}

/** @param least faces that are needed; without such a frame the one with the most is taken */
async function searchVideo(video: FaceSource, least: number, work: FaceWork): Promise<Searched> {
  const { width, height, fps = 25 } = video;
  const { parameters, context } = work;
  const size = work.s3fd ? video : trackedSize(video);
  const source = { type: 'video' as const, width, height };
  const step = Math.max(1, Math.round(STEP_SECONDS * fps));
  const count = Math.ceil(SEARCHED_SECONDS * fps);
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const { signal } = context;
  let best: Searched | undefined;
  let index = -1;
  const options = { signal, size, pixels: 'rgb24', count } as const;
  for await (const data of readVideoFrames(ffmpeg, video, options)) {
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
