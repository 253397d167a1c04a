/** The face of a video, frame by frame. */
import path from 'node:path';
import { BoxTracker } from './track/box-tracker';
import { FaceTracker, type Choose, type FrameTracker, type Tracked } from './track/tracker';
import { fillGaps } from './track/gaps';
import { fitWithin, mapBox, padBox, type Box, type Size } from './box';
import { S3fdTracker } from './track/s3fd-tracker';
import { SAME_PERSON, chooseFace, readReference } from './choose';
import { withShots } from './track/shots';
import {
  FaceTrackWriter,
  frameTime,
  LipwireError,
  throwIfCancelled,
  type DetectedFace,
  type FacePayload,
  type FaceReport,
  type FaceSource,
  type Landmark,
  type Note,
  type TrackedFace,
  type PortraitFile,
  inputError,
  LIMITS,
} from '../contract';
import { boxOf, type FaceDetectParameters } from './stage';
import { noFaceInVideo, notesOf } from './image';
import { withFineLandmarks } from './find';
import type { FaceWork } from './networks';
import type { Picture } from '../av/picture';
import { readVideoFrames } from '../av/ffmpeg/frames';
import { openFfmpeg } from '../av/ffmpeg/open';

/** Shots of which the face is judged at its first frame. */
const JUDGED_SHOTS = 3;

/** Writes `track.json` and `track.bin`, the face in every frame, frame by frame. */
export async function detectInVideo(
  input: PortraitFile,
  source: FaceSource,
  work: FaceWork,
): Promise<FacePayload> {
  const { parameters, context, networks, options } = work;
  const { signal } = context;
  const box = boxOf(parameters, source);
  const size = work.s3fd ? source : trackedSize(source);
  const scale = source.width / size.width;
  const rate = await readReference(input, parameters, networks, options, signal);
  /** The faces of the first shot with any. */
  let first: { faces: DetectedFace[]; selected: number } | undefined;
  let fewest = Infinity;
  let judged = 0;
  const notes = new Map<string, Note>();
  const choose: Choose = async (faces, { picture }) => {
    fewest = Math.min(fewest, faces.length);
    if (parameters.select === 'number' && faces.length < parameters.faceNumber) return -1;
    const choice = await chooseFace(faces, picture, parameters, rate, scale);
    if ((choice.likeness ?? 1) < SAME_PERSON) return -1;
    first ??= {
      faces: faces.map(({ box: found, score, roll }) => {
        return { box: inSource(found, scale, source, parameters), score, roll };
      }),
      selected: choice.index,
    };
    if (judged++ < JUDGED_SHOTS) {
      const fine = await withFineLandmarks(picture, networks, faces[choice.index]);
      for (const note of notesOf(fine).notes ?? []) notes.set(note.code, note);
    }
    return choice.index;
  };
  const tracker = trackerOf(work, choose, box && mapBox(box, (side) => side / scale));
  const report: FaceReport = {
    shots: 1,
    detections: 0,
    framesWithoutFace: { count: 0, interpolated: 0, held: 0, ranges: [] },
  };
  const gaps = {
    mode: parameters.withoutFace,
    most: parameters.interpolateFrames,
    refuse: (frame: number) => noFaceInFrame(source, frame),
  };
  const tracked = trackFrames(tracker, source, size, work);
  const { width, height } = source;
  const header = { width, height, rate: source.rate! };
  const writer = await FaceTrackWriter.create(context.folder, header);
  let track: string;
  try {
    for await (const frame of fillGaps(tracked, gaps, report.framesWithoutFace)) {
      report.shots = frame.shot + 1;
      await writer.write(box ? { ...frame, box } : frame);
    }
    throwIfCancelled(signal);
    if (writer.frameCount === 0) {
      throw new LipwireError(
        'E_INPUT',
        `Expected a video with at least one frame for the portrait but ${source.file} has none; it is empty or damaged.`,
      );
    }
    track = await writer.finish();
  } catch (error) {
    await writer.close();
    throw error;
  }
  report.detections = tracker.detections;
  const whole = { ...source, frames: writer.frameCount };
  if (box) {
    const faces = [{ box, score: 0, roll: 0 }];
    return { kind: 'face', source: whole, detector: 'box', faces, selected: 0, track, report };
  }
  const result = { kind: 'face' as const, source: whole, detector: parameters.detector, report };
  const said = notes.size > 0 ? { notes: [...notes.values()] } : {};
  if (first) return { ...result, ...first, track, ...said };
  if (parameters.withoutFace === 'pass') return { ...result, faces: [], selected: -1 };
  throw noFaceInVideo(source, writer.frameCount, parameters, whyNone(parameters, fewest));
}

