/** The voices of all engines. Loads them. */
import { inputError, type Health, type StageSettings } from '../contract';
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
  const there = engines.filter(({ isSetUp }) => isSetUp?.(settings) ?? true);
  const asked = await Promise.allSettled(there.map((engine) => engine.voices(settings)));
  const voices = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const failed = asked.find((answer) => answer.status === 'rejected');
  if (failed && !voices.some(({ installed }) => installed)) throw failed.reason;
  const names = await Promise.all(
    there.map(
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

export interface EngineTest extends EngineHealth {
  /** How long the answer took. */
  seconds: number;
}

/**
 * Asks one engine whether it can speak, and how fast it answers.
 * @throws E_INPUT for an engine that there is not
 */
export async function testEngine(
  id: string,
  settings: StageSettings,
  engines: readonly TtsEngine[] = TTS_ENGINES,
): Promise<EngineTest> {
  const engine = engines.find((each) => each.id === id);
  if (!engine)
    throw inputError('engine', `one of ${engines.map((each) => each.id).join(', ')}`, id);
  const start = performance.now();
  const health = await engine.health(settings);
  return { id, title: engine.title, health, seconds: (performance.now() - start) / 1000 };
}

/** Whether each engine can speak here. Never rejects. */
export function engineHealths(
  settings: StageSettings,
  engines: readonly TtsEngine[] = TTS_ENGINES,
): Promise<EngineHealth[]> {
  const there = engines.filter(({ isSetUp }) => isSetUp?.(settings) ?? true);
  return Promise.all(
    there.map(async ({ id, title, health }) => ({ id, title, health: await health(settings) })),
  );
}
