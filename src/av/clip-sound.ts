/** What the sound of a clip is. */
import type { Ffmpeg } from './ffmpeg/types';
import { inputError } from '../contract';
import { readWavFormat } from './wav/format';
import { OUTPUT_SAMPLE_RATE } from './encoding';

export interface ClipSound {
  /** FFmpeg's name of the codec that keeps it as it is. */
  codec: string;
  sampleRate: number;
  channels: 1 | 2;
}

/** Codecs that keep a sound as it is; anything else decodes into floating point. */
const PCM: Record<string, string> = { pcm_s16le: 'pcm_s16le', pcm_s24le: 'pcm_s24le' };

/**
 * Looks at a sound. A plain WAV tells without another process.
 * @throws E_INPUT when there is no sound in the file
 */
export async function probeSound(from: {
  ffmpeg: Ffmpeg;
  sound: string;
  signal: AbortSignal;
}): Promise<ClipSound> {
  const { ffmpeg, sound, signal } = from;
  const wav = await readWavFormat(sound).catch(() => undefined);
  if (wav?.encoding === 'integer' && wav.channels <= 2 && (wav.bits === 16 || wav.bits === 24)) {
    const { sampleRate, channels, bits } = wav;
    return { codec: `pcm_s${bits}le`, sampleRate, channels: channels === 1 ? 1 : 2 };
  }
  const stream = (await ffmpeg.probe(sound, signal)).streams.find(({ type }) => type === 'audio');
  if (!stream) throw inputError('the sound of a clip', 'a file with sound', sound);
  return {
    codec: PCM[stream.codec] ?? 'pcm_f32le',
    sampleRate: stream.sampleRate ?? OUTPUT_SAMPLE_RATE,
    channels: stream.channels === 1 ? 1 : 2,
  };
}
