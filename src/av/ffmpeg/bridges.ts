import { PassThrough, pipeline, type Writable } from 'node:stream';
import type { Bridges } from './command';
import type { Stopper } from './stopper';
import type { FfmpegJob } from './types';

/**
 * Streams of our own towards fluent-ffmpeg. It takes the output's `close` for a failure 20 ms later,
 * whether FFmpeg has ended or not, so ours does not emit it.
 */
export function makeBridges({ inputs, outputs }: FfmpegJob): Bridges {
  const bridges: Bridges = {};
  if (inputs.some((input) => typeof input.source !== 'string')) bridges.input = new PassThrough();
  if (outputs.some((output) => typeof output.target !== 'string')) {
    bridges.output = new PassThrough({ emitClose: false });
  }
  return bridges;
}

/**
 * Connects the job's streams with the bridges. A source that breaks off would leave FFmpeg waiting
 * for ever in fluent-ffmpeg; here it stops the process, and the job fails with the stream's error.
 */
export function connect(
  { inputs, outputs }: FfmpegJob,
  bridges: Bridges,
  stopper: Stopper,
): { target?: Writable; written: Promise<void>; finish(): void } {
  let isOver = false;
  const ignore = (): void => undefined;
  const source = inputs.map((input) => input.source).find((from) => typeof from !== 'string');
  const target = outputs.map((output) => output.target).find((to) => typeof to !== 'string');
  const broken = (error: Error | null | undefined): void => {
    if (error && !isOver) stopper.stop(error);
  };
  bridges.input?.on('error', ignore);
  if (bridges.input && source) pipeline(source.on('error', ignore), bridges.input, broken);
  const written = new Promise<void>((resolve) => {
    if (!bridges.output || !target) return resolve();
    pipeline(bridges.output, target.on('error', ignore), (error) => {
      broken(error);
      resolve();
    });
  });
  const finish = (): void => {
    isOver = true;
    source?.destroy();
  };
  return { target, written, finish };
}
