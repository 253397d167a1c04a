/**
 * The track of a face: a JSON file, and for videos a binary file beside it with one record a frame:
 * little-endian float32 state, shot, score, roll, x1, y1, x2, y2, then 468 × (x, y) of FaceMesh and
 * 478 × (x, y) of the attention mesh; NaN for an unknown box or landmarks. As measured (not smoothed), in
 * pixels of the source.
 */
import { open, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { inputError, LipwireError } from './errors';
import { FACEMESH_POINTS, measureRoll, REFINED_POINTS, type Landmark } from './facemesh';
import type { FrameRate } from './timeline';

/** By their number in a record. */
export const FACE_STATES = ['found', 'interpolated', 'held', 'none'] as const;
export type FaceState = (typeof FACE_STATES)[number];

export interface TrackedFace {
  /** `none`: no face was found, or only the user's box is known. */
  state: FaceState;
  /** From 0; increases at cuts. */
  shot: number;
  /** 0…1 */
  score: number;
  /** Degrees, clockwise. */
  roll: number;
  /** x1, y1, x2, y2 */
  box?: [number, number, number, number];
  /** 468 × [x, y] */
  landmarks?: Landmark[];
  /**
   * 478 × [x, y] of the attention mesh, whose lips, eyelids and irises lie on those of the picture; the
   * first 468 have the places of `landmarks`.
   */
  refined?: Landmark[];
}

const HEAD_FLOATS = 8;
const REFINED_START = HEAD_FLOATS + 2 * FACEMESH_POINTS;
const RECORD_BYTES = 4 * (REFINED_START + 2 * REFINED_POINTS);

function encodeRecord({ state, shot, score, roll, box, landmarks, refined }: TrackedFace): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES);
  const head = [FACE_STATES.indexOf(state), shot, score, roll, ...(box ?? [NaN, NaN, NaN, NaN])];
  head.forEach((value, index) => bytes.writeFloatLE(value, 4 * index));
  const write = (points: readonly Landmark[] | undefined, start: number, count: number): void => {
    for (let point = 0; point < count; point++) {
      const [x, y] = points?.[point] ?? [NaN, NaN];
      bytes.writeFloatLE(x, 4 * (start + 2 * point));
      bytes.writeFloatLE(y, 4 * (start + 2 * point + 1));
    }
  };
  write(landmarks, HEAD_FLOATS, FACEMESH_POINTS);
  write(refined, REFINED_START, REFINED_POINTS);
  return bytes;
}

function decodeRecord(bytes: Buffer): TrackedFace {
  const at = (index: number): number => bytes.readFloatLE(4 * index);
  const box: TrackedFace['box'] = [at(4), at(5), at(6), at(7)];
  const face: TrackedFace = {
    state: FACE_STATES[at(0)] ?? 'none',
    shot: at(1),
    score: at(2),
    roll: at(3),
  };
  if (!box.some(Number.isNaN)) face.box = box;
  const points = (start: number, length: number): Landmark[] | undefined =>
    Number.isNaN(at(start))
      ? undefined
      : Array.from({ length }, (_, point) => [at(start + 2 * point), at(start + 2 * point + 1)]);
  const landmarks = points(HEAD_FLOATS, FACEMESH_POINTS);
  const refined = points(REFINED_START, REFINED_POINTS);
  return { ...face, ...(landmarks && { landmarks }), ...(refined && { refined }) };
}

/** The content of an image's `track` file: one frame. */
export interface FaceTrack {
  version: 1;
  topology: 'facemesh-468';
  width: number;
  height: number;
  frames: {
    box: [number, number, number, number];
    score: number;
    /**
     * 468 × [x, y, z] in pixels of the upright source; z in the same scale, smaller is nearer. Empty
     * where only the box is known, which the user gave.
     */
    landmarks: [number, number, number][];
    /** 478 × [x, y] of the attention mesh. */
    refined?: Landmark[];
  }[];
}

/** The JSON file of a video's track. */
interface VideoTrackHeader {
  version: 3;
  topology: 'facemesh-468';
  width: number;
  height: number;
  rate: FrameRate;
  frameCount: number;
  /** Name of the binary file, in the same folder. */
  records: string;
}

type VideoFacts = Pick<VideoTrackHeader, 'width' | 'height' | 'rate'>;

const RECORDS_FILE = 'track.bin';

/** The binary file beside the JSON file of a video's track. */
export function trackRecords(track: string): string {
  return path.join(path.dirname(track), RECORDS_FILE);
}

/** Writes a video's track, a frame at a time. Memory does not grow with the video. */
export class FaceTrackWriter {
  #frameCount = 0;

  private constructor(
    private readonly folder: string,
    private readonly facts: VideoFacts,
    private readonly records: FileHandle,
  ) {}

  /** Starts `track.bin` in a folder where there is none. */
  static async create(folder: string, facts: VideoFacts): Promise<FaceTrackWriter> {
    return new FaceTrackWriter(folder, facts, await open(path.join(folder, RECORDS_FILE), 'wx'));
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  async write(frame: TrackedFace): Promise<void> {
    // Not `write`, which may write only a part.
    await this.records.appendFile(encodeRecord(frame));
    this.#frameCount++;
  }

  /** Closes the records and writes the JSON file. @returns its path */
  async finish(): Promise<string> {
    await this.close();
    const header: VideoTrackHeader = {
      version: 3,
      topology: 'facemesh-468',
      ...this.facts,
      frameCount: this.#frameCount,
      records: RECORDS_FILE,
    };
    const file = path.join(this.folder, 'track.json');
    await writeFile(file, JSON.stringify(header), { flag: 'wx' });
    return file;
  }

  /** Closes the records; for a job that failed. */
  async close(): Promise<void> {
    await this.records.close();
  }
}

/** A track that can be read at any frame. */
export interface OpenFaceTrack {
  header: {
    /** 1 for an image, 3 for a video. */
    version: 1 | 3;
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
  if (hasSize && track.version === 3) return openVideoTrack(file, track);
  throw broken(file);
}

function openImageTrack(track: FaceTrack): OpenFaceTrack {
  const [only] = track.frames ?? [];
  const isBoxAlone = only?.box !== undefined && only.landmarks?.length === 0;
  if (!only || !(isBoxAlone || areLandmarks(only.landmarks))) throw broken('track.json');
  const { width, height } = track;
  const { refined } = only;
  if (refined && !(areLandmarks(refined) && refined.length >= REFINED_POINTS)) {
    throw broken('track.json');
  }
  const landmarks = only.landmarks.map(([x, y]): Landmark => [x, y]);
  const face: TrackedFace = {
    state: isBoxAlone ? 'none' : 'found',
    shot: 0,
    score: only.score ?? 1,
    roll: isBoxAlone ? 0 : measureRoll(landmarks),
    ...(!isBoxAlone && { landmarks }),
    ...(refined && { refined: refined.map(([x, y]): Landmark => [x, y]) }),
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
  // A path that leads elsewhere was not written by Lipwire.
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
    header: { version: 3, width, height, rate, frameCount },
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
