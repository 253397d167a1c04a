/** The voices of all engines. Loads them. */
import type { Health, StageSettings } from '../contract';
import { TTS_ENGINES } from './engines';
import type { TtsEngine, Voice } from './engine';

export interface Voices {
  voices: Voice[];
  /** Names of eSpeak NG's voice variants. */
  variants: string[];
  engines: { id: string; title: string }[];
}

/**
 * The voices of all engines, engine by engine.
 * @throws E_MODEL_MISSING, E_MODEL_INVALID when no engine knows its voices
 */
export async function allVoices(
  settings: StageSettings,
  engines: readonly TtsEngine[] = TTS_ENGINES,
): Promise<Voices> {
  const asked = await Promise.allSettled(engines.map((engine) => engine.voices(settings)));
  const voices = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const failed = asked.find((answer) => answer.status === 'rejected');
  if (failed && !voices.some(({ installed }) => installed)) throw failed.reason;
  const names = await Promise.all(
    engines.map(
      async ({ suggestions }) => (await suggestions?.(settings).catch(() => undefined)) ?? {},
    ),
  );
  return {
    voices,
    variants: names.flatMap(({ variant = [] }: Record<string, string[]>) => variant),
    engines: engines.map(({ id, title }) => ({ id, title })),
  };
}

export interface EngineHealth {
  id: string;
  title: string;
  health: Health<{ voices: number }>;
}

/** Whether each engine can speak here. Never rejects. */
export function engineHealths(
  settings: StageSettings,
  engines: readonly TtsEngine[] = TTS_ENGINES,
): Promise<EngineHealth[]> {
  return Promise.all(
    engines.map(async ({ id, title, health }) => ({ id, title, health: await health(settings) })),
  );
}
