/** What FFmpeg does with a clip's frames and sound: the filters, and the two files that it writes. */
import type { FfmpegOutput } from './ffmpeg/types';
import { samplesForFrames } from '../contract';
import type { ClipOptions } from './clip-options';
import type { ClipSound } from './clip-sound';
import {
  aacOptions,
  BITEXACT,
  COLOUR_FILTER,
  MASTER_PICTURE,
  ONE_FILTER_THREAD,
  OUTPUT_SAMPLE_RATE,
  PREVIEW_PICTURE,
} from './encoding';

/** The master gets the frames as they come, the preview whole ones. */
export function pictureGraph({ backdrop, frameCount }: ClipOptions): string {
  if (!backdrop) return `[0:v]${COLOUR_FILTER},split[preview][master]`;
  return [
    `[0:v]split[part][kept]`,
    `[kept]${COLOUR_FILTER}[master]`,
    `[2:v]loop=loop=${frameCount - 1}:size=1,setpts=N[still]`,
    `[still][part]overlay=x=${backdrop.x}:y=${backdrop.y}:format=yuv420,${COLOUR_FILTER}[preview]`,
  ].join(';');
}

/** The sound at both sample rates, to the sample as long as the picture. */
export function soundGraph(
  { frameCount, rate }: ClipOptions,
  { sampleRate, channels }: ClipSound,
): string {
  const fit = (hertz: number): string => {
    const samples = samplesForFrames(frameCount, rate, hertz);
    return `apad=whole_len=${samples},atrim=end_sample=${samples}`;
  };
  const layout = `aformat=channel_layouts=${channels === 1 ? 'mono' : 'stereo'}`;
  return [
    '[1:a]asetpts=N/SR/TB,asplit[heard][whole]',
    `[heard]aresample=${OUTPUT_SAMPLE_RATE},${layout},${fit(OUTPUT_SAMPLE_RATE)}[aac]`,
    `[whole]${fit(sampleRate)}[pcm]`,
  ].join(';');
}

export function previewOutput(target: string, { channels }: ClipSound): FfmpegOutput {
  const options = [
    ...ONE_FILTER_THREAD,
    ...['-map', '[preview]', '-map', '[aac]'],
    ...PREVIEW_PICTURE,
    ...aacOptions(channels),
  ];
  return { target, options: [...options, '-movflags', '+faststart', ...BITEXACT] };
}

export function masterOutput(target: string, { codec }: ClipSound): FfmpegOutput {
  const options = ['-map', '[master]', '-map', '[pcm]', ...MASTER_PICTURE, '-c:a', codec];
  return { target, options: [...options, ...BITEXACT] };
}
