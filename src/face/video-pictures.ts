import type { Picture } from '../av/picture';
import { readVideoFrames } from '../av/ffmpeg/frames';
import { inputError, LIMITS, LipwireError, type FaceSource } from '../contract';
import type { FaceWork } from './work';
import { openFfmpeg } from '../av/ffmpeg/open';

/** Faces are tracked on frames of at most this long side, which costs no precision that counts. */
const LONG_SIDE = 960;

export interface Size {
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
export async function* pictures(
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
