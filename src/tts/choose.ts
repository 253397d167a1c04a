/** Which engine speaks. */
import { LipwireError } from '../contract';
import type { ChosenVoice, TtsEngine, VoiceWish } from './engine';

export interface Choice {
  engine: TtsEngine;
  voice: ChosenVoice;
  /** Why an engine that is installed was passed over, in sentences. */
  notes: string[];
}

/** Why `auto` goes on to the next engine. */
const ABSENT: readonly string[] = ['E_VOICE', 'E_MODEL_MISSING'];
/** The same, for reasons that whoever installed the engine wants to know. */
const UNUSABLE: readonly string[] = ['E_MODEL_INVALID', 'E_MODEL_LICENCE', 'E_NATIVE'];

/**
 * The engine that is asked for; for `auto` the first one that is installed and has the voice or
 * speaks the language. A parameter that only some engines have asks for one of these when it is set.
 * @throws E_VOICE, E_MODEL_MISSING, E_MODEL_INVALID: why the engine, or the last one, cannot
 */
export async function chooseEngine(
  engines: readonly TtsEngine[],
  asked: string,
  wish: VoiceWish,
): Promise<Choice> {
  const named = engines.find(({ id }) => id === asked);
  if (named) return { engine: named, voice: await named.chooseVoice(wish), notes: [] };
  const notes: string[] = [];
  let reason: unknown;
  for (const engine of candidates(engines, wish.parameters)) {
    try {
      return { engine, voice: await engine.chooseVoice(wish), notes };
    } catch (error) {
      const code = error instanceof LipwireError ? error.code : '';
      if (!ABSENT.includes(code) && !UNUSABLE.includes(code)) throw error;
      if (UNUSABLE.includes(code)) notes.push((error as LipwireError).message);
      reason = error;
    }
  }
  throw reason;
}

function candidates(
  all: readonly TtsEngine[],
  values: VoiceWish['parameters'],
): readonly TtsEngine[] {
  const engines = all.filter(({ onlyByName }) => !onlyByName);
  const set = [...new Set(engines.flatMap(({ parameters }) => Object.keys(parameters)))].filter(
    (name) =>
      engines.some(({ parameters: { [name]: own } }) => own && values[name] !== own.default),
  );
  const able = engines.filter(({ parameters }) => set.every((name) => parameters[name]));
  return able.length > 0 ? able : engines;
}
