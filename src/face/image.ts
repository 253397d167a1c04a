/** The faces of a picture. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { faceInBox } from './track/box-tracker';
import {
  findFaces,
  type Found,
  type FoundFace,
  withFineLandmarks,
  type SearchReport,
} from './find';
import { findWithS3fd } from './track/s3fd-tracker';
import { padBox, type Size } from './box';
import { readPicture, type Picture } from '../av/picture';
import {
  makeNote,
  throwIfCancelled,
  type DetectedFace,
  type FacePayload,
  type FaceTrack,
  type PortraitFile,
  LipwireError,
  type FaceSource,
} from '../contract';
import { boxOf, type FaceDetectParameters } from './stage';
import { chooseFace, readReference } from './choose';
import type { FaceWork } from './networks';
import { judgeFace } from './plausibility';

/** Progress steps before and after those of the search. */
const STEPS = { read: 1, refine: 1 } as const;

/** Writes `track.json`, the landmarks of the selected face. */
export async function detectInPicture(input: PortraitFile, work: FaceWork): Promise<FacePayload> {
  const { parameters, context, networks } = work;
  const { signal } = context;
  const picture = await readPicture(input.file, signal);
  const { width, height } = picture;
  const source = { file: input.file, type: 'image' as const, width, height };
  const box = boxOf(parameters, picture);
  if (box) {
    const found = await faceInBox(picture, networks, box);
    const { score, roll } = found;
    const face = { box, score, roll };
    const track = await writeTrack(context.folder, picture, face, found);
    const notes = notesOf(found, picture);
    return { kind: 'face', source, detector: 'box', faces: [face], selected: 0, track, ...notes };
  }
  const result = { kind: 'face' as const, source, detector: parameters.detector };
  const found = await searchPicture(picture, work);
  if (found.faces.length === 0) {
    if (parameters.withoutFace === 'pass') return { ...result, faces: [], selected: -1 };
    throw noFaceInPicture(input.file, picture, found.tried, parameters);
  }
  const { faces, selected, fine } = await chooseAmong(found.faces, picture, input, work);
  const refusal = refusalOf(input.file, picture, fine);
  if (refusal) {
    if (parameters.withoutFace === 'pass') return { ...result, faces: [], selected: -1 };
    throw refusal;
  }
  const track = await writeTrack(context.folder, picture, faces[selected], fine);
  return { ...result, faces, selected, track, ...notesOf(fine, picture) };
}

/**
 * Selects a face and refines its landmarks; pads all boxes.
 * @param found from left to right, at least one
 * @param scale pixels of the settings to one of the picture
 * @throws as chooseFace and readReference do
 */
export async function chooseAmong(
  found: readonly FoundFace[],
  picture: Picture,
  input: PortraitFile,
  { parameters, context, networks, options }: FaceWork,
  scale = 1,
): Promise<{ faces: DetectedFace[]; selected: number; fine: FoundFace }> {
  const rate = await readReference(input, parameters, networks, options, context.signal);
  const { index } = await chooseFace(found, picture, parameters, rate, scale);
  const chosen = found[index];
  const fine = await withFineLandmarks(picture, networks, chosen);
  throwIfCancelled(context.signal);
  // S3FD keeps its own box, which the original crops; the others take the one around the landmarks.
  const refined = parameters.detector === 's3fd' ? { ...fine, box: chosen.box } : fine;
  const faces = found.with(index, refined).map(({ box, score, roll }): DetectedFace => {
    return { box: padBox(box, parameters.padding, picture), score, roll };
  });
  return { faces, selected: index, fine };
}

/** All faces from left to right. */
export async function searchPicture(picture: Picture, work: FaceWork): Promise<Found> {
  const { context, networks, parameters } = work;
  if (work.s3fd) {
    const faces = await findWithS3fd(work.s3fd, networks, picture);
    const size = Math.max(picture.width, picture.height);
    return { faces, tried: { views: 1, sizes: [size], rolls: [0], bestScore: 0 } };
  }
  return findFaces(picture, networks, {
    minScore: parameters.minScore,
    signal: context.signal,
    onProgress: (done, views) => {
      const total = STEPS.read + views + STEPS.refine;
      context.progress({ type: 'running', done: STEPS.read + done, total, unit: 'steps' });
    },
  });
}

