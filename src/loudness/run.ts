import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { normalise } from './normalise';
import { openSound } from '../av/loudness/open-sound';
import { seriesOf } from './series';
import type { LoudnessTarget } from './plan';
import { throwIfCancelled, type SpeechPayload, type RunOf } from '../contract';
import {
  LOUDNESS_FILE,
  LOUDNESS_PRESETS,
  type LoudnessOverTime,
  type LoudnormParameters,
  type loudnorm,
} from './stage';
import { openFfmpeg } from '../av/ffmpeg/open';

/**
 * Brings speech, or the sound of any file, to a loudness. Cues and everything else of the speech
 * pass through; its length stays exactly the same. Beside it lies its loudness over time, for the
 * dialog.
 */
export const run: RunOf<typeof loudnorm> = async (input, parameters, context) => {
  throwIfCancelled(context.signal);
  const decoded = path.join(context.folder, 'decoded.f32');
  const file = path.join(context.folder, 'speech.wav');
  const sound = await openSound(
    input.file,
    decoded,
    () => openFfmpeg(context.settings.ffmpegPath),
    context.signal,
  );
  const duration = sound.frames / sound.sampleRate;
  let done = 0;
  let series: LoudnessOverTime | undefined;
  const loudness = await normalise(sound, file, targetOf(parameters), {
    signal: context.signal,
    onProgress: (share) => {
      done = Math.max(done, share * duration);
      context.progress({ type: 'running', done, total: duration, unit: 'seconds' });
    },
    onContours: (before, after) => {
      series = { before: seriesOf(before), after: seriesOf(after) };
    },
  });
  await rm(decoded, { force: true });
  await writeFile(path.join(context.folder, LOUDNESS_FILE), JSON.stringify(series));
  const speech: Pick<SpeechPayload, 'kind' | 'engine'> =
    input.kind === 'speech' ? input : { kind: 'speech', engine: 'file' };
  const { sampleRate, channels } = sound;
  return { ...speech, file, duration, sampleRate, channels, loudness };
};

function targetOf(parameters: LoudnormParameters): LoudnessTarget {
  return parameters.preset === 'custom' ? parameters : LOUDNESS_PRESETS[parameters.preset];
}
