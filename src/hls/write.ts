/** Writes an HLS stream (RFC 8216), all renditions in one FFmpeg process. */
import { cp, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fpsOf, inputError, LipwireError, type Rendition } from '../contract';
import { HLS_FOLDERS, temporaryName } from '../files/temporary-names';
import { posterOutput, renditionOutput, streamGraph } from './command';
import { MEDIA_PLAYLIST, type HlsOptions } from './options';
import { masterPlaylist, type Variant } from './playlists';
import { measureRendition } from './segments';
import type { HlsSource } from './source';
import { writeSubtitles } from './subtitles';

export interface WrittenStream {
  playlist: string;
  poster: string;
  renditions: Rendition[];
  segments: number;
  /** Seconds that are really there: a foreign file's own word is not always true. */
  duration: number;
}

/**
 * Writes `master.m3u8`, a folder a rendition, captions and `poster.jpg`, and checks that all of it is
 * there and as long as the source.
 */
export async function writeHls(options: HlsOptions): Promise<WrittenStream> {
  const { folder } = options;
  if (!folder.includes('%')) return writeInto(options);
  // FFmpeg takes a percent sign anywhere in a segment's path for a pattern, and does so even where
  // it is doubled. Such a workspace gets its stream by way of the system's temporary folder.
  const elsewhere = path.join(os.tmpdir(), `${HLS_FOLDERS}${temporaryName()}`);
  await mkdir(elsewhere, { mode: 0o700 });
  try {
    const written = await writeInto({ ...options, folder: elsewhere });
    await cp(elsewhere, folder, { recursive: true });
    const moved = (file: string): string => path.join(folder, path.relative(elsewhere, file));
    return {
      ...written,
      playlist: moved(written.playlist),
      poster: moved(written.poster),
      renditions: written.renditions.map((rendition) => ({
        ...rendition,
        playlist: moved(rendition.playlist),
      })),
    };
  } finally {
    await rm(elsewhere, { recursive: true, force: true });
  }
}

async function writeInto(options: HlsOptions): Promise<WrittenStream> {
  const { ffmpeg, source, steps, folder, signal } = options;
  for (const { name } of steps) await mkdir(path.join(folder, name));
  const poster = path.join(folder, 'poster.jpg');
  await ffmpeg.run({
    inputs: [{ source: source.file }],
    filterGraph: streamGraph(options),
    outputs: [
      ...steps.map((step, index) => renditionOutput(options, step, index)),
      posterOutput(poster),
    ],
    signal,
    onProgress: ({ seconds }) => options.onProgress(Math.min(source.duration, seconds)),
  });
  const variants: Variant[] = [];
  const renditions: Rendition[] = [];
  let segments = 0;
  let { duration } = source;
  for (const { name, width, height } of steps) {
    const playlist = path.join(folder, name, MEDIA_PLAYLIST);
    const measured = await measureRendition(playlist).catch(async (error: unknown) => {
      throw (await isFull(folder)) ? diskFull(error) : error;
    });
    duration = trueDuration(source, measured.duration);
    const codecs = [measured.videoCodec, ...(source.hasSound ? ['mp4a.40.2'] : [])].join(',');
    const uri = `${name}/${MEDIA_PLAYLIST}`;
    variants.push({ ...measured, uri, width, height, codecs, fps: fpsOf(source.rate) });
    renditions.push({ name, width, height, bandwidth: measured.bandwidth, playlist });
    segments += measured.segments;
  }
  const subtitles = options.captions && {
    uri: await writeSubtitles(options, options.captions, duration),
    language: options.language,
  };
  const playlist = path.join(folder, 'master.m3u8');
  await writeFile(playlist, masterPlaylist(variants, subtitles || undefined));
  return { playlist, poster, renditions, segments, duration };
}

/** Less than this is left, in bytes, where FFmpeg could not write its last file. */
const LEAST_FREE = 64 * 1024;

/** FFmpeg does not fail, and may say nothing, where a playlist finds no room any more. */
async function isFull(folder: string): Promise<boolean> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize < LEAST_FREE,
    () => false,
  );
}

function diskFull(cause: unknown): LipwireError {
  return new LipwireError(
    'E_DISK',
    `The disk is full; free some space or choose another workspace folder (${(cause as Error).message.replace(/\.$/, '')}).`,
    { cause },
  );
}

/** @throws E_INPUT for a foreign file that ends before it says */
function trueDuration(source: HlsSource, found: number): number {
  const { file, duration, durationIs, rate } = source;
  // FFmpeg writes durations with six decimals; a foreign file may lack a frame at its end.
  if (Math.abs(found - duration) <= 1 / fpsOf(rate) + 0.05) return duration;
  if (durationIs === 'guessed' || (durationIs === 'stated' && found > duration)) return found;
  if (durationIs === 'stated') {
    const stated = `${duration.toFixed(1)} s`;
    throw inputError('the video to export', `${stated} as ${file} says`, `${found.toFixed(1)} s`);
  }
  throw new LipwireError(
    'E_INTERNAL',
    `The stream lasts ${found.toFixed(3)} s instead of ${duration.toFixed(3)} s.`,
  );
}