async function writeTrack(
  folder: string,
  { width, height }: Picture,
  { box, score }: DetectedFace,
  { landmarks = [], attention }: Partial<Pick<FoundFace, 'landmarks' | 'attention'>>,
): Promise<string> {
  const file = path.join(folder, 'track.json');
  const refined = attention?.refined;
  const frames = [{ box, score, landmarks, ...(refined && { refined }) }];
  const track: FaceTrack = { version: 1, topology: 'facemesh-468', width, height, frames };
  await writeFile(file, JSON.stringify(track));
  return file;
}

export function noFaceInPicture(
  file: string,
  picture: Picture,
  { views, sizes, rolls, bestScore }: SearchReport,
  { minScore }: FaceDetectParameters,
): LipwireError {
  const turns = rolls.map((roll) => `${roll}°`).join(', ');
  const best =
    bestScore > 0 ? `the best guess reached ${bestScore.toFixed(2)}` : 'nothing came near';
  return noFace(
    { file, ...picture },
    minScore,
    `, in ${views} views of ${sizes.join(', ')} pixels, turned by ${turns}; ${best}; use a picture`,
    { views, sizes, rolls, bestScore },
  );
}

/** What is doubtful about a face, and about the picture that it is in. */
export function notesOf(
  { measures, score }: Pick<FoundFace, 'measures' | 'score'>,
  { isFirst = false }: Pick<Picture, 'isFirst'> = {},
): Pick<FacePayload, 'notes'> {
  const verdict = measures && judgeFace(measures, score);
  const notes = [
    ...(verdict?.isMouthDoubtful ? [makeNote('N_MOUTH_UNSURE')] : []),
    ...(verdict?.isFaceDoubtful ? [makeNote('N_FACE_UNSURE')] : []),
    ...(isFirst ? [makeNote('N_FIRST_PICTURE')] : []),
  ];
  return notes.length > 0 ? { notes } : {};
}

const REFUSED = {
  covered: {
    expected: 'a face with a mouth that can be seen',
    found:
      'something covers the mouth, such as a mask, a hand or a microphone, or the face is turned too far away',
    is: 'a mouth',
  },
  implausible: {
    expected: 'a human face',
    found: 'eyes and mouth of what looks like one are not where a face has them',
    is: 'a face',
  },
} as const;

/** Why a face is of no use, as an E_NO_FACE; undefined for all others. */
export function refusalOf(
  file: string,
  { width, height }: Size,
  { measures, score }: FoundFace,
): LipwireError | undefined {
  const reason = measures && judgeFace(measures, score).refused;
  if (!reason) return undefined;
  const { expected, found, is } = REFUSED[reason];
  return new LipwireError(
    'E_NO_FACE',
    `Expected ${expected} in ${path.basename(file)} (${width}×${height}) but ${found}; use another ` +
      `picture, or, where it is ${is} all the same, give the place of the face as box.`,
    { details: { reason, measures } },
  );
}

/** No face in any frame of a video. */
export function noFaceInVideo(
  source: FaceSource,
  frames: number,
  { minScore }: FaceDetectParameters,
  why = '',
): LipwireError {
  return noFace(source, minScore, ` in its ${frames} frames${why}; use a video`, { frames });
}

function noFace(
  { file, width, height }: Size & { file: string },
  minScore: number,
  where: string,
  details: Record<string, unknown>,
): LipwireError {
  return new LipwireError(
    'E_NO_FACE',
    `Expected a face in ${path.basename(file)} (${width}×${height}) but found none with a score of ` +
      `${minScore} or more${where} with a larger, clearer face or a lower least score.`,
    { details: { ...details, minScore } },
  );
}
