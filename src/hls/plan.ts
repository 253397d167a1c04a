/** What of a video is read before export; its renditions, and how long their segments are. */
import { even } from '../av/encoding';
import { nominalRate, readOutput, type VideoStream, withLargestSize } from '../av/ffmpeg/frames';
import type { Ffmpeg } from '../av/ffmpeg/types';
import {
  fpsOf,
  FRAME_RATE_LIMITS,
  frameRate,
  type FrameRate,
  inputError,
  LIMITS,
  throwIfCancelled,
} from '../contract';

/** Usual sizes, as the shorter side in pixels. */
const LADDER = [1080, 720, 480, 360];

export interface LadderStep {
  /** Folder and name, for example `720p`. */
  name: string;
  width: number;
  height: number;
  /** The source's own frames, without encoding them again. */
  isCopy: boolean;
}

/**
 * Sizes that a user asked for, highest first.
 * @throws E_INPUT for anything but numbers with commas or spaces between them
 */
export function parseRenditions(text: string): number[] {
  const sizes = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((part) => Number(part.replace(/p$/i, '')));
  for (const size of sizes) {
    if (!Number.isInteger(size) || size < 16 || size > 4320) {
      throw inputError('renditions', 'heights such as "720, 480"', text);
    }
  }
  return [...new Set(sizes)].sort((a, b) => b - a);
}

/**
 * The renditions of a source, largest first. Sizes count on the shorter side, so that a portrait
 * video has them too; none is larger than the source, and there is always one.
 * @param wanted sizes asked for; none: the source's own and the usual ones below it
 */
export function chooseRenditions(source: HlsSource, wanted: readonly number[]): LadderStep[] {
  const own = Math.min(source.width, source.height);
  const top = Math.min(own, LIMITS.renderedShortSide);
  const asked = wanted.filter((size) => size <= own);
  const usual = [top, ...LADDER.filter((size) => size < top)];
  const sizes = wanted.length === 0 ? usual : asked.length === 0 ? [top] : asked;
  return sizes.map((size) => {
    const scale = size / own;
    return {
      name: `${size}p`,
      // A foreign video may have odd sides, which 4:2:0 cannot.
      width: even(source.width * scale),
      height: even(source.height * scale),
      isCopy: size === own,
    };
  });
}

/**
 * Frames of a segment: as many whole groups of pictures as fit into the wanted length, where the
 * source's groups can be kept; else as the length says.
 */
export function segmentFrames(
  source: HlsSource,
  seconds: number,
): { frames: number; keepsGroups: boolean } {
  const wanted = Math.max(1, Math.round(seconds * fpsOf(source.rate)));
  const group = source.keyFrames;
  if (group === undefined || group > wanted) return { frames: wanted, keepsGroups: false };
  return { frames: Math.floor(wanted / group) * group, keepsGroups: true };
}

export interface HlsSource {
  file: string;
  /** Its picture as it is stored. */
  stream: VideoStream;
  /** Upright, in pixels. */
  width: number;
  height: number;
  rate: FrameRate;
  duration: number;
  /** `exact` for our own files; else stated for the picture, or guessed from the whole file. */
  durationIs: 'exact' | 'stated' | 'guessed';
  hasSound: boolean;
  /** The sound is AAC-LC for sure, and can be copied. */
  keepsSound: boolean;
  /** Frames between key frames, where the picture is H.264 that can be copied. */
  keyFrames: number | undefined;
}

/**
 * @param isOurs written by Lipwire, or declared equivalent: H.264 and AAC-LC
 * @throws E_INPUT when it has no picture, or one that is too large or too long
 */
export async function inspectVideo(
  ffmpeg: Ffmpeg,
  file: string,
  isOurs: boolean,
  signal: AbortSignal,
): Promise<HlsSource> {
  const [probe, keyFrames] = await Promise.all([
    ffmpeg.probe(file, signal),
    isOurs ? keyFrameDistance(ffmpeg, file, signal).catch(() => undefined) : undefined,
  ]);
  throwIfCancelled(signal);
  const picture = probe.streams.find(({ type }) => type === 'video');
  const sound = probe.streams.find(({ type }) => type === 'audio');
  if (!picture?.width || !picture.height) {
    throw inputError('the video to export', 'a file with a picture', file);
  }
  const duration = picture.duration ?? probe.duration;
  // A small hostile file can claim either and keep FFmpeg busy for days.
  const first = { ...picture, width: picture.width, height: picture.height };
  expectPixels(first);
  const stream = isOurs
    ? { ...first, isOneSize: true }
    : await withLargestSize(ffmpeg, file, first, signal);
  expectPixels(stream);
  const { width, height } = stream;
  if (duration > LIMITS.duration) {
    const most = `at most ${LIMITS.duration / 3600} hours`;
    throw inputError('the video to export', most, `${Math.round(duration)} s`, 'cut it');
  }
  const isTurned = Math.abs(picture.rotation ?? 0) % 180 === 90;
  const { min, max } = FRAME_RATE_LIMITS;
  const rate = isOurs
    ? frameRate(Math.min(max, Math.max(min, picture.fps ?? 25)))
    : nominalRate(picture);
  const canCopy = isOurs && picture.codec === 'h264' && picture.pixelFormat === 'yuv420p';
  return {
    ...{ file, stream, rate, duration },
    durationIs: isOurs ? 'exact' : picture.duration ? 'stated' : 'guessed',
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    hasSound: sound !== undefined,
    keepsSound: isOurs && sound?.codec === 'aac',
    keyFrames: canCopy && !picture.rotation ? keyFrames : undefined,
  };
}

/** @throws E_INPUT */
function expectPixels({ width, height }: { width: number; height: number }): void {
  if (width * height <= LIMITS.videoPixels) return;
  const most = `at most ${LIMITS.videoPixels / 1e6} million pixels a frame`;
  throw inputError('the video to export', most, `${width}×${height}`, 'scale it down');
}

/**
 * Frames from one key frame to the next, if that is the same all through and the frames are evenly
 * spaced. Reads packets only, which is as fast as the disk. FFmpeg's framecrc lists one packet a
 * line (stream, dts, pts, duration, size, checksum) and flags those that are no key frames.
 */
async function keyFrameDistance(
  ffmpeg: Ffmpeg,
  file: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const options = ['-map', '0:v:0', '-c', 'copy', '-f', 'framecrc'];
  let [rest, frames, lastKey, isRegular] = ['', 0, -1, true];
  let lastTime: number | undefined;
  let step: number | undefined;
  let distance: number | undefined;
  for await (const chunk of readOutput(ffmpeg, file, options, signal)) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('#') || line.trim() === '') continue;
      const fields = line.split(',').map((field) => field.trim());
      const time = Number(fields[2]);
      if (lastTime !== undefined) {
        step ??= time - lastTime;
        isRegular &&= time - lastTime === step;
      }
      lastTime = time;
      if (!fields.some((field) => field.startsWith('F='))) {
        if (lastKey >= 0) distance ??= frames - lastKey;
        isRegular &&= lastKey >= 0 ? frames - lastKey === distance : frames === 0;
        lastKey = frames;
      }
      frames += 1;
    }
  }
  if (!isRegular || frames === 0) return undefined;
  return distance ?? frames;
}
