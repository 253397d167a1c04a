/**
 * Joins the sounds of any number of clips into one WAV of 48 kHz stereo, exact to the sample: FFmpeg
 * only decodes, the cross-fading is done here. A mono clip goes to both sides at −3 dB, which keeps
 * its loudness.
 */
import { open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import type { Ffmpeg } from '../av/ffmpeg/types';
import { LipwireError, toLipwireError } from '../contract';
import { wavHeader } from '../av/wav/encode';
import { OUTPUT_SAMPLE_RATE } from '../av/encoding';
import { audibleSamples, crossFade } from './fade';
import type { PlannedClip, StitchPlan } from './plan';
import { SampleReader } from './sample-reader';

const CHANNELS = 2;
/** Clips that one FFmpeg process decodes. */
const CLIPS_AT_ONCE = 16;
/** Samples per channel that are handled at a time. */
const BLOCK = OUTPUT_SAMPLE_RATE;

/** A source of one clip's samples after the other's. */
interface Decoded {
  read(samples: number): Promise<Int16Array>;
}

/**
 * Writes the sound of a plan to `file`.
 * @returns seconds of audible sound that lie under cross-fades
 */
export async function joinSounds(
  ffmpeg: Ffmpeg,
  plan: StitchPlan,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const output = await open(file, 'w');
  let audible = 0;
  let tail: Int16Array = new Int16Array(0);
  let written = 0;
  const write = async (samples: Int16Array): Promise<void> => {
    await output.write(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
    written += samples.length / CHANNELS;
  };
  try {
    const format = { sampleRate: OUTPUT_SAMPLE_RATE, channels: CHANNELS, samples: plan.samples };
    await output.write(wavHeader(format));
    for (let first = 0; first < plan.clips.length; first += CLIPS_AT_ONCE) {
      const clips = plan.clips.slice(first, first + CLIPS_AT_ONCE);
      await decode(ffmpeg, clips, signal, async (source) => {
        for (const [offset, clip] of clips.entries()) {
          const next = plan.clips[first + offset + 1];
          const end = clip.startSample + clip.samples;
          const head = await source.read(tail.length / CHANNELS);
          audible += audibleSamples(tail, head, CHANNELS);
          await write(crossFade(tail, head, CHANNELS));
          const until = next?.startSample ?? end;
          while (written < until) await write(await source.read(Math.min(BLOCK, until - written)));
          tail = await source.read(end - until);
        }
      });
    }
  } finally {
    await output.close();
  }
  if (written !== plan.samples) {
    throw new LipwireError(
      'E_INTERNAL',
      `The joined sound has ${written} samples instead of ${plan.samples}.`,
    );
  }
  return audible / OUTPUT_SAMPLE_RATE;
}

/** Decodes some clips, each to exactly its samples, while `use` reads them. */
async function decode(
  ffmpeg: Ffmpeg,
  clips: readonly PlannedClip[],
  signal: AbortSignal,
  use: (source: Decoded) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const target = new PassThrough({ highWaterMark: 1024 * 1024 });
  const reader = new SampleReader(target, CHANNELS);
  const running = ffmpeg.run({
    inputs: clips.map(({ file, hasSound }) =>
      hasSound ? { source: file, options: ['-vn', '-sn', '-dn'] } : SILENCE,
    ),
    filterGraph: decodeGraph(clips),
    outputs: [{ target, options: ['-map', '[sound]', '-f', 's16le', '-c:a', 'pcm_s16le'] }],
    signal: AbortSignal.any([signal, stop.signal]),
  });
  // The reader hears of a failure through the stream, but only the job knows the reason.
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
    // Sound that starts later than the picture, or has gaps, stays where it is.
    const clock = isMaster ? `aresample=${OUTPUT_SAMPLE_RATE}` : RESAMPLE_IN_PLACE;
    const form = 'aformat=sample_fmts=s16:channel_layouts=stereo';
    return `[${input}:a:0]${clock},${form},apad=whole_len=${samples},atrim=end_sample=${samples}[a${input}]`;
  });
  const names = clips.map((_clip, input) => `[a${input}]`).join('');
  return [...chains, `${names}concat=n=${clips.length}:v=0:a=1[sound]`].join(';');
}

const RESAMPLE_IN_PLACE = `aresample=${OUTPUT_SAMPLE_RATE}:async=1:first_pts=0`;
