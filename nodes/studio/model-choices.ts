/** Which engines of wav2lip can be chosen now, and why another one can not. */
import { mayRun } from '../../src/ml/store/licence';
import type { ModelStatus } from '../../src/ml/store/status';
import { wav2lip } from '../../src/lipsync/stage';

/** What the dialog of wav2lip says of a name that can be set as the model. */
export interface ModelChoice {
  name: string;
  /** `licence`: it is there, but its licence is not accepted; `broken`: it is not what it should be. */
  state: 'ready' | 'missing' | 'licence' | 'broken';
  /** What `auto` takes now. */
  takes?: string;
  /** Why it is broken; continues "the file …". */
  problem?: string | null;
  /** A published file by its own name, beside its network's: can be set, is not offered. */
  alias?: true;
  /** null: not known, as of every file of the user's own. */
  commercialUse: boolean | null;
}

/**
 * The choices in the dialog's order, then the user's own files. Reads no file: what was never checked
 * counts as ready.
 * @param models as the store lists them
 */
export function modelChoices(
  models: readonly ModelStatus[],
  acceptNonCommercial: boolean,
): ModelChoice[] {
  const networks = wav2lip.parameters.model.of.slice(2);
  const published = networks.map((network) => {
    const there = models.filter((model) => model.installed && model.network === network);
    const sound = there.find(({ valid }) => valid !== false);
    return choiceOf(network, sound ?? there[0], acceptNonCommercial);
  });
  const own = models
    .filter(({ installed, kind }) => installed && kind === 'own')
    .map((model) => choiceOf(model.name, model, acceptNonCommercial));
  const aliases = models
    .filter(({ name, installed, network }) => installed && network !== null && name !== network)
    .filter(({ network }) => networks.some((each) => each === network))
    .map((model) => ({
      ...choiceOf(model.name, model, acceptNonCommercial),
      alias: true as const,
    }));
  const best = published.find(({ state }) => state === 'ready');
  const builtin: ModelChoice = { name: 'builtin', state: 'ready', commercialUse: true };
  const reason = published.find(({ state }) => state !== 'missing')?.state ?? 'missing';
  const auto: ModelChoice = best
    ? { ...best, name: 'auto', takes: best.name }
    : { ...builtin, name: 'auto', state: reason, takes: 'builtin' };
  return [auto, builtin, ...published, ...own, ...aliases];
}

function choiceOf(
  name: string,
  model: ModelStatus | undefined,
  acceptNonCommercial: boolean,
): ModelChoice {
  if (!model) return { name, state: 'missing', commercialUse: false };
  const { licence, commercialUse, valid, problem } = model;
  if (valid === false) return { name, state: 'broken', problem, commercialUse };
  const isAllowed = mayRun({ name, licence, commercialUse }, acceptNonCommercial);
  return { name, state: isAllowed ? 'ready' : 'licence', commercialUse };
}
