/** What FFmpeg does for a stream: all renditions and the poster, from one decoder. */
import path from 'node:path';
import type { FfmpegOutput } from '../av/ffmpeg/types';
import { fpsOf, rateText } from '../contract';
import {
  aacOptions,
  BITEXACT,
  COLOUR_FILTER,
  ONE_FILTER_THREAD,
  streamPicture,
} from '../av/encoding';
import type { LadderStep } from './ladder';
import { MEDIA_PLAYLIST, type HlsOptions } from './options';

/**
 * One decoder for all that is encoded, and for the poster. Each rendition is scaled from the next
 * larger one.
 */
export function streamGraph({ source, steps, keepsGroups }: HlsOptions): string {
  const encoded = steps.flatMap((step, index) =>
    step.isCopy && keepsGroups ? [] : [{ step, index }],
  );
  // Copied frames keep their times, and so must those beside them; else the times are made even.
  const even = keepsGroups ? '' : `fps=${rateText(source.rate)},`;
  const chains = [`[0:v:0]${even}${encoded.length === 0 ? 'null[first]' : 'split[first][from0]'}`];
  for (const [place, { step, index }] of encoded.entries()) {
    const scale = `scale=${step.width}:${step.height}:flags=bicubic:out_color_matrix=bt709:out_range=tv`;
    const form = `[from${place}]${scale},setsar=1,format=yuv420p,${COLOUR_FILTER}`;
    const isLast = place === encoded.length - 1;
    chains.push(isLast ? `${form}[out${index}]` : `${form},split[out${index}][from${place + 1}]`);
  }
  const still = 'scale=out_range=pc:flags=bicubic,setsar=1,format=yuvj420p';
  chains.push(`[first]trim=end_frame=1,${still}[poster]`);
  return chains.join(';');
}

export function renditionOutput(
  options: HlsOptions,
  step: LadderStep,
  index: number,
): FfmpegOutput {
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

export function posterOutput(target: string): FfmpegOutput {
  const one = ['-frames:v', '1', '-update', '1'];
  return {
    target,
    options: ['-map', '[poster]', ...one, '-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2'],
  };
}
