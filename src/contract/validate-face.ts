import { filePath, listOf, number, object, optional, type Check } from './checks';
import { inputError } from './errors';
import type { FacePayload } from './messages/face';
import { pixels } from './payload-shapes';

const coordinates = listOf(
  number(-1e6, 1e6, 'a pixel coordinate'),
  'four pixel coordinates [x1, y1, x2, y2]',
);
const detectedFace: Check = (value, field) => {
  object({ box: coordinates, score: number(0, 1, 'a score from 0 to 1') }, 'a face')(value, field);
  const box = (value as { box: number[] }).box;
  if (box.length !== 4) throw inputError(`${field}.box`, 'four numbers [x1, y1, x2, y2]', box);
};

/** Checks what is in `msg.face`. */
export function validateFace(value: unknown, field = 'msg.face'): FacePayload {
  const hint = 'wire a face-detect node before this one';
  if (typeof value !== 'object' || value === null || (value as FacePayload).kind !== 'face') {
    throw inputError(field, 'what face-detect puts there (kind "face")', value, hint);
  }
  const source = object({ file: filePath, width: pixels, height: pixels }, 'an object');
  object({ source, faces: listOf(detectedFace, 'a list of faces') }, 'a face')(value, field);
  const { selected, faces, track } = value as FacePayload;
  if (!Number.isInteger(selected) || selected < -1 || selected >= faces.length) {
    throw inputError(`${field}.selected`, `a number from -1 to ${faces.length - 1}`, selected);
  }
  optional(filePath)(track, `${field}.track`);
  return value as FacePayload;
}
