/** The lip-sync engines, and which one a setting means. Light: Node-RED's own thread reads it. */
import { describe, LipwireError, type Health } from '../contract';
import { storeModels } from '../ml/store/manifest';
import { builtin } from './builtin/engine';
import type { EngineSettings } from './engine';
import { wav2lip } from './wav2lip/engine';

/**
 * In the order of their parameters and models in the dialog; `auto` prefers the last one. `load`
 * loads an engine's work.
 */
export const LIPSYNC_ENGINES = [
  { ...builtin, load: async () => (await import('./builtin/render-thread.js')).open },
  { ...wav2lip, load: async () => (await import('./wav2lip/open.js')).open },
] as const;

type Engine = (typeof LIPSYNC_ENGINES)[number];
type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** The parameters of all engines. */
export const ENGINE_PARAMETERS = Object.assign(
  {},
  ...LIPSYNC_ENGINES.map(({ parameters }) => parameters),
) as AllOf<Engine['parameters']>;

/** What `auto` tries, the best first. */
export const BEST_FIRST = [...LIPSYNC_ENGINES]
  .reverse()
  .flatMap((engine) => engine.models.map((model) => ({ engine, model })));

/** Values of the setting `model`, besides users' own models. */
export const MODELS: readonly string[] = [
  'auto',
  ...LIPSYNC_ENGINES.flatMap(({ models }) => models),
];

export interface EngineChoice {
  engine: Engine;
  model: string;
  /** Why `auto` takes no better one. */
  reason?: string;
}

/**
 * @param model `auto`, a published network or model, or one of the user's own
 * @throws E_MODEL_MISSING, E_MODEL_INVALID, E_MODEL_LICENCE for a model that is asked for by name;
 *   never for `auto`, which gives the reason why it takes another; E_CANCELLED
 */
export async function chooseEngine(
  model: string,
  settings: EngineSettings,
  signal?: AbortSignal,
): Promise<EngineChoice> {
  if (model === 'auto') return bestEngine(settings, signal);
  const named = LIPSYNC_ENGINES.filter(({ models }) => models.includes(model));
  let cause: LipwireError | undefined;
  for (const engine of named.length > 0 ? named : LIPSYNC_ENGINES) {
    const health = await healthOf(engine, model, settings, signal);
    if (health?.usable) return { engine, model };
    if (health && health.code !== 'E_MODEL_MISSING') throw errorOf(health);
    if (health) cause ??= errorOf(health);
  }
  const isPublished = storeModels().some(({ id, file, network }) =>
    [id, file, network].includes(model),
  );
  if (cause && isPublished) throw cause;
  throw new LipwireError(
    'E_MODEL_MISSING',
    `Expected one of ${MODELS.join(', ')}, or a model of your own, for the model but ` +
      `received ${describe(model)}, which is not installed; see "lipwire models list".`,
    { cause },
  );
}

async function bestEngine(settings: EngineSettings, signal?: AbortSignal): Promise<EngineChoice> {
  const missing = new Set<string>();
  let reason: string | undefined;
  for (const { engine, model } of BEST_FIRST) {
    const health = await healthOf(engine, model, settings, signal);
    if (health?.usable) {
      if (engine === LIPSYNC_ENGINES.at(-1)) return { engine, model };
      reason ??= `no ${[...missing].join(' or ')} weights are installed`;
      return { engine, model, reason };
    }
    if (health?.code === 'E_MODEL_MISSING') missing.add(engine.title);
    else reason ??= health?.sentence;
  }
  throw new LipwireError('E_INTERNAL', `No lip-sync engine can run: ${reason}`);
}

/** @throws E_CANCELLED, E_INTERNAL: neither says anything of the engine */
async function healthOf(
  engine: Engine,
  model: string,
  settings: EngineSettings,
  signal?: AbortSignal,
): Promise<Health | undefined> {
  const health = await engine.health(model, settings, signal);
  const isNoAnswer =
    health?.usable === false && ['E_CANCELLED', 'E_INTERNAL'].includes(health.code);
  if (isNoAnswer) throw errorOf(health);
  return health;
}

function errorOf({ code, sentence }: Extract<Health, { usable: false }>): LipwireError {
  return new LipwireError(code, sentence);
}
