/** Preview of a clip: waveform, openness of the mouth over time, and the frame at its loudest moment. */
import { fitWithin } from './box';
import { landmarksOfFrame, type FoundFace } from './find';
import { openFaceNetworks, type FaceNetworks } from './networks';
import type { Picture } from '../av/picture';
import { openFfmpeg } from '../av/ffmpeg/open';
import { readVideoFrames, type VideoView } from '../av/ffmpeg/frames';
import type { Ffmpeg } from '../av/ffmpeg/types';
import {
  frameRate,
  LipwireError,
  measureOpenness,
  type Cue,
  type StageSettings,
} from '../contract';
import { withTimeLimit, stillOf, type ClipAbout, type ClipPreview } from './previews';
import { Writable } from 'node:stream';

const SHOWN_SECONDS = 20;
/** Frames in which the mouth is measured. */
const MOST_MEASURED = 250;
/** Measurements a second: there are four to eight syllables. */
const MEASURE_RATE = 12.5;
/** Longest side of the frames in which the mouth is measured, in pixels. */
const MEASURED_SIDE = 512;
/** Searches of whole frames for a face: at the start and after cuts. */
const MOST_SEARCHES = 5;

/**
 * At most the first 20 seconds of a clip.
 * @throws E_INPUT for a file that is no clip, E_PATH, E_FFMPEG_MISSING, E_TIMEOUT
 */
export function previewClip(
  { clip, cues = [] }: ClipAbout,
  settings: StageSettings,
): Promise<ClipPreview> {
  return withTimeLimit(async (signal) => {
    const ffmpeg = await openFfmpeg(settings.ffmpegPath);
    const { file, width, height, fps, frames } = clip;
    const rate = frameRate(fps);
    const view: VideoView = { file, type: 'video', width, height, fps, frames, rate };
    const shown = Math.min(clip.duration, SHOWN_SECONDS);
    const sound = await soundOfClip(file, shown, ffmpeg, signal);
    const words = cues.filter((cue: Cue) => cue.type === 'word' && cue.end <= shown);
    const { time, word } = loudestMoment(sound, words);
    const networks = await openFaceNetworks(settings);
    const openness = await measure(view, shown, networks, ffmpeg, signal);
    const picture = await frameAt(view, time, ffmpeg, signal);
    return {
      still: await stillOf(picture),
      stillTime: time,
      ...(word !== undefined && { word }),
      waveform: waveformOf(sound),
      openness,
    };
  });
}

async function measure(
  view: VideoView,
  shown: number,
  networks: FaceNetworks,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<ClipPreview['openness']> {
  const { fps = 1 } = view;
  const count = Math.min(view.frames ?? 1, Math.ceil(shown * fps));
  const step = Math.max(1, Math.ceil(count / MOST_MEASURED), Math.round(fps / MEASURE_RATE));
  const size = fitWithin(view, MEASURED_SIDE);
  const openness: ClipPreview['openness'] = [];
  let known: FoundFace | undefined;
  let searches = 0;
  let index = -1;
  const options = { signal, size, pixels: 'rgb24', count } as const;
  for await (const data of readVideoFrames(ffmpeg, view, options)) {
    index++;
    if (index % step !== 0) continue;
    const picture = { data, ...size };
    known = known && (await landmarksOfFrame(picture, networks, known, 'quick'));
    if (!known && searches++ < MOST_SEARCHES) {
      known = await landmarksOfFrame(picture, networks, undefined, 'quick');
    }
    const open = known ? Math.round(1000 * measureOpenness(known.landmarks)) / 1000 : null;
    openness.push({ time: index / fps, open });
  }
  return openness;
}

async function frameAt(
  view: VideoView,
  time: number,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<Picture> {
  const { width, height, frames = 1, fps = 1 } = view;
  const from = Math.max(0, Math.min(frames - 1, Math.floor(time * fps)));
  const options = { signal, pixels: 'rgb24', from, count: 1 } as const;
  for await (const data of readVideoFrames(ffmpeg, view, options)) return { data, width, height };
  throw new LipwireError(
    'E_INPUT',
    'Expected a clip with the frames that it says but it has fewer.',
  );
}

const SAMPLE_RATE = 8000;
const MOST_PARTS = 600;
/** Seconds of a moment where no words are known. */
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

/** The middle of the word with the highest mean square; without words, of the tenth of a second. */
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
