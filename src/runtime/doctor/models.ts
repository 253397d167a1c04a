import { mayRun } from '../../ml/store/licence';
import type { ModelStatus } from '../../ml/store/status';
import { inTwo } from './sentence';
import type { Check } from './types';

/** The folder could not be read. */
export function modelsUnread(why: string): Check {
  return { name: 'models', needed: false, ok: false, ...inTwo(why) };
}

/** @param isAccepted whether licences for non-commercial use are */
export function modelsCheck(
  models: readonly ModelStatus[],
  folder: string,
  isAccepted: boolean,
): Check {
  const check = { name: 'models', needed: false } as const;
  const installed = models.filter((model) => model.installed);
  if (installed.length === 0) {
    const text = `none installed in ${folder}; the built-in engine needs none`;
    return { ...check, ok: true, text };
  }
  const broken = installed.find(({ valid }) => valid === false);
  const closed = installed.filter((model) => !mayRun(model, isAccepted));
  const text = installed
    .map((model) => `${model.name} (${stateOf(model, isAccepted)})`)
    .join(', ')
    .concat(` in ${folder}`);
  if (broken) {
    const remedy = `remove ${broken.name} with "lipwire models remove" and add it again`;
    return { ...check, ok: false, text, remedy };
  }
  if (closed.length === 0) return { ...check, ok: true, text };
  const remedy =
    'if your use is within their licence, accept non-commercial licences in the studio node ' +
    '(on the command line: --accept-non-commercial)';
  return { ...check, ok: false, text, remedy };
}

function stateOf(model: ModelStatus, isAccepted: boolean): string {
  if (model.valid === false) return `broken: the file ${model.problem ?? 'is not whole'}`;
  if (model.commercialUse === true) return 'for any use';
  return mayRun(model, isAccepted) ? 'licence accepted' : 'licence not accepted';
}
