/** The sentences for portraits without a face. */
import path from 'node:path';
import type { Picture } from '../av/picture';
import type { SearchReport } from './find';
import { frameTime, LipwireError, type FaceSource } from '../contract';
import type { FaceDetectParameters } from './stage';

export function noFaceInPicture(
  file: string,
  { width, height }: Picture,
  { views, sizes, rolls, bestScore }: SearchReport,
  { minScore }: FaceDetectParameters,
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

/** A video in which none is found from beginning to end. */
export function noFaceInVideo(
  { file, width, height }: FaceSource,
  frames: number,
  { minScore }: FaceDetectParameters,
  why = '',
): LipwireError {
  return new LipwireError(
    'E_NO_FACE',
    `Expected a face in ${path.basename(file)} (${width}×${height}) but found none with a score of ` +
      `${minScore} or more in its ${frames} frames${why}; use a video with a larger, clearer face ` +
      'or a lower least score.',
    { details: { frames, minScore } },
  );
}

/** A frame of a video, where every frame is to have a face. */
export function noFaceInFrame({ file, rate }: FaceSource, frame: number): LipwireError {
  const time = rate ? frameTime(frame, rate) : 0;
  return new LipwireError(
    'E_NO_FACE',
    `Expected a face in every frame of ${path.basename(file)} but found none in frame ${frame} ` +
      `(${time.toFixed(2)} s); choose hold, interpolate or pass for frames without a face.`,
    { details: { frame, time } },
  );
}
