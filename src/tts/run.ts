import path from 'node:path';
import { chooseVoice } from './espeak/voices';
import { loadEspeak } from './espeak/espeak';
import { speak } from './espeak/speak';
import type { tts } from './stage';
import type { RunOf } from '../contract';

/**
 * Text to speech: `speech.wav` with phoneme and word cues. What the text itself says of language,
 * voice and pause wins over the parameters.
 */
export const run: RunOf<typeof tts> = async (input, parameters, context) => {
  context.progress({ type: 'preparing', what: 'the voice' });
  const espeak = await loadEspeak();
  const wish = {
    voice: input.voice || parameters.voice,
    variant: parameters.variant,
    language: input.language || parameters.language,
  };
  const voice = chooseVoice(wish, input.text, espeak);
  const file = path.join(context.folder, 'speech.wav');
  const { duration, sampleRate, cues } = await speak(
    espeak,
    input.text,
    file,
    {
      voice,
      rate: parameters.rate,
      pitch: parameters.pitch,
      lead: parameters.lead,
      pause: input.pause ?? parameters.pause,
    },
    {
      signal: context.signal,
      onProgress: (done, total) =>
        context.progress({ type: 'running', done, total, unit: 'steps' }),
    },
  );
  return {
    kind: 'speech',
    file,
    duration,
    sampleRate,
    channels: 1,
    text: input.text,
    language: voice.language,
    voice: voice.id,
    engine: 'espeak',
    cues,
  };
};
