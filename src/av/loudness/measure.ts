import { Writable } from 'node:stream';
import type { Ffmpeg } from '../ffmpeg/types';
import type { LoudnessMeasure } from '../../contract';
import { Analyser, type Defects } from './analyser';
import { hops, integrated, range, toDecibels, truePeak, type Contour } from './contour';
import { blocks, planes, type PcmFile } from '../wav';
import { openWav, RAW, soundStream } from './open-sound';

/** EBU R128 values of a contour, rounded to hundredths. */
export function measureOf(contour: Contour): LoudnessMeasure {
  const energies = hops(contour);
  const peak = toDecibels(truePeak(contour));
  return {
    integrated: rounded(integrated(energies)),
    range: rounded(range(energies)),
    truePeak: Number.isFinite(peak) ? rounded(peak) : null,
  };
}

export function rounded(value: number): number;
export function rounded(value: number | null): number | null;
export function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}

/** Measures an uncompressed sound. `offsets` are taken off each channel first. */
export async function analyse(
  sound: PcmFile,
  options: { offsets?: number[]; signal?: AbortSignal; onFrames?(frames: number): void } = {},
): Promise<{ contour: Contour; defects: Defects }> {
  const analyser = new Analyser(sound.sampleRate, sound.channels);
  let frames = 0;
  for await (const block of blocks(sound, options.signal)) {
    if (options.offsets) subtract(block, options.offsets);
    analyser.push(block);
    frames += block[0]?.length ?? 0;
    options.onFrames?.(frames);
  }
  return analyser.finish();
}

/** Takes a constant off every channel, in place. */
export function subtract(block: readonly Float32Array[], offsets: readonly number[]): void {
  block.forEach((plane, channel) => {
    const offset = offsets[channel] ?? 0;
    for (let i = 0; i < plane.length; i++) plane[i] = plane[i] - offset;
  });
}

/**
 * Measures the sound of any file as EBU R128 says: integrated loudness (LUFS), loudness range (LU)
 * and true peak (dBTP). A WAV is read directly, anything else decoded by FFmpeg on the fly.
 * @throws E_INPUT when the file has no sound, E_PATH, E_CANCELLED, E_FFMPEG
 */
export async function measureLoudness(
  file: string,
  openFfmpeg: () => Promise<Ffmpeg>,
  signal?: AbortSignal,
): Promise<LoudnessMeasure> {
  const wav = await openWav(file);
  if (wav) return measureOf((await analyse(wav, { signal })).contour);
  const ffmpeg = await openFfmpeg();
  const { sampleRate, channels, outputOptions } = await soundStream(file, ffmpeg, signal);
  const analyser = new Analyser(sampleRate, channels);
  const frameBytes = 4 * channels;
  let rest = Buffer.alloc(0);
  const target = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      const data = Buffer.concat([rest, chunk]);
      const whole = data.length - (data.length % frameBytes);
      analyser.push(planes(data.subarray(0, whole), { ...RAW, channels }));
      rest = data.subarray(whole);
      done();
    },
  });
  await ffmpeg.run({
    inputs: [{ source: file }],
    outputs: [{ target, options: outputOptions }],
    signal,
  });
  return measureOf(analyser.finish().contour);
}
