/**
 * One frame of a video's face track, as a record of bytes: little-endian float32: state, shot, score,
 * roll, x1, y1, x2, y2, then 468 × (x, y). NaN stands for a box or landmarks that are not known.
 */
import { FACEMESH_POINTS, type Landmark } from './facemesh';

/** What the states in a record mean, by their number. */
export const FACE_STATES = ['found', 'interpolated', 'held', 'none'] as const;
export type FaceState = (typeof FACE_STATES)[number];

/** One frame of a track. */
export interface TrackedFace {
  /** `none`: no face was found, or only the box that the user gave is known. */
  state: FaceState;
  /** From 0; a cut raises it. */
  shot: number;
  /** 0…1 */
  score: number;
  /** Degrees, clockwise. */
  roll: number;
  /** x1, y1, x2, y2 */
  box?: [number, number, number, number];
  /** 468 × [x, y] */
  landmarks?: Landmark[];
}

const HEAD_FLOATS = 8;
const RECORD_FLOATS = HEAD_FLOATS + 2 * FACEMESH_POINTS;
export const RECORD_BYTES = 4 * RECORD_FLOATS;

export function encodeRecord({ state, shot, score, roll, box, landmarks }: TrackedFace): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES);
  const head = [FACE_STATES.indexOf(state), shot, score, roll, ...(box ?? [NaN, NaN, NaN, NaN])];
  head.forEach((value, index) => bytes.writeFloatLE(value, 4 * index));
  for (let point = 0; point < FACEMESH_POINTS; point++) {
    const [x, y] = landmarks?.[point] ?? [NaN, NaN];
    bytes.writeFloatLE(x, 4 * (HEAD_FLOATS + 2 * point));
    bytes.writeFloatLE(y, 4 * (HEAD_FLOATS + 2 * point + 1));
  }
  return bytes;
}

export function decodeRecord(bytes: Buffer): TrackedFace {
  const at = (index: number): number => bytes.readFloatLE(4 * index);
  const box: TrackedFace['box'] = [at(4), at(5), at(6), at(7)];
  const face: TrackedFace = {
    state: FACE_STATES[at(0)] ?? 'none',
    shot: at(1),
    score: at(2),
    roll: at(3),
  };
  if (!box.some(Number.isNaN)) face.box = box;
  if (Number.isNaN(at(HEAD_FLOATS))) return face;
  face.landmarks = Array.from({ length: FACEMESH_POINTS }, (_, point): Landmark => {
    return [at(HEAD_FLOATS + 2 * point), at(HEAD_FLOATS + 2 * point + 1)];
  });
  return face;
}
