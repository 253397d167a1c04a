/** Facts about a media file, from FFprobe. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { inputError, LipwireError, toLipwireError } from '../../contract';
import { execute } from './processes';
import { FfmpegLog } from './run';
import { ONLY_MEDIA, type Probe, type ProbedStream } from './types';

/** The part of FFprobe's JSON that is read; numbers come as strings. */
interface ProbeOutput {
  format?: { format_name?: string; duration?: string; size?: string };
  streams?: StreamOutput[];
}
interface StreamOutput {
  codec_type?: string;
  codec_name?: string;
  duration?: string;
  width?: number;
  height?: number;
  avg_frame_rate?: string;
  nb_frames?: string;
  sample_rate?: string;
  channels?: number;
  pix_fmt?: string;
  sample_aspect_ratio?: string;
  color_space?: string;
  disposition?: { attached_pic?: number };
  side_data_list?: { rotation?: number }[];
  tags?: { rotate?: string };
}

/**
 * Format, duration and streams of a file. Cover pictures of sound files are left out.
 * @throws E_INPUT when the file is no media, E_PATH when it cannot be read
 */
export async function probeFile(
  ffprobePath: string,
  file: string,
  signal?: AbortSignal,
): Promise<Probe> {
  const full = path.resolve(file);
  const facts = await stat(full).catch((error: unknown) => {
    throw toLipwireError(error);
  });
  // A pipe or a device could block for ever.
  if (!facts.isFile()) {
    throw new LipwireError('E_PATH', `Expected a file but ${full} is not one.`);
  }
  const { code, stdout, stderr } = await execute(
    ffprobePath,
    [
      ...['-hide_banner', '-loglevel', 'level+error', '-protocol_whitelist', 'file,crypto'],
      ...[...ONLY_MEDIA, '-print_format', 'json', '-show_format', '-show_streams'],
      ...['-i', `file:${full}`],
    ],
    signal,
  );
  const output = code === 0 ? (JSON.parse(stdout) as ProbeOutput) : {};
  const streams = (output.streams ?? []).flatMap(toStream);
  if (!output.format || streams.length === 0) throw unreadable(full, stderr);
  return {
    format: output.format.format_name ?? '',
    duration: positive(output.format.duration) ?? longest(streams),
    size: positive(output.format.size) ?? facts.size,
    streams,
  };
}

function unreadable(file: string, stderr: string): LipwireError {
  if (/Permission denied/.test(stderr)) {
    return new LipwireError('E_PATH', `Expected a readable file but ${file} may not be read.`);
  }
  const log = new FfmpegLog();
  for (const line of stderr.split(/\r?\n/)) log.line(line);
  const error = inputError('the file', 'a sound, picture or video', file);
  const said = log.complaint;
  return said ? new LipwireError('E_INPUT', error.message.replace(/\.$/, ` (${said}).`)) : error;
}

function toStream(stream: StreamOutput): ProbedStream[] {
  if (stream.disposition?.attached_pic) return [];
  const type = (['video', 'audio', 'subtitle'] as const).find((t) => t === stream.codec_type);
  const [numerator = 0, denominator = 0] = (stream.avg_frame_rate ?? '').split('/').map(Number);
  const rotation =
    stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ??
    (stream.tags?.rotate === undefined ? undefined : Number(stream.tags.rotate));
  const facts = {
    duration: positive(stream.duration),
    width: positive(stream.width),
    height: positive(stream.height),
    fps: type === 'video' ? positive(numerator / denominator) : undefined,
    frames: positive(stream.nb_frames),
    sampleRate: positive(stream.sample_rate),
    channels: positive(stream.channels),
    pixelFormat: stream.pix_fmt,
    rotation,
    pixelAspect: pixelAspect(stream.sample_aspect_ratio),
    colourMatrix: stream.color_space === 'unknown' ? undefined : stream.color_space,
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return [
    { type: type ?? 'data', codec: stream.codec_name ?? 'unknown', ...Object.fromEntries(known) },
  ];
}

/** `16:15` as a number; nothing for square pixels, or where the file does not say (`0:1`). */
function pixelAspect(ratio = ''): number | undefined {
  const [width = 0, height = 0] = ratio.split(':').map(Number);
  return width === height ? undefined : positive(width / height);
}

function positive(value: string | number | undefined): number | undefined {
  const number = Number(value);
  return Number.isFinite(number) && number > 0 ? number : undefined;
}

function longest(streams: readonly ProbedStream[]): number {
  return Math.max(0, ...streams.map((stream) => stream.duration ?? 0));
}
