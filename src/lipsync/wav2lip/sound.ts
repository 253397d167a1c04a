/** Any file with sound to mel columns, decoded by FFmpeg as it is read. */
import { PassThrough } from 'node:stream';
import type { Ffmpeg } from '../../av/ffmpeg/types';
import { MelStream, type EdgePadding } from './mel';
import { SAMPLE_RATE } from './mel-filters';

/**
 * A Kaiser-windowed resampler with the cut-off and length of the reference's (resampy's
 * `kaiser_best`: 64 zero crossings a side, beta 14.8).
 */
const RESAMPLER = [
  `aresample=${SAMPLE_RATE}`,
  'filter_type=kaiser',
  'kaiser_beta=15',
  'filter_size=128',
  'phase_shift=10',
  'cutoff=0.9475937',
  'exact_rational=1',
].join(':');

const BYTES = 4;

export interface SoundSource {
  ffmpeg: Ffmpeg;
  file: string;
  signal: AbortSignal;
  padding?: EdgePadding;
}

/**
 * The mel columns of a sound or video file, in pieces. Stop early and FFmpeg is stopped too.
 * @throws what FFmpeg's adapter throws, E_INPUT when the sound holds what is no number
 */
export async function* melOfFile(source: SoundSource): AsyncGenerator<Float32Array> {
  const { streams } = await source.ffmpeg.probe(source.file, source.signal);
  const channels = streams.find(({ type }) => type === 'audio')?.channels ?? 1;
  const mel = new MelStream(source.padding);
  const stop = new AbortController();
  const signal = AbortSignal.any([source.signal, stop.signal]);
  const pipe = new PassThrough();
  const run = source.ffmpeg.run({
    inputs: [{ source: source.file }],
    outputs: [
      {
        target: pipe,
        options: [
          '-map',
          '0:a:0',
          '-vn',
          '-af',
          `${mixToMono(channels)},${RESAMPLER}`,
          '-f',
          'f32le',
        ],
      },
    ],
    signal,
  });
  // The error is thrown where the run is awaited; until then it must not count as unhandled.
  run.catch((error: Error) => pipe.destroy(error));
  let rest: Buffer = Buffer.alloc(0);
  let isDone = false;
  try {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([rest, chunk]);
      const whole = bytes.length - (bytes.length % BYTES);
      rest = bytes.subarray(whole);
      yield mel.push(samplesOf(bytes.subarray(0, whole)));
    }
    await run;
    isDone = true;
  } finally {
    if (!isDone) {
      stop.abort();
      pipe.destroy();
      await run.catch(() => undefined);
    }
  }
  yield mel.finish();
}

/**
 * The plain mean of all channels, as the reference takes it. FFmpeg's own way (`-ac 1`) makes floating
 * point stereo 3 dB louder, which would open the mouth wider.
 */
function mixToMono(channels: number): string {
  const terms = Array.from({ length: channels }, (_, i) => `${1 / channels}*c${i}`);
  return `pan=mono|c0=${terms.join('+')}`;
}

function samplesOf(bytes: Buffer): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / BYTES }, (_, i) => {
    return view.getFloat32(i * BYTES, true);
  });
}
