/**
 * Joins the sounds of any number of clips into one WAV of 48 kHz stereo, exact to the sample: FFmpeg
 * only decodes, the cross-fading is done here. A mono clip goes to both sides at −3 dB, which keeps
 * its loudness.
 */
import { PassThrough, type Readable } from 'node:stream';
import { aacOptions, BITEXACT, OUTPUT_SAMPLE_RATE } from '../av/encoding';
import type { Ffmpeg } from '../av/ffmpeg/types';
import { measureLoudness } from '../av/loudness/measure';
import { WavWriter } from '../av/wav';
import { type ClipPayload, LipwireError, type LoudnessMeasure, toLipwireError } from '../contract';
import { audibleSamples, crossFade, type PlannedClip, type StitchPlan } from './plan';

const CHANNELS = 2;
/** Clips per FFmpeg process. */
const CLIPS_AT_ONCE = 16;
/** Samples per channel read at a time. */
const BLOCK = OUTPUT_SAMPLE_RATE;

/**
 * Writes the sound of a plan to `file`.
 * @returns seconds of audible sound that lie under cross-fades
 */
async function joinSounds(
  ffmpeg: Ffmpeg,
  plan: StitchPlan,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const output = await WavWriter.create(file, OUTPUT_SAMPLE_RATE, CHANNELS);
  let audible = 0;
  let tail: Int16Array = new Int16Array(0);
  try {
    for (let first = 0; first < plan.clips.length; first += CLIPS_AT_ONCE) {
      const clips = plan.clips.slice(first, first + CLIPS_AT_ONCE);
      await decode(ffmpeg, clips, signal, async (source) => {
        for (const [offset, clip] of clips.entries()) {
          const next = plan.clips[first + offset + 1];
          const end = clip.startSample + clip.samples;
          const head = await source.read(tail.length / CHANNELS);
          audible += audibleSamples(tail, head, CHANNELS);
          await output.write(crossFade(tail, head, CHANNELS));
          const until = next?.startSample ?? end;
          while (output.samples < until) {
            await output.write(await source.read(Math.min(BLOCK, until - output.samples)));
          }
          tail = await source.read(end - until);
        }
      });
    }
    await output.finish();
  } finally {
    await output.close();
  }
  if (output.samples !== plan.samples) {
    throw new LipwireError(
      'E_INTERNAL',
      `The joined sound has ${output.samples} samples instead of ${plan.samples}.`,
    );
  }
  return audible / OUTPUT_SAMPLE_RATE;
}

/** Decodes some clips, each to exactly its samples, while `use` reads them. */
async function decode(
  ffmpeg: Ffmpeg,
  clips: readonly PlannedClip[],
  signal: AbortSignal,
  use: (source: SampleReader) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const target = new PassThrough({ highWaterMark: 1024 * 1024 });
  const reader = new SampleReader(target);
  const running = ffmpeg.run({
    inputs: clips.map(({ file, hasSound }) =>
      hasSound ? { source: file, options: ['-vn', '-sn', '-dn'] } : SILENCE,
    ),
    filterGraph: decodeGraph(clips),
    outputs: [{ target, options: ['-map', '[sound]', '-f', 's16le', '-c:a', 'pcm_s16le'] }],
    signal: AbortSignal.any([signal, stop.signal]),
  });
  // The reader sees a failure as a stream error; the reason is the job's rejection.
  let failure: unknown;
  const settled = running.catch((error: unknown) => void (failure = error));
  try {
    await use(reader);
  } catch (error) {
    stop.abort();
    await settled;
    throw toLipwireError(signal.aborted || target.errored ? (failure ?? error) : error);
  }
  await settled;
  if (failure) throw failure as Error;
}

const SILENCE = {
  source: `anullsrc=sample_rate=${OUTPUT_SAMPLE_RATE}:channel_layout=stereo`,
  options: ['-f', 'lavfi'],
};

