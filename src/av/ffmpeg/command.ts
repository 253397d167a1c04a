/** Turns a job into a fluent-ffmpeg command. No other module knows that package. */
import path from 'node:path';
import type { PassThrough } from 'node:stream';
import FfmpegCommand from 'fluent-ffmpeg';
import { LipwireError } from '../../contract';
import { ONLY_MEDIA } from './formats';
import type { FfmpegInput, FfmpegJob, FfmpegOutput, FfmpegProtocol } from './types';

/** Streams that stand between fluent-ffmpeg and those of the job. */
export interface Bridges {
  input?: PassThrough;
  output?: PassThrough;
}

/** `level` marks every line with its level; without stdin FFmpeg does not wait for key presses. */
const GLOBAL = ['-y', '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'];

/** Formats whose "file" is not a file. */
const VIRTUAL_FORMATS = ['lavfi', 'null', 'tee'];

/**
 * The command of a job, not started.
 * @throws E_INTERNAL for a job that FFmpeg cannot be asked to do
 */
export function buildCommand(job: FfmpegJob, bridges: Bridges): FfmpegCommand.FfmpegCommand {
  checkJob(job);
  const command = FfmpegCommand();
  for (const input of job.inputs) {
    const source = typeof input.source === 'string' ? address(input.source, input) : bridges.input;
    command.input(source as PassThrough);
    // Several arguments, never one array: fluent-ffmpeg splits a lone array's items at a space.
    command.inputOptions(...(inputOptions(input, job.protocols) as [string]));
  }
  if (job.filterGraph !== undefined) command.complexFilter(job.filterGraph);
  job.outputs.forEach((output, index) => {
    const isFile = typeof output.target === 'string';
    command.output(
      (isFile ? address(output.target as string, output) : bridges.output) as PassThrough,
      // The adapter ends the stream, once it knows that FFmpeg succeeded.
      { end: false },
    );
    // FFmpeg takes global options anywhere; fluent-ffmpeg has no place of their own for them. It
    // would add -y by itself, but not for names with `file:` before them.
    const options = index === 0 ? [...GLOBAL, ...progressOptions(job)] : ['-y'];
    command.outputOptions(...([...options, ...output.options] as [string]));
  });
  return command;
}

function inputOptions({ options = [] }: FfmpegInput, protocols?: FfmpegProtocol[]): string[] {
  // A format that the job itself names may be any.
  const formats = options.includes('-f') ? [] : ONLY_MEDIA;
  const allowed = (protocols ?? ['file', 'pipe']).join(',');
  return ['-protocol_whitelist', allowed, ...formats, ...options];
}

function progressOptions(job: FfmpegJob): string[] {
  return job.onProgress ? ['-progress', 'pipe:2'] : [];
}

/**
 * How FFmpeg is told a path. An absolute one with its protocol is safe from a leading `-` and from
 * colons that look like another protocol.
 */
function address(file: string, { options = [] }: { options?: string[] }): string {
  const format = options[options.lastIndexOf('-f') + 1];
  const isVirtual = options.includes('-f') && VIRTUAL_FORMATS.includes(format ?? '');
  return isVirtual ? file : `file:${path.resolve(file)}`;
}

function checkJob({ inputs, outputs, filterGraph }: FfmpegJob): void {
  const isPiped = (stream: unknown): boolean => typeof stream !== 'string';
  const texts = [
    ...inputs.flatMap((input) => [...(input.options ?? []), input.source]),
    ...outputs.flatMap((output: FfmpegOutput) => [...output.options, output.target]),
    filterGraph,
  ];
  const fault =
    (outputs.length === 0 && 'it has no output') ||
    (inputs.filter((input) => isPiped(input.source)).length > 1 && 'it has two piped inputs') ||
    (outputs.filter((output) => isPiped(output.target)).length > 1 && 'it has two piped outputs') ||
    (texts.includes('') && 'an option or a path is empty') ||
    (texts.some((text) => typeof text === 'string' && text.includes('\0')) &&
      'an option or a path holds a NUL character');
  if (fault) throw new LipwireError('E_INTERNAL', `FFmpeg cannot run this job: ${fault}.`);
}
