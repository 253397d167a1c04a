/** face-detect: finds the faces of a portrait and the landmarks of the one that is meant. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  findFaces,
  openFaceNetworks,
  padBox,
  readPicture,
  selectFace,
  withFineLandmarks,
} from '../face';
import type { FoundFace, Picture, SearchReport } from '../face';
import { LipwireError, throwIfCancelled, type DetectedFace, type FaceTrack } from '../media';
import type { Stage, StageParameters } from './stage';

/** The share of the work that is done before and after the search, in its own steps. */
const STEPS = { read: 1, refine: 1 } as const;

/**
 * Writes `track.json`, the landmarks of the selected face.
 * @throws E_INPUT for a file that is not a picture or a face number that there is not, E_NO_FACE,
 *   E_MODEL_MISSING, E_NATIVE
 */
export const faceDetect: Stage<'face-detect'> = async (input, parameters, context) => {
  const { signal, settings } = context;
  const networks = await openFaceNetworks({
    modelsFolder: settings.modelsFolder,
    device: settings.device,
    onPreparing: (what) => context.progress({ type: 'preparing', what }),
  });
  throwIfCancelled(signal);
  const picture = await readPicture(input.file, signal);
  const { faces, tried } = await findFaces(picture, networks, {
    minScore: parameters.minScore,
    signal,
    onProgress: (done, views) => {
      const total = STEPS.read + views + STEPS.refine;
      context.progress({ type: 'running', done: STEPS.read + done, total, unit: 'steps' });
    },
  });
  const source = {
    file: input.file,
    type: 'image' as const,
    width: picture.width,
    height: picture.height,
  };
  const result = { kind: 'face' as const, source, detector: parameters.detector };
  if (faces.length === 0) {
    if (parameters.withoutFace === 'pass') return { ...result, faces: [], selected: -1 };
    throw noFace(input.file, picture, tried, parameters);
  }
  const selected = selectFace(faces, parameters, picture);
  const face = await withFineLandmarks(picture, networks, faces[selected] as FoundFace);
  faces[selected] = face;
  throwIfCancelled(signal);
  const described = faces.map(({ box, score, roll }): DetectedFace => {
    return { box: padBox(box, parameters.padding, picture), score, roll };
  });
  const track = path.join(context.folder, 'track.json');
  await writeFile(
    track,
    JSON.stringify(trackOf(face, described[selected] as DetectedFace, picture)),
  );
  return { ...result, faces: described, selected, track };
};

function trackOf(face: FoundFace, { box, score }: DetectedFace, picture: Picture): FaceTrack {
  const { width, height } = picture;
  const frame = { box, score, landmarks: face.landmarks };
  return { version: 1, topology: 'facemesh-468', width, height, frames: [frame] };
}

function noFace(
  file: string,
  { width, height }: Picture,
  { views, sizes, rolls, bestScore }: SearchReport,
  { minScore }: StageParameters<'face-detect'>,
): LipwireError {
  const turns = rolls.map((roll) => `${roll}°`).join(', ');
  const best =
    bestScore > 0 ? `the best guess reached ${bestScore.toFixed(2)}` : 'nothing came near';
  return new LipwireError(
    'E_NO_FACE',
    `Expected a face in ${path.basename(file)} (${width}×${height}) but found none with a score of ` +
      `${minScore} or more, in ${views} views of ${sizes.join(', ')} pixels, turned by ${turns}; ` +
      `${best}; use a picture with a larger, clearer face or a lower least score.`,
    { details: { views, sizes, rolls, bestScore, minScore } },
  );
}
