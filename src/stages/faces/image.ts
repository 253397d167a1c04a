/** Faces of a picture. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  faceInBox,
  findFaces,
  findWithS3fd,
  padBox,
  readPicture,
  withFineLandmarks,
  type Found,
  type FoundFace,
  type Picture,
} from '../../face';
import { throwIfCancelled, type DetectedFace, type FacePayload, type FaceTrack } from '../../media';
import type { StageInput } from '../stage';
import { boxOf } from './adjustments';
import { chooseFace, readReference } from './choose';
import { noFaceInPicture } from './no-face';
import type { FaceWork } from './work';

/** The share of the work that is done before and after the search, in its own steps. */
const STEPS = { read: 1, refine: 1 } as const;

/** Writes `track.json`, the landmarks of the selected face. */
export async function detectInPicture(
  input: StageInput<'face-detect'>,
  work: FaceWork,
): Promise<FacePayload> {
  const { parameters, context, networks } = work;
  const { signal } = context;
  const picture = await readPicture(input.file, signal);
  const { width, height } = picture;
  const source = { file: input.file, type: 'image' as const, width, height };
  const box = boxOf(parameters, picture);
  if (box) {
    const { landmarks, ...face } = await faceInBox(picture, networks, box);
    const track = await writeTrack(context.folder, picture, face, landmarks);
    return { kind: 'face', source, detector: 'box', faces: [face], selected: 0, track };
  }
  const result = { kind: 'face' as const, source, detector: parameters.detector };
  const { faces, tried } = await search(picture, work);
  if (faces.length === 0) {
    if (parameters.withoutFace === 'pass') return { ...result, faces: [], selected: -1 };
    throw noFaceInPicture(input.file, picture, tried, parameters);
  }
  const rate = await readReference(input, parameters, networks, work.options, signal);
  const { index } = await chooseFace(faces, picture, parameters, rate);
  const chosen = faces[index] as FoundFace;
  const fine = await withFineLandmarks(picture, networks, chosen);
  // S3FD's box is what the original crops; that of the others is the one around the landmarks.
  faces[index] = parameters.detector === 's3fd' ? { ...fine, box: chosen.box } : fine;
  throwIfCancelled(signal);
  const described = faces.map((face): DetectedFace => {
    return {
      box: padBox(face.box, parameters.padding, picture),
      score: face.score,
      roll: face.roll,
    };
  });
  const selected = described[index] as DetectedFace;
  const track = await writeTrack(context.folder, picture, selected, fine.landmarks);
  return { ...result, faces: described, selected: index, track };
}

/** All faces from left to right. */
async function search(picture: Picture, work: FaceWork): Promise<Found> {
  const { context, networks, parameters } = work;
  if (work.s3fd) {
    const faces = await findWithS3fd(work.s3fd, networks, picture);
    const tried = { views: 1, sizes: [Math.max(picture.width, picture.height)], rolls: [0] };
    faces.sort((a, b) => a.box[0] + a.box[2] - b.box[0] - b.box[2]);
    return { faces, tried: { ...tried, bestScore: 0 } };
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
  landmarks: FoundFace['landmarks'] = [],
): Promise<string> {
  const file = path.join(folder, 'track.json');
  const frames = [{ box, score, landmarks }];
  const track: FaceTrack = { version: 1, topology: 'facemesh-468', width, height, frames };
  await writeFile(file, JSON.stringify(track));
  return file;
}
