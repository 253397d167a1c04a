import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readWav } from '../../src/av/wav';
import {
  type Progress,
  type Servers,
  type SpeechPayload,
  type TextPayload,
  objectSource,
  resolveParameters,
  type StageContext,
  type StageSettings,
} from '../../src/contract';
import { run as runTts } from '../../src/tts/run';
import { tts } from '../../src/tts/stage';

export interface Said extends SpeechPayload {
  samples: Float32Array;
  progress: Progress[];
}

const SETTINGS: StageSettings = {
  ...{ ffmpegPath: '', modelsFolder: '', device: 'auto', acceptNonCommercial: false },
};

/** Runs the tts stage, by default with eSpeak NG, in a folder of its own, which is gone afterwards. */
export async function say(
  input: string | Omit<TextPayload, 'kind'>,
  settings: object = {},
  signal = new AbortController().signal,
  servers: Servers = {},
  studio: Partial<StageSettings> = {},
): Promise<Said> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-tts-'));
  const progress: Progress[] = [];
  try {
    const context = {
      signal,
      folder,
      settings: { ...SETTINGS, servers, ...studio },
      progress: (update: Progress) => void progress.push(update),
    } as unknown as StageContext;
    const text = typeof input === 'string' ? { text: input } : input;
    const parameters = resolveParameters(tts.parameters, [
      objectSource('msg.', { engine: 'espeak', ...settings }),
    ]);
    const speech = await runTts({ kind: 'text', ...text }, parameters, context);
    const sound = await readWav(speech.file);
    return { ...speech, samples: sound.channels[0], progress };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function phonemes(speech: SpeechPayload): string {
  const cues = speech.cues ?? [];
  return cues.flatMap(({ type, value }) => (type === 'phoneme' ? [value] : [])).join(' ');
}

export function words(speech: SpeechPayload): string[] {
  return (speech.cues ?? []).flatMap(({ type, value }) => (type === 'word' ? [value] : []));
}
