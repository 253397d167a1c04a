/**
 * The track of a face: a JSON file that says what there is, and for videos a binary file beside it
 * with one record a frame (face-record.ts). All numbers are as measured (not smoothed), in pixels of
 * the source.
 */
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { inputError, LipwireError } from './errors';
import { decodeRecord, RECORD_BYTES, type TrackedFace } from './face-record';
import type { VideoTrackHeader } from './face-track-writer';
import { FACEMESH_POINTS, measureRoll, type Landmark } from './facemesh';
import type { FaceTrack } from './messages/face';
import type { FrameRate } from './timeline';

/** A track that can be read at any frame. */
export interface OpenFaceTrack {
  header: {
    /** 1 for an image, 2 for a video. */
    version: 1 | 2;
    width: number;
    height: number;
    /** Of a video. */
    rate?: FrameRate;
    frameCount: number;
  };
  /** @param index from 0 to before `frameCount` */
  frame(index: number): Promise<TrackedFace>;
  close(): Promise<void>;
}

/**
 * Opens the track of an image or of a video.
 * @param file path of the JSON file
 * @throws E_INPUT when it is not a whole track
 */
export async function openFaceTrack(file: string): Promise<OpenFaceTrack> {
  const content = await readJson(file);
  const track = content as FaceTrack | VideoTrackHeader;
  const hasSize = track?.width > 0 && track?.height > 0;
  if (hasSize && track.version === 1) return openImageTrack(track);
  if (hasSize && track.version === 2) return openVideoTrack(file, track);
  throw broken(file);
}

function openImageTrack(track: FaceTrack): OpenFaceTrack {
  const [only] = track.frames ?? [];
  const isBoxAlone = only?.box !== undefined && only.landmarks?.length === 0;
  if (!only || !(isBoxAlone || areLandmarks(only.landmarks))) throw broken('track.json');
  const { width, height } = track;
  const landmarks = only.landmarks.map(([x, y]): Landmark => [x, y]);
  const face: TrackedFace = {
    state: isBoxAlone ? 'none' : 'found',
    shot: 0,
    score: only.score ?? 1,
    roll: isBoxAlone ? 0 : measureRoll(landmarks),
    ...(!isBoxAlone && { landmarks }),
    ...(only.box && { box: only.box }),
  };
  return {
    header: { version: 1, width, height, frameCount: 1 },
    frame: async () => face,
    close: async () => undefined,
  };
}

async function openVideoTrack(file: string, header: VideoTrackHeader): Promise<OpenFaceTrack> {
  const { width, height, rate, frameCount, records } = header;
  // The records lie beside the header; a path that leads elsewhere is not one that was written here.
  if (records !== path.basename(records ?? '') || !(frameCount >= 1)) throw broken(file);
  const handle = await open(path.join(path.dirname(file), records), 'r').catch((cause: unknown) => {
    throw broken(file, cause);
  });
  const { size } = await handle.stat();
  if (size !== frameCount * RECORD_BYTES) {
    await handle.close();
    throw broken(file);
  }
  return {
    header: { version: 2, width, height, rate, frameCount },
    async frame(index) {
      if (!Number.isInteger(index) || index < 0 || index >= frameCount) {
        throw new RangeError(`Expected a frame from 0 to ${frameCount - 1} but received ${index}.`);
      }
      const bytes = Buffer.alloc(RECORD_BYTES);
      const { bytesRead } = await handle.read(bytes, 0, RECORD_BYTES, index * RECORD_BYTES);
      if (bytesRead < RECORD_BYTES) throw broken(file);
      return decodeRecord(bytes);
    },
    close: () => handle.close(),
  };
}

const REMEDY = 'send the message through face-detect again';

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw broken(file, cause);
  }
}

function broken(file: string, cause?: unknown): LipwireError {
  const expected = `a whole file of ${FACEMESH_POINTS} landmarks a frame`;
  const { message } = inputError('msg.face.track', expected, path.basename(file), REMEDY);
  return new LipwireError('E_INPUT', message, { cause });
}

function areLandmarks(value: unknown): value is Landmark[] {
  return Array.isArray(value) && value.length >= FACEMESH_POINTS && value.every(isPoint);
}

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && Number.isFinite(value[0]) && Number.isFinite(value[1]);
}
