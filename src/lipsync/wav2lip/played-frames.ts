/** Which frame of a video each frame of the clip shows, and all of them in that order. */
import { type FrameRate, LipwireError } from '../../contract';
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

/** What is shown when a video ends before its speech. */
export type WhenShort = 'back-and-forth' | 'loop' | 'freeze' | 'end';

export interface Play {
  /** Frames of the clip. */
  frameCount: number;
  rate: FrameRate;
  /** Frames of the video. */
  videoFrames: number;
  videoRate: FrameRate;
  whenShort: WhenShort;
  /** Only the first frame is shown. */
  isStatic: boolean;
}

/** Gives frames `from` … `from + count − 1`, in a buffer each. */
export type FrameReader = (from: number, count: number) => AsyncIterable<Buffer>;

export interface PlayedFrame {
  /** Its number in the video. */
  source: number;
  data: Buffer;
  /** The next frame is the same buffer: it must not be written into. */
  isShownAgain: boolean;
}

/** The place of a frame of the clip in a video that never ends. Exact. */
export function positionOf(frame: number, { rate, videoRate, isStatic }: Play): number {
  if (isStatic) return 0;
  return Math.floor((frame * rate.den * videoRate.num) / (rate.num * videoRate.den));
}

/** The frame of the video at a position of the endless one. */
export function sourceAt(position: number, { videoFrames: count, whenShort }: Play): number {
  if (position < count) return position;
  if (whenShort === 'loop') return position % count;
  if (whenShort !== 'back-and-forth' || count === 1) return count - 1;
  // Neither end is shown twice.
  const there = position % (2 * count - 2);
  return there < count ? there : 2 * count - 2 - there;
}

/** Frames that a clip can have when it ends with its video. */
export function framesUntilEnd({ rate, videoFrames, videoRate }: Omit<Play, 'frameCount'>): number {
  return Math.ceil((videoFrames * videoRate.den * rate.num) / (videoRate.num * rate.den));
}

/**
 * Every frame of the clip, in order. The video is never held in memory.
 * @param reverse gives the same frames as `read`, the last one first
 */
export async function* playedFrames(
  play: Play,
  read: FrameReader,
  reverse: FrameReader,
): AsyncGenerator<PlayedFrame> {
  const last = positionOf(play.frameCount - 1, play);
  const show = (frame: number, data: Buffer): PlayedFrame => {
    const source = sourceAt(positionOf(frame, play), play);
    const isLast = frame === play.frameCount - 1;
    const next = isLast ? -1 : sourceAt(positionOf(frame + 1, play), play);
    return { source, data, isShownAgain: next === source };
  };
  let frame = 0;
  let position = 0;
  let shown: Buffer | undefined;
  for await (const data of endless(play, last + 1, read, reverse)) {
    shown = data;
    while (frame < play.frameCount && positionOf(frame, play) === position) {
      yield show(frame, data);
      frame++;
    }
    position++;
  }
  // A frozen end, or a video that has fewer frames than it said.
  while (shown && frame < play.frameCount) {
    yield { ...show(frame, shown), isShownAgain: true };
    frame++;
  }
}

/** So many frames of the endless video; only the first pass where it freezes or ends. */
async function* endless(
  { videoFrames: count, whenShort }: Play,
  wanted: number,
  read: FrameReader,
  reverse: FrameReader,
): AsyncGenerator<Buffer> {
  yield* read(0, Math.min(count, wanted));
  if (whenShort === 'freeze' || whenShort === 'end' || count === 1) return;
  for (let left = wanted - count, isBack = whenShort === 'back-and-forth'; left > 0;) {
    if (isBack) {
      const inner = Math.min(count - 2, left);
      yield* reverse(count - 1 - inner, inner);
      left -= inner;
    } else {
      const next = Math.min(count, left);
      yield* read(0, next);
      left -= next;
    }
    if (whenShort === 'back-and-forth') isBack = !isBack;
  }
}

/** Most bytes on the disk. A video that is longer is decoded once more for each such piece. */
const SPOOL_BYTES = 256 * 1024 * 1024;

/**
 * Frames of a video from the last to the first, by way of a file of limited size.
 * @param folder where the file lies while it is needed
 * @param frameBytes of every frame
 * @param mostBytes for tests
 */
export function reversed(
  read: FrameReader,
  folder: string,
  frameBytes: number,
  mostBytes = SPOOL_BYTES,
): FrameReader {
  const most = Math.max(1, Math.floor(mostBytes / frameBytes));
  return async function* (from, count) {
    for (let end = from + count; end > from; end -= most) {
      const start = Math.max(from, end - most);
      const file = path.join(folder, 'reversed.yuv');
      const spool = await open(file, 'w+');
      try {
        let written = 0;
        for await (const frame of read(start, end - start)) {
          await spool.writeFile(frame);
          written++;
        }
        while (written > 0) yield await readBack(spool, --written, frameBytes);
      } finally {
        await spool.close();
        await rm(file, { force: true });
      }
    }
  };
}

async function readBack(spool: FileHandle, index: number, frameBytes: number): Promise<Buffer> {
  const frame = Buffer.allocUnsafe(frameBytes);
  for (let done = 0; done < frameBytes;) {
    const at = index * frameBytes + done;
    const { bytesRead } = await spool.read(frame, done, frameBytes - done, at);
    if (bytesRead === 0) throw new LipwireError('E_INTERNAL', 'A file of frames was cut short.');
    done += bytesRead;
  }
  return frame;
}
