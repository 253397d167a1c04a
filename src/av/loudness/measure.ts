/** Opens and measures the sound of any file. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import {
  inputError,
  LIMITS,
  LipwireError,
  type LoudnessMeasure,
  toLipwireError,
  type Note,
} from '../../contract';
import { chooseTrack } from '../sound-channels';
import { readOutput } from '../ffmpeg/frames';
import type { Ffmpeg } from '../ffmpeg/types';
import { blocks, type PcmFile, planes, readWavFormat } from '../wav';
import { Analyser, type Defects } from './analyser';
import { type Contour, hops, integrated, range, toDecibels, truePeak } from './contour';

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
  for await (const chunk of readOutput(ffmpeg, file, outputOptions, signal)) {
    const data = Buffer.concat([rest, chunk]);
    const whole = data.length - (data.length % frameBytes);
    analyser.push(planes(data.subarray(0, whole), { ...RAW, channels }));
    rest = data.subarray(whole);
  }
  return measureOf(analyser.finish().contour);
}

/** Opens the sound of any file that FFmpeg reads. */

const MOST_CHANNELS = 8;
/** The encoding that FFmpeg decodes to. */
export const RAW = { encoding: 'float', bits: 32 } as const;
/** A WAV's sizes have 32 bits. */
const MOST_BYTES = 2 ** 32 - 64;

/** The format of a file's sound, and FFmpeg's options that give it as raw 32-bit floats. */
export async function soundStream(
  file: string,
  ffmpeg: Ffmpeg,
  signal?: AbortSignal,
): Promise<{ sampleRate: number; channels: number; outputOptions: string[]; note?: Note }> {
  const { streams } = await ffmpeg.probe(file, signal);
  const track = await chooseTrack(file, streams, ffmpeg, signal);
  const sound = track?.stream;
  const { sampleRate = 0, channels = 0 } = sound ?? {};
  if (!track || !sound || sampleRate === 0 || channels === 0) {
    throw new LipwireError(
      'E_INPUT',
      `Expected a file with sound but ${file} has none; choose a sound, or a video that has one.`,
    );
  }
  if (sound.codec === 'unknown' || sound.codec === 'none') {
    throw new LipwireError(
      'E_INPUT',
      `Expected sound that FFmpeg can decode but that of ${file} is in a coding that it does not know; convert it to WAV.`,
    );
  }
  checkFormat(sampleRate, channels);
  const raw = ['-c:a', 'pcm_f32le', '-f', 'f32le'];
  const format = ['-ar', String(sampleRate), '-ac', String(channels)];
  const outputOptions = ['-map', `0:a:${track.index}`, ...format, ...raw];
  return { sampleRate, channels, outputOptions, ...(track.note && { note: track.note }) };
}

export interface OpenedSound extends PcmFile {
  /** Which of several sounds it is, where not the first. */
  note?: Note;
}

/**
 * The sound of a file: the file itself when it is a plain WAV, else `decoded`, which FFmpeg then
 * writes.
 * @throws E_INPUT when there is no sound or too much of it, E_PATH, E_CANCELLED, E_FFMPEG
 */
export async function openSound(
  file: string,
  decoded: string,
  openFfmpeg: () => Promise<Ffmpeg>,
  signal?: AbortSignal,
): Promise<OpenedSound> {
  const wav = await openWav(file);
  const sound: OpenedSound = wav ?? (await decode(file, decoded, await openFfmpeg(), signal));
  checkFormat(sound.sampleRate, sound.channels);
  if (sound.samples === 0) {
    throw new LipwireError('E_INPUT', `Expected sound but ${file} is empty.`);
  }
  const duration = sound.samples / sound.sampleRate;
  if (duration > LIMITS.duration || sound.samples * sound.channels * 2 > MOST_BYTES) {
    throw inputError(
      'the sound',
      `at most ${LIMITS.duration / 3600} hours and 4 GiB`,
      `${Math.round(duration)} s`,
      'split it',
    );
  }
  return sound;
}

async function decode(
  file: string,
  decoded: string,
  ffmpeg: Ffmpeg,
  signal?: AbortSignal,
): Promise<OpenedSound> {
  const { outputOptions, note, ...of } = await soundStream(file, ffmpeg, signal);
  const { sampleRate, channels } = of;
  const limit = ['-t', String(LIMITS.duration + 1)];
  await ffmpeg.run({
    inputs: [{ source: file }],
    outputs: [{ target: decoded, options: [...outputOptions, ...limit] }],
    signal,
  });
  const { size } = await stat(decoded);
  const samples = Math.floor(size / (4 * channels));
  const format = { ...RAW, sampleRate, channels };
  const duration = samples / sampleRate;
  return { file: decoded, ...format, offset: 0, samples, duration, ...(note && { note }) };
}

function checkFormat(sampleRate: number, channels: number): void {
  const { min, max } = LIMITS.sampleRate;
  if (sampleRate < min || sampleRate > max) {
    throw inputError('the sample rate', `${min} to ${max} Hz`, sampleRate);
  }
  if (channels > MOST_CHANNELS) {
    throw inputError('the channels', `at most ${MOST_CHANNELS}`, channels);
  }
}

/**
 * A WAV file's sound, or undefined for anything that is no plain WAV; FFmpeg reads that.
 * @throws E_PATH when the file cannot be read
 */
export async function openWav(file: string): Promise<PcmFile | undefined> {
  const full = path.resolve(file);
  try {
    // Opening a pipe or a device could block for ever.
    if (!(await stat(full)).isFile()) {
      throw new LipwireError('E_PATH', `Expected a file but ${full} is not one.`);
    }
    return { file: full, ...(await readWavFormat(full)) };
  } catch (error) {
    if (error instanceof LipwireError && error.code === 'E_INPUT') return undefined;
    throw toLipwireError(error);
  }
}
