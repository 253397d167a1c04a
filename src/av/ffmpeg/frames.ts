/** The frames of a video. All stages read frames here, so frame i is the same picture everywhere. */
import { stat } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { LRUCache } from 'lru-cache';
import {
  type FaceSource,
  FRAME_RATE_LIMITS,
  frameRate,
  type FrameRate,
  inputError,
  LIMITS,
  LipwireError,
  makeNote,
  type Note,
  rateText,
  throwIfCancelled,
} from '../../contract';
import type { Ffmpeg, ProbedStream } from './types';

export type VideoView = FaceSource;

type FramePixels = 'rgb24' | 'gray' | 'yuv420p';

export interface FrameOptions {
  signal?: AbortSignal;
  /** Size of the frames; by default the view's. */
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

/** Bytes buffered between FFmpeg and the reader, besides the current frame. */
const WAITING_BYTES = 1 << 20;

/**
 * Raw frames in a buffer each, rows from the top: the video's frames made constant in rate (frames
 * of a variable rate repeated or left out as their times say) and in size, turned as the file says,
 * then resized, turned and cropped as the view says; high dynamic range as standard range, where
 * FFmpeg can. In constant memory: FFmpeg waits for the reader, and
 * is ended when the reader stops.
 * @throws E_CANCELLED, E_INPUT for a file without a picture, E_FFMPEG for one that cannot be decoded
 */
export async function* readVideoFrames(
  ffmpeg: Ffmpeg,
  view: VideoView,
  { signal, size, pixels, from = 0, count = Infinity }: FrameOptions,
): AsyncGenerator<Buffer, void, void> {
  if (count <= 0) return;
  const { filters, rate, input } = await filtersOf(ffmpeg, view, { size, pixels }, signal);
  if (from > 0) filters.push(`trim=start_frame=${from}`);
  // From zero and at the rate that they have: FFmpeg then neither repeats nor drops frames itself.
  filters.push('setpts=PTS-STARTPTS');
  const limit = Number.isFinite(count) ? ['-frames:v', String(count)] : [];
  const options = [
    ...['-map', '0:V:0', '-an', '-sn', '-dn', '-vf', filters.join(',')],
    ...['-r', rateText(rate), ...limit],
    ...['-c:v', 'rawvideo', '-pix_fmt', pixels, '-f', 'rawvideo'],
  ];
  const { width, height } = size ?? view;
  const output = readOutput(ffmpeg, view.file, options, signal, input);
  yield* inPieces(output, bytesOf(width, height, pixels));
  if (signal) throwIfCancelled(signal);
}

/**
 * What FFmpeg writes of a file. FFmpeg waits for the reader, and is stopped when the reader stops.
 * @param input options before the file
 * @throws what {@link Ffmpeg.run} throws
 */
export async function* readOutput(
  ffmpeg: Ffmpeg,
  source: string,
  options: string[],
  signal?: AbortSignal,
  input: string[] = [],
): AsyncGenerator<Buffer, void, void> {
  const stop = new AbortController();
  const pipe = new PassThrough({ highWaterMark: WAITING_BYTES });
  const run = ffmpeg.run({
    inputs: [{ source, options: input }],
    outputs: [{ target: pipe, options }],
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
  });
  // The error is thrown where the run is awaited; until then it must not count as unhandled.
  run.catch((error: Error) => pipe.destroy(error));
  try {
    yield* pipe as AsyncIterable<Buffer>;
    await run;
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

/** Usual frame rates; an average within {@link NEAR} (relative) means one of them. */
const USUAL_RATES = [15, 24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60];
const NEAR = 0.002;
/** Above this side, videos without a colour matrix are BT.709. */
const HIGH_DEFINITION_ROWS = 720;
const PUBLISHED_COLOURS = 'out_color_matrix=bt709:out_range=tv';
/** Without an odd last row or column, which 4:2:0 could only guess. */
const EVEN = 'crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0';
/** For files without a rate: single pictures, formats without times. */
const RATE_OF_LAST_RESORT = 25;

/**
 * How the frames of a video are read. `frames` is an estimate from its duration.
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
  const rate = nominalRate(stream);
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
async function filtersOf(
  ffmpeg: Ffmpeg,
  view: FaceSource,
  { size, pixels }: { size?: Size | undefined; pixels: string },
  signal?: AbortSignal,
): Promise<{ filters: string[]; rate: FrameRate; input: string[] }> {
  const { stream } = await probeVideo(ffmpeg, view.file, signal);
  const rate = view.rate ?? nominalRate(stream);
  const upright = uprightSize(stream);
  const resized = divided(upright, view.resizeFactor);
  const isPlain = !view.rotate && !view.crop;
  const first = isPlain && size ? size : resized;
  const isYuv = pixels === 'yuv420p';
  // The first scaling converts the colours; later ones would have to guess them.
  const scale = (matrix: string): string =>
    [scaleTo(first), matrix, ...(isYuv ? [PUBLISHED_COLOURS] : [])].join(':');
  const standard = toStandardRange(ffmpeg, stream);
  const { filters: oneSize, input } = toOneSize(stream);
  const filters = [
    ...oneSize,
    `fps=${rateText(rate)}`,
    // Scaled first: tones are mapped in floating point.
    ...(standard ? [scaleTo(first), ...standard, scale('in_color_matrix=bt709')] : []),
    ...(standard ? [] : [scale(colours(stream))]),
    `format=${pixels}`,
    'setsar=1',
  ];
  const end = isYuv ? [EVEN] : [];
  if (isPlain) return { filters: [...filters, ...end], rate, input };
  filters.push(...turns(view.rotate));
  if (view.crop) {
    const [top, bottom, left, right] = cropEdges(view.crop, turned(resized, view.rotate));
    filters.push(`crop=${right - left}:${bottom - top}:${left}:${top}:exact=1`);
  }
  if (size) filters.push(scaleTo(size));
  return { filters: [...filters, ...end], rate, input };
}

/** Transfer functions of high dynamic range: PQ and HLG (ITU-R BT.2100). */
const HIGH_RANGE = ['smpte2084', 'arib-std-b67'];

/** Whether a stream is of high dynamic range. */
export function isHighRange({ transfer = '' }: ProbedStream): boolean {
  return HIGH_RANGE.includes(transfer);
}

/**
 * The filters that make BT.709 in limited range (yuv444p, 8 bits) of high dynamic range; undefined for
 * what is none, and where FFmpeg lacks them. 100 cd/m² become the white of standard range; what is
 * above {@link KNEE} of it is compressed up to 1000 cd/m², so that faces keep their tones.
 */
export function toStandardRange(
  { mapsTones }: Pick<Ffmpeg, 'mapsTones'>,
  stream: ProbedStream,
): string[] | undefined {
  if (!mapsTones || !isHighRange(stream)) return undefined;
  const { transfer, primaries = 'bt2020', colourMatrix = 'bt2020nc' } = stream;
  return [
    'format=yuv444p10le',
    `setparams=color_trc=${transfer}:color_primaries=${primaries}:colorspace=${colourMatrix}`,
    'zscale=transfer=linear:npl=100',
    'format=gbrpf32le',
    'zscale=primaries=bt709',
    `tonemap=mobius:param=${KNEE}:peak=10:desat=0`,
    'zscale=transfer=bt709:matrix=bt709:range=tv',
    'format=yuv444p',
  ];
}

/** The note on a stream of high dynamic range that FFmpeg cannot convert; none on others. */
export function rangeNotes(
  { mapsTones }: Pick<Ffmpeg, 'mapsTones'>,
  stream: ProbedStream | undefined,
): Note[] {
  return mapsTones || !stream || !isHighRange(stream) ? [] : [makeNote('N_HDR')];
}

const KNEE = 0.6;

/**
 * What brings the frames of a stream whose size changes to its largest one, without distorting them.
 * FFmpeg itself would begin its filters anew at each change, with their clocks and counters.
 */
export function toOneSize(stream: VideoStream): { filters: string[]; input: string[] } {
  const { isOneSize, rotation, pixelAspect = 1, width, height } = stream;
  // FFmpeg's own turning comes before all filters and takes one size only.
  if (isOneSize || rotation) return { filters: [], input: [] };
  const fit = pixelAspect === 1 ? ':force_original_aspect_ratio=decrease' : '';
  const filters = [
    `${scaleTo({ width, height })}${fit}`,
    `pad=${width}:${height}:-1:-1:eval=frame`,
  ];
  return { filters, input: ['-reinit_filter', '0'] };
}

/** A picture stream, with the largest of its sizes. */
export interface VideoStream extends ProbedStream {
  width: number;
  height: number;
  isOneSize: boolean;
}

/** Codecs whose frames refer to each other: others would be decoded whole to look for sizes. */
const PREDICTING =
  /^(h26[1-6]|hevc|vvc|vp[89]|av1|mpeg[124](video)?|msmpeg4.*|flv1|theora|rv\d\d|wmv\d|vc1)$/;

/** By file and its state. */
const sizes = new LRUCache<string, Size[]>({ max: 100 });

/**
 * A stream with the largest size of its key frames.
 * @param file whose first picture it is
 */
export async function withLargestSize(
  ffmpeg: Ffmpeg,
  file: string,
  stream: ProbedStream & Size,
  signal?: AbortSignal,
): Promise<VideoStream> {
  if (!PREDICTING.test(stream.codec)) return { ...stream, isOneSize: true };
  const state = await stat(file, { bigint: true }).catch(() => undefined);
  const key = [file, state?.ino, state?.size, state?.mtimeNs].join('|');
  const found = sizes.get(key) ?? (await ffmpeg.frameSizes(file, signal));
  if (state) sizes.set(key, found);
  if (found.length < 2) return { ...stream, isOneSize: true };
  const [largest] = [...found].sort((a, b) => b.width * b.height - a.width * a.height);
  return { ...stream, ...largest, isOneSize: false };
}

async function probeVideo(
  ffmpeg: Ffmpeg,
  file: string,
  signal?: AbortSignal,
): Promise<{ stream: VideoStream; duration: number }> {
  const { streams, duration: whole } = await ffmpeg.probe(file, signal);
  const first = streams.find(({ type }) => type === 'video');
  const say = (what: string) =>
    new LipwireError('E_INPUT', `Expected a video with a picture for the portrait but ${what}.`);
  if (!first) throw say(`${file} has only sound`);
  if (!first.width || !first.height) {
    throw say(`the picture of ${file} cannot be read; it is damaged`);
  }
  const duration = first.duration ?? whole;
  if (duration > LIMITS.duration) {
    const most = `a video of at most ${LIMITS.duration / 3600} hours`;
    throw inputError('the portrait', most, `${Math.round(duration)} s`, 'cut it');
  }
  expectPixels(first.width, first.height);
  const { width, height } = first;
  const stream = await withLargestSize(ffmpeg, file, { ...first, width, height }, signal);
  expectPixels(stream.width, stream.height);
  return { stream, duration };
}

/** @throws E_INPUT */
function expectPixels(width: number, height: number): void {
  if (width * height > LIMITS.videoPixels) {
    const most = `a video of at most ${LIMITS.videoPixels / 1e6} million pixels a frame`;
    throw inputError('the portrait', most, `${width}×${height}`, 'scale it down');
  }
}

/**
 * The constant rate that a video is read with: its own, or of a variable one the usual rate at or above
 * the average.
 */
export function nominalRate({
  fps = RATE_OF_LAST_RESORT,
  baseRate = fps,
}: Pick<ProbedStream, 'fps' | 'baseRate'>): FrameRate {
  const { min, max } = FRAME_RATE_LIMITS;
  return frameRate(Math.min(max, Math.max(min, usualRate(fps, baseRate))));
}

function usualRate(fps: number, baseRate: number): number {
  const off = (rate: number): number => Math.abs(fps / rate - 1);
  const [nearest] = [...USUAL_RATES].sort((a, b) => off(a) - off(b));
  if (off(nearest) < NEAR) return nearest;
  if (off(baseRate) < NEAR) return fps;
  const above = USUAL_RATES.filter((rate) => rate >= fps);
  // Of 29.97 and 30, which differ by a thousandth, the one that the times of the frames fit.
  const twins = above.filter((rate) => rate <= above[0] * (1 + NEAR));
  return twins.find((rate) => Math.abs(baseRate / rate - 1) < NEAR / 20) ?? twins.at(-1) ?? fps;
}

function turns(rotate: FaceSource['rotate']): string[] {
  switch (rotate) {
    case 90:
      return ['transpose=clock'];
    case 180:
      return ['hflip', 'vflip'];
    case 270:
      return ['transpose=cclock'];
    default:
      return [];
  }
}

/** Area averaging: equals OpenCV's bilinear resize for a half, without aliasing. */
function scaleTo({ width, height }: Size): string {
  return `scale=${width}:${height}:flags=area+accurate_rnd+full_chroma_int`;
}

function colours({ colourMatrix, height, width }: ProbedStream & Size): string {
  if (colourMatrix) return 'in_color_matrix=auto';
  const isHigh = Math.max(height, width) > HIGH_DEFINITION_ROWS;
  return `in_color_matrix=${isHigh ? 'bt709' : 'bt601'}`;
}

/** Applied to a video's frames in this order. */
export type VideoAdjustments = Pick<FaceSource, 'resizeFactor' | 'rotate' | 'crop'>;

interface Size {
  width: number;
  height: number;
}

/** With square pixels (the shorter side is scaled up), rotated by the file's metadata. */
function uprightSize({ width, height, pixelAspect = 1, rotation = 0 }: ProbedStream & Size): Size {
  const stored = {
    width: Math.round(width * Math.max(1, pixelAspect)),
    height: Math.round(height / Math.min(1, pixelAspect)),
  };
  return turned(stored, rotation);
}

function divided({ width, height }: Size, factor?: number): Size {
  // 0 and null stand for nothing in payloads that a flow builds by hand.
  const part = (length: number): number => Math.max(1, Math.floor(length / (factor || 1)));
  return { width: part(width), height: part(height) };
}

/** Rotated by degrees, rounded to quarter turns. */
function turned({ width, height }: Size, degrees = 0): Size {
  const quarters = Math.abs(Math.round(degrees / 90)) % 2;
  return quarters === 1 ? { width: height, height: width } : { width, height };
}

function finalSize(upright: Size, { resizeFactor, rotate, crop }: VideoAdjustments): Size {
  const size = turned(divided(upright, resizeFactor), rotate);
  if (!crop) return size;
  const [top, bottom, left, right] = cropEdges(crop, size);
  return { width: right - left, height: bottom - top };
}

/**
 * Bounds within the frame. −1 for `bottom` or `right` is the frame's own edge, as in the reference.
 * @throws E_INPUT where nothing is left
 */
function cropEdges(
  [top, bottom, left, right]: NonNullable<FaceSource['crop']>,
  { width, height }: Size,
): [number, number, number, number] {
  const end = (value: number, most: number): number =>
    value === -1 ? most : Math.min(value, most);
  const edges = [top, end(bottom, height), left, end(right, width)] as const;
  if (edges[1] - edges[0] >= 1 && edges[3] - edges[2] >= 1 && top >= 0 && left >= 0) {
    return [...edges];
  }
  throw inputError(
    'crop',
    `top, bottom, left and right within the frame of ${width}×${height} pixels`,
    [top, bottom, left, right].join(' '),
  );
}
