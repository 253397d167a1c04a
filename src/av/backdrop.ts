/** The still picture behind the part of a clip that moves, as a file: bare yuv420p. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FfmpegInput } from './ffmpeg/types';
import {
  inputError,
  rateText,
  toLipwireError,
  type ClipBackdrop,
  type FrameRate,
  type LipwireError,
} from '../contract';
import { yuvBytes } from './bt709';
import { readMp4Tracks } from './mp4';

interface Size {
  width: number;
  height: number;
}

/**
 * What a backdrop's file is called. Bare pixels have no signature: under another name, any file of
 * the right size could be shown as a picture by whoever may set a message's properties.
 */
export const BACKDROP_FILE = 'backdrop.yuv';

/** How FFmpeg is told of it. @param size of the clip */
export function backdropInput(file: string, { width, height }: Size, rate: FrameRate): FfmpegInput {
  const form = ['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', `${width}x${height}`];
  return { source: file, options: [...form, '-framerate', rateText(rate)] };
}

/**
 * Checks that a clip's backdrop is one, as large as the clip, and that the moving part lies on it.
 * @param subject how errors call the clip
 * @throws E_INPUT, E_PATH
 */
export async function checkBackdrop(
  { file, x, y, width, height }: ClipBackdrop,
  clip: Size,
  subject: string,
): Promise<void> {
  const size = `${clip.width}×${clip.height}`;
  if (width === 0 || height === 0 || x + width > clip.width || y + height > clip.height) {
    const place = `${width}×${height} at ${x}, ${y}`;
    throw inputError(`the backdrop of ${subject}`, `a part of its ${size} pixels`, place);
  }
  if (path.basename(file) !== BACKDROP_FILE) {
    throw inputError(`the backdrop of ${subject}`, `a file called ${BACKDROP_FILE}`, file);
  }
  const facts = await stat(file).catch((error: unknown) => {
    throw toLipwireError(error);
  });
  if (facts.isFile() && facts.size === yuvBytes(clip.width, clip.height)) return;
  throw inputError(`the backdrop of ${subject}`, `one yuv420p picture of ${size} pixels`, file);
}

/**
 * Checks that a clip's master is as large as its backdrop's moving part or, without a backdrop, as
 * the clip: a part that lost its backdrop on the way would pass for the whole.
 * @param subject how errors call the clip
 * @throws E_INPUT, E_PATH
 */
export async function checkMaster(
  master: string,
  { width, height }: Size,
  subject: string,
): Promise<void> {
  const tracks = await readMp4Tracks(master).catch((thrown: unknown) => {
    const error = toLipwireError(thrown);
    throw error.code === 'E_INTERNAL' ? notMaster(subject, master) : error;
  });
  const picture = tracks.find(({ type }) => type === 'video');
  if (!picture) throw notMaster(subject, master);
  if (picture.width === width && picture.height === height) return;
  const found = `${picture.width}×${picture.height}`;
  const remedy = 'keep "backdrop" beside "master", or leave out both';
  throw inputError(`the master of ${subject}`, `${width}×${height} pixels`, found, remedy);
}

function notMaster(subject: string, file: string): LipwireError {
  return inputError(`the master of ${subject}`, 'a MOV or MP4 with a picture', file);
}

/** The backdrop that all of some clips have, to the pixel and at the same place; else undefined. */
export async function sharedBackdrop(
  clips: readonly { backdrop?: ClipBackdrop }[],
): Promise<ClipBackdrop | undefined> {
  const first = clips[0]?.backdrop;
  if (!first) return undefined;
  for (const { backdrop } of clips) {
    const isThere = (['x', 'y', 'width', 'height'] as const).every(
      (side) => backdrop?.[side] === first[side],
    );
    if (!isThere) return undefined;
  }
  const picture = await readFile(first.file);
  for (const { backdrop } of clips) {
    if (!backdrop || backdrop.file === first.file) continue;
    if (!(await readFile(backdrop.file)).equals(picture)) return undefined;
  }
  return first;
}
