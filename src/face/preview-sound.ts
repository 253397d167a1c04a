/** The sound of a clip as a dialog shows it. */
import { Writable } from 'node:stream';
import type { Ffmpeg } from '../av/ffmpeg/types';
import type { Cue } from '../contract';

const SAMPLE_RATE = 8000;
/** Parts of a waveform. */
const MOST_PARTS = 600;
/** Seconds that are judged together where no words are known. */
const MOMENT = 0.1;

/** The beginning of a file's sound: one channel, 8 kHz, −1…1. */
export async function soundOfClip(
  file: string,
  seconds: number,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<Float32Array> {
  const chunks: Buffer[] = [];
  const target = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      chunks.push(chunk);
      done();
    },
  });
  const format = ['-ac', '1', '-ar', String(SAMPLE_RATE), '-c:a', 'pcm_s16le', '-f', 's16le'];
  const options = ['-map', '0:a:0?', '-t', seconds.toFixed(3), ...format];
  await ffmpeg.run({ inputs: [{ source: file }], outputs: [{ target, options }], signal });
  const bytes = Buffer.concat(chunks);
  const samples = new Float32Array(Math.floor(bytes.length / 2));
  for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(2 * i) / 32768;
  return samples;
}

/** The largest sample of each of at most 600 equal parts, in hundredths. */
export function waveformOf(sound: Float32Array): number[] {
  const parts = Math.min(MOST_PARTS, sound.length);
  return Array.from({ length: parts }, (_, part) => {
    const start = Math.floor((part * sound.length) / parts);
    const end = Math.floor(((part + 1) * sound.length) / parts);
    let most = 0;
    for (let i = start; i < end; i++) most = Math.max(most, Math.abs(sound[i]));
    return Math.round(100 * most) / 100;
  });
}

/** The middle of the loudest word (by its mean square); of the loudest tenth of a second without words. */
export function loudestMoment(
  sound: Float32Array,
  words: readonly Pick<Cue, 'value' | 'start' | 'end'>[],
): { time: number; word?: string } {
  const energy = ({ start, end }: { start: number; end: number }): number => {
    const part = sound.subarray(Math.floor(start * SAMPLE_RATE), Math.ceil(end * SAMPLE_RATE));
    return part.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, part.length);
  };
  const moments = Math.max(1, Math.floor(sound.length / SAMPLE_RATE / MOMENT));
  const parts: { start: number; end: number; value?: string }[] =
    words.length > 0
      ? words.map(({ value, start, end }) => ({ value, start, end }))
      : Array.from({ length: moments }, (_, i) => ({ start: i * MOMENT, end: (i + 1) * MOMENT }));
  const energies = parts.map(energy);
  const { start, end, value } = parts[energies.indexOf(Math.max(...energies))];
  return { time: (start + end) / 2, ...(value !== undefined && { word: value }) };
}
