/** A clip's frames on their way into FFmpeg: converted, counted and measured. */
import { Readable } from 'node:stream';
import type { FfmpegInput } from './ffmpeg/types';
import { rateText, throwIfCancelled } from '../contract';
import { yuvBytes } from './bt709';
import { defect, type ClipOptions } from './clip-options';
import { YuvConverter } from './yuv';

/** @throws E_INTERNAL, while they are read, when they are not as many or as large as promised */
export function pipedFrames(options: ClipOptions): FfmpegInput {
  const { width, height } = options.backdrop ?? options;
  const raw = ['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', `${width}x${height}`];
  return {
    source: Readable.from(convertedFrames(options, width, height), { objectMode: false }),
    options: [...raw, '-framerate', rateText(options.rate)],
  };
}

async function* convertedFrames(
  { frames, pixels, frameCount, signal, onProgress }: ClipOptions,
  width: number,
  height: number,
): AsyncGenerator<Buffer> {
  const converter = pixels === 'yuv420p' ? undefined : new YuvConverter(width, height);
  const bytes = converter ? width * height * 3 : yuvBytes(width, height);
  let done = 0;
  for await (const frame of frames) {
    throwIfCancelled(signal);
    if (frame.length !== bytes) {
      const wanted = converter ? `${width}×${height}×3` : `${bytes}`;
      throw defect(`frame ${done} has ${frame.length} bytes, not ${wanted}`);
    }
    if (done === frameCount) throw defect(`there are more than ${frameCount} frames`);
    yield converter ? converter.convert(frame) : frame;
    done += 1;
    onProgress?.(done);
  }
  if (done !== frameCount) throw defect(`there are ${done} frames, not ${frameCount}`);
}
