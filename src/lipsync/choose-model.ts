/**
 * Which engine renders a clip. Light: Node-RED's own thread asks it too, for the cache key.
 */
import { describe, LipwireError, type StageSettings } from '../contract';
import { expectLicence, licenceSentence, mayRun } from '../ml/store/licence';
import { ModelStore } from '../ml/store/store';
import { storeModels } from '../ml/store/manifest';
import type { InstalledModel } from '../ml/store/find';
import { wav2lip } from './stage';

export type ModelChoice =
  | { engine: 'builtin'; reason?: string }
  | { engine: 'network'; model: InstalledModel; reason?: string };

export type ModelSettings = Pick<StageSettings, 'modelsFolder' | 'acceptNonCommercial'>;

/** What `auto` looks for, the best first. The GAN's pictures are sharper. */
const BEST_FIRST = ['wav2lip_gan', 'wav2lip', 'wav2lip_256'] as const;

/**
 * The engine that a name means.
 * @param name `auto`, `builtin`, a published network or model, or one of the user's own
 * @throws E_MODEL_MISSING, E_MODEL_INVALID, E_MODEL_LICENCE for a model that was asked for; never
 *   for `auto`, which says why it took another; E_CANCELLED
 */
export async function chooseModel(
  name: string,
  { modelsFolder, acceptNonCommercial }: ModelSettings,
  signal?: AbortSignal,
): Promise<ModelChoice> {
  if (name === 'builtin') return { engine: 'builtin' };
  const store = new ModelStore({ folder: modelsFolder });
  if (name === 'auto') return best(store, acceptNonCommercial, signal);
  const model = await find(store, name, signal);
  expectMouths(model);
  expectLicence(model, acceptNonCommercial);
  return { engine: 'network', model };
}

async function best(
  store: ModelStore,
  acceptNonCommercial: boolean,
  signal: AbortSignal | undefined,
): Promise<ModelChoice> {
  let reason: string | undefined;
  for (const name of BEST_FIRST) {
    try {
      const model = await store.find(name, { signal });
      expectMouths(model);
      if (mayRun(model, acceptNonCommercial)) return { engine: 'network', model };
      reason ??= licenceSentence(model);
    } catch (error) {
      if (!(error instanceof LipwireError) || error.code === 'E_CANCELLED') throw error;
      if (error.code !== 'E_MODEL_MISSING') reason ??= error.message;
    }
  }
  return { engine: 'builtin', reason: reason ?? 'no Wav2Lip weights are installed' };
}

/** The store's own words where the name is a published model's; else all names that there are. */
async function find(
  store: ModelStore,
  name: string,
  signal: AbortSignal | undefined,
): Promise<InstalledModel> {
  try {
    return await store.find(name, { signal });
  } catch (error) {
    const isMissing = error instanceof LipwireError && error.code === 'E_MODEL_MISSING';
    const isKnown = storeModels().some((model) =>
      [model.id, model.file, model.network].includes(name),
    );
    if (!isMissing || isKnown) throw error;
    throw new LipwireError(
      'E_MODEL_MISSING',
      `Expected one of ${wav2lip.parameters.model.of.join(', ')}, or a model of your own, for the model but ` +
        `received ${describe(name)}, which is not installed; see "lipwire models list".`,
      { cause: error },
    );
  }
}

/** @throws E_MODEL_INVALID for a network of another kind; the user's own is told by its tensors */
function expectMouths({ name, kind }: InstalledModel): void {
  if (kind === null || kind.startsWith('wav2lip')) return;
  throw new LipwireError(
    'E_MODEL_INVALID',
    `Expected a Wav2Lip model but ${describe(name)} is of the kind ${kind}; choose another model.`,
  );
}

/** What a cache key holds of a choice: the weights, whatever their file is called, and the words. */
export function choiceKey(choice: ModelChoice): Record<string, string> {
  const { reason = '' } = choice;
  if (choice.engine === 'builtin') return { engine: 'builtin', reason };
  const { name, sha256 } = choice.model;
  return { engine: 'network', name, sha256, reason };
}