function trackerOf(work: FaceWork, choose: Choose, box: Box | undefined): FrameTracker {
  const { networks, parameters, context, s3fd } = work;
  if (box) return new BoxTracker(networks, box);
  const options = { minScore: parameters.minScore, choose, signal: context.signal };
  if (s3fd) return new S3fdTracker(s3fd, networks, options, parameters.select === 'score');
  return new FaceTracker(networks, options);
}

/** The face of each frame, in pixels of the source. */
async function* trackFrames(
  tracker: FrameTracker,
  source: FaceSource,
  size: Size,
  work: FaceWork,
): AsyncGenerator<TrackedFace> {
  const { signal, progress } = work.context;
  const scale = source.width / size.width;
  let done = 0;
  for await (const { shot, ...frame } of withShots(pictures(source, size, work))) {
    throwIfCancelled(signal);
    const face = await tracker.next({ shot, ...frame });
    yield face
      ? { shot, ...inTrack(face, scale, source, work.parameters) }
      : { state: 'none', shot, score: 0, roll: 0 };
    done++;
    const total = Math.max(source.frames ?? 0, done);
    progress({ type: 'running', done, total, unit: 'frames' });
  }
}

function inTrack(
  { box: found, score, roll, landmarks, attention }: Tracked,
  scale: number,
  source: Size,
  parameters: FaceDetectParameters,
): Omit<TrackedFace, 'shot'> {
  const box = inSource(found, scale, source, parameters);
  if (!landmarks) return { state: 'none', score, roll, box };
  const scaled = (points: readonly Landmark[]): Landmark[] =>
    points.map(([x, y]) => [x * scale, y * scale]);
  return {
    state: 'found',
    score,
    roll,
    box,
    landmarks: scaled(landmarks),
    ...(attention?.refined && { refined: scaled(attention.refined) }),
  };
}

function inSource(box: Box, scale: number, source: Size, { padding }: FaceDetectParameters): Box {
  return padBox(
    mapBox(box, (side) => side * scale),
    padding,
    source,
  );
}

function whyNone({ select, faceNumber }: FaceDetectParameters, fewest: number): string {
  if (!Number.isFinite(fewest)) return '';
  if (select === 'number') return ` that is number ${faceNumber} from the left`;
  return select === 'reference' ? ' that looks like the reference picture’s' : '';
}

/** Longest side of the frames on which faces are tracked; larger ones are not measurably better. */
const LONG_SIDE = 960;

/** The size on which faces are tracked. */
export function trackedSize(source: Size): Size {
  return fitWithin(source, LONG_SIDE);
}

/** The frames of a video in a size. @throws E_INPUT where it is damaged or too long */
async function* pictures(
  source: FaceSource,
  size: Size,
  { context }: FaceWork,
): AsyncGenerator<Picture> {
  const { signal } = context;
  const { width, height } = size;
  const most = Math.ceil(LIMITS.duration * (source.fps ?? 1));
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  let count = 0;
  try {
    for await (const data of readVideoFrames(ffmpeg, source, { signal, size, pixels: 'rgb24' })) {
      if (++count > most) {
        const expected = `a video of at most ${LIMITS.duration / 3600} hours`;
        throw inputError('the portrait', expected, source.file, 'cut it');
      }
      yield { width, height, data };
    }
  } catch (error) {
    // FFmpeg cannot decode it: the file is damaged.
    if (!(error instanceof LipwireError) || error.code !== 'E_FFMPEG') throw error;
    throw new LipwireError(
      'E_INPUT',
      `Expected a whole video for the portrait but ${source.file} is damaged or cut off (${error.message.replace(/\.$/, '')}); get it again.`,
      { cause: error },
    );
  }
}

/** A frame without a face where `withoutFace` is `error`. */
function noFaceInFrame({ file, rate }: FaceSource, frame: number): LipwireError {
  const time = rate ? frameTime(frame, rate) : 0;
  return new LipwireError(
    'E_NO_FACE',
    `Expected a face in every frame of ${path.basename(file)} but found none in frame ${frame} ` +
      `(${time.toFixed(2)} s); choose hold, interpolate or pass for frames without a face.`,
    { details: { frame, time } },
  );
}