function decodeGraph(clips: readonly PlannedClip[]): string {
  const chains = clips.map(({ samples, isMaster }, input) => {
    // Keeps late starts and gaps of foreign sound in place.
    const clock = isMaster ? `aresample=${OUTPUT_SAMPLE_RATE}` : RESAMPLE_IN_PLACE;
    const form = 'aformat=sample_fmts=s16:channel_layouts=stereo';
    return `[${input}:a:0]${clock},${form},apad=whole_len=${samples},atrim=end_sample=${samples}[a${input}]`;
  });
  const names = clips.map((_clip, input) => `[a${input}]`).join('');
  return [...chains, `${names}concat=n=${clips.length}:v=0:a=1[sound]`].join(';');
}

const RESAMPLE_IN_PLACE = `aresample=${OUTPUT_SAMPLE_RATE}:async=1:first_pts=0`;

/** Reads interleaved 16-bit samples from a stream. */
class SampleReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /**
   * @param samples per channel
   * @throws E_INTERNAL when the stream ends before
   */
  async read(samples: number): Promise<Int16Array> {
    const result = new Int16Array(samples * CHANNELS);
    const bytes = Buffer.from(result.buffer);
    for (let filled = 0; filled < bytes.length;) {
      if (this.#rest.length === 0) await this.#next();
      const taken = this.#rest.copy(bytes, filled);
      filled += taken;
      this.#rest = this.#rest.subarray(taken);
    }
    return result;
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done) throw new LipwireError('E_INTERNAL', 'A sound ended before its picture.');
    this.#rest = value;
  }
}

/** LU; smaller differences from the target stay. */
const TOLERANCE = 0.2;
/** dBTP: AAC may raise a peak by 0.5 dB, and the finished video stays below −1 dBTP. */
const HIGHEST_PEAK = -1.5;

/**
 * Joins the sounds, brings them to their loudness and encodes them as AAC in MP4.
 * @returns `fadedSpeech`: seconds of audible sound under cross-fades
 */
export async function makeSound(
  target: string,
  clips: readonly ClipPayload[],
  plan: StitchPlan,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<{ loudness: LoudnessMeasure; fadedSpeech: number }> {
  const sound = `${target}.wav`;
  const fadedSpeech = await joinSounds(ffmpeg, plan, sound, signal);
  const measured = await measureLoudness(sound, async () => ffmpeg, signal);
  const gain = gainFor(measured, clips);
  const volume = `aformat=sample_fmts=fltp,volume=${gain.toFixed(3)}dB`;
  const options = [...(gain === 0 ? [] : ['-af', volume]), ...aacOptions(2), ...BITEXACT];
  // The only lossy encoding of the sound; what follows copies it.
  await ffmpeg.run({
    inputs: [{ source: sound }],
    outputs: [{ target, options: [...options, '-f', 'mp4'] }],
    signal,
  });
  return { loudness: louder(measured, gain), fadedSpeech };
}

/** The gain in dB to the clips' common loudness target, as far as peaks allow; 0 without one. */
function gainFor({ integrated, truePeak }: LoudnessMeasure, clips: readonly ClipPayload[]): number {
  const target = clips[0]?.loudness?.target;
  if (target === undefined || integrated === null || truePeak === null) return 0;
  if (clips.some((clip) => clip.loudness?.target !== target)) return 0;
  const wanted = target - integrated;
  if (Math.abs(wanted) <= TOLERANCE) return Math.min(0, HIGHEST_PEAK - truePeak);
  return Math.min(wanted, HIGHEST_PEAK - truePeak);
}

function louder({ integrated, range, truePeak }: LoudnessMeasure, gain: number): LoudnessMeasure {
  const raised = (value: number | null): number | null =>
    value === null ? null : Math.round((value + gain) * 100) / 100;
  return { integrated: raised(integrated), range, truePeak: raised(truePeak) };
}
