/** What a video's picture is like, and the filters that turn it into frames of constant rate and size. */
import {
  frameRate,
  inputError,
  LipwireError,
  FRAME_RATE_LIMITS,
  LIMITS,
  rateText,
  type FaceSource,
  type FrameRate,
} from '../../contract';
import {
  cropEdges,
  divided,
  finalSize,
  turned,
  uprightSize,
  type Size,
  type VideoAdjustments,
} from './frame-size';
import type { Ffmpeg, ProbedStream } from './types';

/** Rates that videos usually have. A file's average that is this near means one of them. */
const USUAL_RATES = [24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60];
const NEAR = 0.002;
/** Videos of at least this many rows that do not name their colours are meant as BT.709. */
const HIGH_DEFINITION_ROWS = 720;
const PUBLISHED_COLOURS = 'out_color_matrix=bt709:out_range=tv';
/** Without an odd last row or column, which 4:2:0 could only guess. */
const EVEN = 'crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0';
/** Where a file gives no rate: one picture, or a format without times. */
const RATE_OF_LAST_RESORT = 25;

/**
 * How the frames of a video are read. `frames` is what its duration suggests; how many there
 * really are is known when they have been read.
 * @throws E_INPUT for a file without a moving picture, of no length, too long or too large, and for
 *   a crop that does not lie in the frame
 */
export async function describeVideo(
  ffmpeg: Ffmpeg,
  file: string,
  adjustments: VideoAdjustments = {},
  signal?: AbortSignal,
): Promise<FaceSource> {
  const { stream, duration } = await probeVideo(ffmpeg, file, signal);
  const rate = nominalRate(stream.fps);
  const { width, height } = finalSize(uprightSize(stream), adjustments);
  const frames = Math.max(1, Math.round((duration * rate.num) / rate.den));
  const known = Object.entries(adjustments).filter(([, value]) => value !== undefined);
  const fps = rate.num / rate.den;
  const source = { file, type: 'video' as const, width, height, fps, frames, rate };
  return { ...source, ...(Object.fromEntries(known) as VideoAdjustments) };
}

/**
 * The filters that make the frames of a view.
 * @param size scaled to it at the end; the view's own where left out
 * @param pixels FFmpeg's name of the format; yuv420p is ITU-R BT.709 in limited range
 */
export async function filtersOf(
  ffmpeg: Ffmpeg,
  view: FaceSource,
  { size, pixels }: { size?: Size | undefined; pixels: string },
  signal?: AbortSignal,
): Promise<{ filters: string[]; rate: FrameRate }> {
  const { stream } = await probeVideo(ffmpeg, view.file, signal);
  const rate = view.rate ?? nominalRate(stream.fps);
  const upright = uprightSize(stream);
  const resized = divided(upright, view.resizeFactor);
  const isPlain = !view.rotate && !view.crop;
  const first = isPlain && size ? size : resized;
  const isYuv = pixels === 'yuv420p';
  // The first one knows the colours; any later conversion would have to guess them.
  const scale = [scaleTo(first), colours(stream), ...(isYuv ? [PUBLISHED_COLOURS] : [])].join(':');
  const filters = [`fps=${rateText(rate)}`, scale, `format=${pixels}`, 'setsar=1'];
  const end = isYuv ? [EVEN] : [];
  if (isPlain) return { filters: [...filters, ...end], rate };
  filters.push(...turns(view.rotate));
  if (view.crop) {
    const [top, bottom, left, right] = cropEdges(view.crop, turned(resized, view.rotate));
    filters.push(`crop=${right - left}:${bottom - top}:${left}:${top}:exact=1`);
  }
  if (size) filters.push(scaleTo(size));
  return { filters: [...filters, ...end], rate };
}

async function probeVideo(
  ffmpeg: Ffmpeg,
  file: string,
  signal?: AbortSignal,
): Promise<{ stream: ProbedStream & Size; duration: number }> {
  const { streams, duration: whole } = await ffmpeg.probe(file, signal);
  const stream = streams.find(({ type }) => type === 'video');
  const say = (what: string) =>
    new LipwireError('E_INPUT', `Expected a video with a picture for the portrait but ${what}.`);
  if (!stream) throw say(`${file} has only sound`);
  const { width, height } = stream;
  if (!width || !height) throw say(`the picture of ${file} cannot be read; it is damaged`);
  const duration = stream.duration ?? whole;
  if (duration > LIMITS.duration) {
    const most = `a video of at most ${LIMITS.duration / 3600} hours`;
    throw inputError('the portrait', most, `${Math.round(duration)} s`, 'cut it');
  }
  if (width * height > LIMITS.videoPixels) {
    const most = `a video of at most ${LIMITS.videoPixels / 1e6} million pixels a frame`;
    throw inputError('the portrait', most, `${width}×${height}`, 'scale it down');
  }
  return { stream: { ...stream, width, height }, duration };
}

function nominalRate(fps = RATE_OF_LAST_RESORT): FrameRate {
  const usual = USUAL_RATES.find((rate) => Math.abs(fps / rate - 1) < NEAR / 20);
  const near = usual ?? USUAL_RATES.find((rate) => Math.abs(fps / rate - 1) < NEAR);
  const { min, max } = FRAME_RATE_LIMITS;
  return frameRate(Math.min(max, Math.max(min, near ?? fps)));
}

function turns(rotate: FaceSource['rotate']): string[] {
  switch (rotate) {
    case 90:
      return ['transpose=clock'];
    case 180:
      return ['hflip', 'vflip'];
    case 270:
      return ['transpose=cclock'];
    case undefined:
      return [];
  }
}

/** Means over areas where it shrinks: what OpenCV's bilinear resize gives for a half, and no aliases. */
function scaleTo({ width, height }: Size): string {
  return `scale=${width}:${height}:flags=area+accurate_rnd+full_chroma_int`;
}

function colours({ colourMatrix, height, width }: ProbedStream & Size): string {
  if (colourMatrix) return 'in_color_matrix=auto';
  const isHigh = Math.max(height, width) > HIGH_DEFINITION_ROWS;
  return `in_color_matrix=${isHigh ? 'bt709' : 'bt601'}`;
}
