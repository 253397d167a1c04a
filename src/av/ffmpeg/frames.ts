/** The frames of a video, one after the other. Every stage reads frames with this, so that frame i is
 * the same picture in all of them. */
import { PassThrough } from 'node:stream';
import { rateText, throwIfCancelled, type FaceSource } from '../../contract';
import type { Ffmpeg } from './types';
import { filtersOf } from './video-view';

/** What is read of a video: its file, rate, and what is done to its frames. */
export type VideoView = FaceSource;

export type FramePixels = 'rgb24' | 'gray' | 'yuv420p';

export interface FrameOptions {
  signal?: AbortSignal;
  /** The frames are scaled to it; the view's own size where left out. */
  size?: { width: number; height: number };
  /**
   * Three bytes a pixel, or one; or 4:2:0 in three planes (ITU-R BT.709, limited range), without an
   * odd last row or column. A video that is stored so comes as it is, to the byte.
   */
  pixels: FramePixels;
  /** The first frame that is given, 0 by default; those before it are decoded and left out. */
  from?: number;
  /** How many are given at most; all by default. */
  count?: number;
}

/** Bytes that wait between FFmpeg and the reader besides the frame that is being put together. */
const WAITING_BYTES = 1 << 20;

/**
 * Raw frames in a buffer each, rows from the top: the video's frames made constant in rate (frames
 * of a variable rate repeated or left out as their times say), turned as the file says, then
 * resized, turned and cropped as the view says. In constant memory: FFmpeg waits for the reader, and
 * is ended when the reader stops.
 * @throws E_CANCELLED, E_INPUT for a file without a picture, E_FFMPEG for one that cannot be decoded
 */
export async function* readVideoFrames(
  ffmpeg: Ffmpeg,
  view: VideoView,
  { signal, size, pixels, from = 0, count = Infinity }: FrameOptions,
): AsyncGenerator<Buffer, void, void> {
  if (count <= 0) return;
  const { filters, rate } = await filtersOf(ffmpeg, view, { size, pixels }, signal);
  if (from > 0) filters.push(`trim=start_frame=${from}`);
  // From zero and at the rate that they have: FFmpeg then neither repeats nor drops frames itself.
  filters.push('setpts=PTS-STARTPTS');
  const limit = Number.isFinite(count) ? ['-frames:v', String(count)] : [];
  const stop = new AbortController();
  const pipe = new PassThrough({ highWaterMark: WAITING_BYTES });
  const run = ffmpeg.run({
    inputs: [{ source: view.file }],
    outputs: [
      {
        target: pipe,
        options: [
          ...['-map', '0:V:0', '-an', '-sn', '-dn', '-vf', filters.join(',')],
          ...['-r', rateText(rate), ...limit],
          ...['-c:v', 'rawvideo', '-pix_fmt', pixels, '-f', 'rawvideo'],
        ],
      },
    ],
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
  });
  // The error is thrown where the run is awaited; until then it must not count as unhandled.
  run.catch((error: Error) => pipe.destroy(error));
  const { width, height } = size ?? view;
  try {
    yield* inPieces(pipe, bytesOf(width, height, pixels));
    await run;
    if (signal) throwIfCancelled(signal);
  } finally {
    stop.abort();
    await run.catch(() => undefined);
  }
}

function bytesOf(width: number, height: number, pixels: FramePixels): number {
  if (pixels === 'yuv420p') return 6 * Math.floor(width / 2) * Math.floor(height / 2);
  return width * height * (pixels === 'gray' ? 1 : 3);
}

/** A stream in pieces of equal size; an incomplete last one is left out. */
async function* inPieces(stream: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafe(bytes);
  let filled = 0;
  for await (const chunk of stream) {
    for (let read = 0; read < chunk.length;) {
      const copied = chunk.copy(piece, filled, read);
      read += copied;
      filled += copied;
      if (filled < bytes) continue;
      yield piece;
      piece = Buffer.allocUnsafe(bytes);
      filled = 0;
    }
  }
}
