/** Encodes the joined sound, which needs nothing of the picture and so runs beside its encoding. */
import type { Ffmpeg } from '../av/ffmpeg/types';
import { aacOptions, BITEXACT } from '../av/encoding';

export interface SoundEncoding {
  ffmpeg: Ffmpeg;
  /** WAV with the joined sound. */
  sound: string;
  /** dB by which it is made louder. */
  gain: number;
  /** The file to write: AAC in MP4. */
  target: string;
  signal: AbortSignal;
}

/** The only lossy encoding of the sound; what follows copies it. */
export async function encodeSound(options: SoundEncoding): Promise<void> {
  const { ffmpeg, sound, gain, target, signal } = options;
  const louder = gain === 0 ? [] : ['-af', `aformat=sample_fmts=fltp,volume=${gain.toFixed(3)}dB`];
  await ffmpeg.run({
    inputs: [{ source: sound }],
    outputs: [{ target, options: [...louder, ...aacOptions(2), ...BITEXACT, '-f', 'mp4'] }],
    signal,
  });
}
