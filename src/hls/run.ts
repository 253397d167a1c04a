/** Makes an HLS stream of a video (docs/design.md section 5). */
import { cp, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { checkCaptions } from '../av/captions';
import {
  aacOptions,
  BITEXACT,
  COLOUR_FILTER,
  ONE_FILTER_THREAD,
  streamPicture,
} from '../av/encoding';
import { rangeNotes, toOneSize, toStandardRange } from '../av/ffmpeg/frames';
import { openFfmpeg } from '../av/ffmpeg/open';
import type { Ffmpeg, FfmpegOutput } from '../av/ffmpeg/types';
import {
  type ClipPayload,
  fpsOf,
  inputError,
  LipwireError,
  type MediaFile,
  rateText,
  type Rendition,
  type RunOf,
  type VideoPayload,
} from '../contract';
import { HLS_FOLDERS, temporaryName } from '../files/temporary-names';
import {
  chooseRenditions,
  type HlsSource,
  inspectVideo,
  type LadderStep,
  parseRenditions,
  segmentFrames,
} from './plan';
import {
  masterPlaylist,
  measureRendition,
  MEDIA_PLAYLIST,
  type Variant,
  writeSubtitles,
} from './playlists';
import type { hlsExport } from './stage';

/** For the player page; stored beside the master playlist. */
interface StreamFacts {
  title: string;
  /** Seconds. */
  duration: number;
  width: number;
  height: number;
  captions: boolean;
}

export const run: RunOf<typeof hlsExport> = async (input, parameters, context) => {
  const { folder, signal } = context;
  const wanted = parseRenditions(parameters.renditions);
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const source = await inspectVideo(ffmpeg, input.file, input.kind !== 'file', signal);
  const total = source.duration;
  context.progress({ type: 'running', done: 0, total, unit: 'seconds' });
  let done = 0;
  const segment = segmentFrames(source, parameters.segmentLength);
  const captions = 'captions' in input ? input.captions : undefined;
  if (captions !== undefined) await checkCaptions(captions);
  const written = await writeHls({
    ...{ ffmpeg, source, folder, signal, captions },
    steps: chooseRenditions(source, wanted),
    segmentFrames: segment.frames,
    keepsGroups: segment.keepsGroups,
    container: parameters.container,
    language: 'language' in input ? input.language : undefined,
    onProgress: (seconds) => {
      done = Math.max(done, seconds);
      context.progress({ type: 'running', done, total, unit: 'seconds' });
    },
  });
  const facts: StreamFacts = {
    ...{ title: titleOf(input), duration: written.duration, captions: captions !== undefined },
    ...{ width: source.width, height: source.height },
  };
  await writeFile(path.join(folder, 'stream.json'), `${JSON.stringify(facts)}\n`);
  context.progress({ type: 'running', done: total, total, unit: 'seconds' });
  const notes = rangeNotes(ffmpeg, source.stream);
  return { kind: 'hls', folder, ...written, ...(notes.length > 0 && { notes }) };
};

function titleOf(input: VideoPayload | ClipPayload | MediaFile): string {
  if ('chapters' in input) return input.chapters[0]?.title ?? '';
  return 'text' in input ? (input.text ?? '') : '';
}

/** Writes an HLS stream (RFC 8216), all renditions in one FFmpeg process. */

interface WrittenStream {
  playlist: string;
  poster: string;
  renditions: Rendition[];
  segments: number;
  /** Measured; foreign files may state another duration. */
  duration: number;
}

/**
 * Writes `master.m3u8`, a folder a rendition, captions and `poster.jpg`, and checks that all of it is
 * there and as long as the source.
 */
export async function writeHls(options: HlsOptions): Promise<WrittenStream> {
  const { folder } = options;
  if (!folder.includes('%')) return writeInto(options);
  // FFmpeg reads a percent sign anywhere in a segment's path as a pattern, even doubled: such a
  // workspace gets its stream through the system's temporary folder.
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
    inputs: [{ source: source.file, options: toOneSize(source.stream).input }],
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
    uri: await writeSubtitles(folder, options, options.captions, duration),
    language: options.language,
  };
  const playlist = path.join(folder, 'master.m3u8');
  await writeFile(playlist, masterPlaylist(variants, subtitles || undefined));
  return { playlist, poster, renditions, segments, duration };
}

