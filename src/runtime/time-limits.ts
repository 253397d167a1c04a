/** How long a stage may take: by the length of what it works on (see TIME_LIMITS). */
import { stat } from 'node:fs/promises';
import { inputError, INPUT_LIMITS, TIME_LIMITS, type MediaFile } from '../contract';
import type { StageInput, StageName } from '../stages';

type Lengths = { [S in StageName]: (input: StageInput<S>) => number | Promise<number> };

/** The longest sound or video that so many bytes can hold, in seconds: 32 and 200 kbit/s. */
const SOUND_BYTES = 4000;
const VIDEO_BYTES = 25_000;

const PICTURE = /\.(jpe?g|png|webp|avif|heic|gif|tiff?|svg|bmp)$/i;

/** Length of the work: thousands of characters, or seconds of sound or video. */
const LENGTHS: Lengths = {
  'text-segment': ({ text }) => text.length / 1000,
  tts: ({ text }) => text.length / 1000,
  loudnorm: (input) => lengthOf(input, SOUND_BYTES),
  'face-detect': ({ file }) => (PICTURE.test(file) ? 0 : guess(file, VIDEO_BYTES)),
  wav2lip: ({ speech }) => lengthOf(speech, SOUND_BYTES),
  stitch: ({ clips }) => clips.reduce((sum, { duration }) => sum + duration, 0),
  'hls-export': (input) => lengthOf(input, VIDEO_BYTES),
};

/**
 * Seconds that a stage may take for an input.
 * @param factor the studio's setting; 0: without limit
 * @param longest seconds of sound or video that the studio takes
 */
export async function timeLimit<S extends StageName>(
  stage: S,
  input: StageInput<S>,
  factor: number,
  longest: number = INPUT_LIMITS.seconds,
): Promise<number> {
  const { base, each } = TIME_LIMITS[stage];
  const length = await LENGTHS[stage](input);
  const sane = length > 0 ? Math.min(length, longest) : 0;
  return factor * (base + each * sane);
}

/**
 * Looks at what an input says of its own length, before anything is done. What is really in a file is
 * seen when it is read.
 * @throws E_INPUT where that is more than the studio takes
 */
export function expectLengths(input: StageInput<StageName>, longest: number): void {
  const parts =
    'clips' in input ? input.clips : [input, ...('speech' in input ? [input.speech] : [])];
  for (const part of parts) {
    const { duration = 0 } = (part ?? {}) as { duration?: number };
    if (duration <= longest) continue;
    const most = `at most ${longest / 3600} hours`;
    const remedy = 'split it, or raise the limit in the studio';
    throw inputError('a sound or video', most, `${Math.round(duration)} s`, remedy);
  }
}

function lengthOf(input: MediaFile | { duration: number; file: string }, bytes: number) {
  return 'duration' in input ? input.duration : guess(input.file, bytes);
}

/** At most the length of a file that nobody has opened yet. */
async function guess(file: string, bytesASecond: number): Promise<number> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  return size / bytesASecond;
}
