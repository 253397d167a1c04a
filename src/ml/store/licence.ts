/** Which models may run: a rule without files or settings of its own. */
import { LipwireError } from '../../contract';

/** What the rule needs to know of a model. */
export interface LicensedModel {
  name: string;
  licence: string;
  /** null: nobody told the store. */
  commercialUse: boolean | null;
}

/**
 * Whether a model may run. A user's own file counts as non-commercial: nearly all of them are the
 * published weights, trained further or exported anew.
 */
export function mayRun(model: LicensedModel, acceptNonCommercial: boolean): boolean {
  return model.commercialUse === true || acceptNonCommercial;
}

/** Why a model may not run, and what to do: one sentence, also for `auto` to say. */
export function licenceSentence({ name, licence, commercialUse }: LicensedModel): string {
  const what =
    commercialUse === null
      ? `the licence of ${name} is not known, so it is treated as one for non-commercial use`
      : `${name} does not allow commercial use (${licence})`;
  return (
    `Expected a model that may be used for anything but ${what}; if your use is within that ` +
    'licence, tick "I accept model licences that allow non-commercial use only" in the lipwire ' +
    'studio node (on the command line: --accept-non-commercial), otherwise take the built-in engine.'
  );
}

/** @throws E_MODEL_LICENCE */
export function expectLicence(model: LicensedModel, acceptNonCommercial: boolean): void {
  if (mayRun(model, acceptNonCommercial)) return;
  throw new LipwireError('E_MODEL_LICENCE', licenceSentence(model));
}