/** Free bytes below which a missing file means a full disk. */
const LEAST_FREE = 64 * 1024;

/** FFmpeg may exit with 0 when a playlist could not be written. */
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

/** @throws E_INPUT for a foreign file that is shorter than it states */
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

/**
 * One decoder for all that is encoded, and for the poster. Each rendition is scaled from the next
 * larger one.
 */
function streamGraph({ ffmpeg, source, steps, keepsGroups }: HlsOptions): string {
  const encoded = steps.flatMap((step, index) =>
    step.isCopy && keepsGroups ? [] : [{ step, index }],
  );
  // Copied frames keep their times, and so must those beside them; else the times are made even.
  const even = keepsGroups ? [] : [`fps=${rateText(source.rate)}`];
  const standard = toStandardRange(ffmpeg, source.stream) ?? [];
  const form = [...toOneSize(source.stream).filters, ...even, ...standard].map((f) => `${f},`);
  const chains = [
    `[0:v:0]${form.join('')}${encoded.length === 0 ? 'null[first]' : 'split[first][from0]'}`,
  ];
  for (const [place, { step, index }] of encoded.entries()) {
    const scale = `scale=${step.width}:${step.height}:flags=bicubic:out_color_matrix=bt709:out_range=tv`;
    const scaled = `[from${place}]${scale},setsar=1,format=yuv420p,${COLOUR_FILTER}`;
    const isLast = place === encoded.length - 1;
    chains.push(
      isLast ? `${scaled}[out${index}]` : `${scaled},split[out${index}][from${place + 1}]`,
    );
  }
  const still = 'scale=out_range=pc:flags=bicubic,setsar=1,format=yuvj420p';
  chains.push(`[first]trim=end_frame=1,${still}[poster]`);
  return chains.join(';');
}

function renditionOutput(options: HlsOptions, step: LadderStep, index: number): FfmpegOutput {
  const { source, segmentFrames, keepsGroups, container, folder } = options;
  const isCopied = step.isCopy && keepsGroups;
  const here = path.join(folder, step.name);
  const extension = container === 'fmp4' ? 'm4s' : 'ts';
  const pattern = path.join(here, `segment%05d.${extension}`);
  const seconds = (segmentFrames - 0.5) / fpsOf(source.rate);
  return {
    target: path.join(here, MEDIA_PLAYLIST),
    options: [
      ...ONE_FILTER_THREAD,
      ...['-map', isCopied ? '0:v:0' : `[out${index}]`],
      ...(isCopied ? ['-c:v', 'copy'] : streamPicture(segmentFrames)),
      ...(source.hasSound ? ['-map', '0:a:0'] : []),
      ...(source.keepsSound ? ['-c:a', 'copy'] : aacOptions(2)),
      ...BITEXACT,
      ...['-map_chapters', '-1', '-f', 'hls', '-hls_playlist_type', 'vod'],
      ...['-hls_time', seconds.toFixed(6), '-hls_list_size', '0'],
      ...['-hls_flags', 'independent_segments', '-hls_segment_filename', pattern],
      ...(container === 'fmp4'
        ? ['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', 'init.mp4']
        : ['-hls_segment_type', 'mpegts']),
    ],
  };
}

function posterOutput(target: string): FfmpegOutput {
  const one = ['-frames:v', '1', '-update', '1'];
  return {
    target,
    options: ['-map', '[poster]', ...one, '-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2'],
  };
}

interface HlsOptions {
  ffmpeg: Ffmpeg;
  source: HlsSource;
  steps: readonly LadderStep[];
  /** Frames of a segment. */
  segmentFrames: number;
  /** The source's own groups of pictures fit into segments. */
  keepsGroups: boolean;
  container: 'fmp4' | 'ts';
  captions: string | undefined;
  language: string | undefined;
  folder: string;
  signal: AbortSignal;
  /** Called with the seconds that are written. */
  onProgress(seconds: number): void;
}
