/** The face of a video, frame by frame. */
import { BoxTracker } from './track/box-tracker';
import { FaceTracker, type Choose, type FrameTracker, type Tracked } from './track/tracker';
import { fillGaps } from './track/gaps';
import { padBox, type Box } from './box';
import { S3fdTracker } from './track/s3fd-tracker';
import { SAME_PERSON, chooseFace, readReference } from './choose';
import { withShots } from './track/shots';
import type { FoundFace } from './find';
import {
  FaceTrackWriter,
  LipwireError,
  throwIfCancelled,
  type DetectedFace,
  type FacePayload,
  type FaceReport,
  type FaceSource,
  type TrackedFace,
  type PortraitFile,
  inputError,
  LIMITS,
} from '../contract';
import { boxOf } from './adjustments';
import { noFaceInFrame, noFaceInVideo } from './no-face';
import type { FaceWork } from './networks';
import type { Picture } from '../av/picture';
import { readVideoFrames } from '../av/ffmpeg/frames';
import { openFfmpeg } from '../av/ffmpeg/open';

/** The faces among which the choice was made in the first shot with any. */
interface FirstChoice {
  faces: DetectedFace[];
  selected: number;
}

/** Writes `track.json` and `track.bin`, the face in every frame; in memory are only a few. */
export async function detectInVideo(
  input: PortraitFile,
  source: FaceSource,
  work: FaceWork,
): Promise<FacePayload> {
  const { parameters, context, networks, options } = work;
  const { signal } = context;
  const box = boxOf(parameters, source);
  const size = work.s3fd ? source : reduced(source);
  const scale = source.width / size.width;
  const rate = await readReference(input, parameters, networks, options, signal);
  let first: FirstChoice | undefined;
  let fewest = Infinity;
  const choose: Choose = async (faces, { picture }) => {
    fewest = Math.min(fewest, faces.length);
    if (parameters.select === 'number' && faces.length < parameters.faceNumber) return -1;
    const choice = await chooseFace(faces, picture, parameters, rate, scale);
    if ((choice.likeness ?? 1) < SAME_PERSON) return -1;
    first ??= {
      faces: faces.map((face) => described(face, scale, source, work)),
      selected: choice.index,
    };
    return choice.index;
  };
  const tracker = trackerOf(work, choose, box && (box.map((side) => side / scale) as Box));
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
  const rateOf = source.rate as NonNullable<FaceSource['rate']>;
  const writer = await FaceTrackWriter.create(context.folder, { width, height, rate: rateOf });
  let track: string;
  try {
    for await (const frame of fillGaps(tracked, gaps, report.framesWithoutFace)) {
      report.shots = frame.shot + 1;
      await writer.write(box ? { ...frame, box } : frame);
    }
    throwIfCancelled(signal);
    if (writer.frameCount === 0) throw noFrames(source);
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
  if (first) return { ...result, ...first, track };
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

/** The face of each frame as it stands in the track, in pixels of the source. */
async function* trackFrames(
  tracker: FrameTracker,
  source: FaceSource,
  size: Size,
  work: FaceWork,
): AsyncGenerator<TrackedFace> {
  const { signal } = work.context;
  const scale = source.width / size.width;
  let done = 0;
  for await (const frame of withShots(pictures(source, size, work))) {
    throwIfCancelled(signal);
    const face = await tracker.next(frame);
    yield face
      ? { shot: frame.shot, ...inTrack(face, scale, source, work) }
      : { state: 'none', shot: frame.shot, score: 0, roll: 0 };
    done++;
    const total = Math.max(source.frames ?? 0, done);
    work.context.progress({ type: 'running', done, total, unit: 'frames' });
  }
}

function inTrack(
  face: Tracked,
  scale: number,
  source: Size,
  { parameters }: FaceWork,
): Omit<TrackedFace, 'shot'> {
  const box = padBox(scaled(face.box, scale), parameters.padding, source);
  const { score, roll, landmarks } = face;
  const isFound = landmarks !== undefined;
  const points = landmarks?.map(([x, y]) => [x * scale, y * scale] as const);
  const head = { state: isFound ? ('found' as const) : ('none' as const), score, roll, box };
  return points ? { ...head, landmarks: points } : head;
}

function described(
  { box, score, roll }: FoundFace,
  scale: number,
  source: Size,
  { parameters }: FaceWork,
): DetectedFace {
  return { box: padBox(scaled(box, scale), parameters.padding, source), score, roll };
}

function scaled(box: Box, scale: number): Box {
  return box.map((side) => side * scale) as Box;
}

function whyNone({ select, faceNumber }: FaceWork['parameters'], fewest: number): string {
  if (!Number.isFinite(fewest)) return '';
  if (select === 'number') return ` that is number ${faceNumber} from the left`;
  return select === 'reference' ? ' that looks like the reference picture’s' : '';
}

function noFrames({ file }: FaceSource): LipwireError {
  return new LipwireError(
    'E_INPUT',
    `Expected a video with at least one frame for the portrait but ${file} has none; it is empty or damaged.`,
  );
}

/** Faces are tracked on frames of at most this long side, which costs no precision that counts. */
const LONG_SIDE = 960;

interface Size {
  width: number;
  height: number;
}

/** The size on which faces are tracked. */
export function reduced({ width, height }: Size): Size {
  const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

/** The frames of a video, made that size. @throws E_INPUT where it is damaged or too long */
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
      if (++count > most) throw tooLong(source);
      yield { width, height, data };
    }
  } catch (error) {
    // What FFmpeg cannot decode is the file's fault, not the machine's.
    if (!(error instanceof LipwireError) || error.code !== 'E_FFMPEG') throw error;
    throw new LipwireError(
      'E_INPUT',
      `Expected a whole video for the portrait but ${source.file} is damaged or cut off (${error.message.replace(/\.$/, '')}).`,
      { cause: error },
    );
  }
}

function tooLong({ file }: FaceSource): LipwireError {
  const hours = LIMITS.duration / 3600;
  return inputError('the portrait', `a video of at most ${hours} hours`, file, 'cut it');
}
