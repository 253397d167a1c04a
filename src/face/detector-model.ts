/** The file of a detector that comes from the model store. Light: it is part of the cache key. */
import { expectLicence } from '../ml/store/manifest';
import { ModelStore } from '../ml/store/store';
import { knownModel } from '../ml/tfjs/packaged';
import type { StageSettings } from '../contract';

/** The parameters that decide which detector's file is needed. */
interface DetectorChoice {
  detector: 'blazeface' | 'yunet' | 's3fd';
  /** A box that is given needs no detector. */
  box: string;
}

/** The file, or nothing for BlazeFace, which comes with Lipwire. */
interface DetectorModel {
  path: string;
  sha256: string;
}

/**
 * @throws E_MODEL_MISSING with how to get it, E_MODEL_INVALID, E_MODEL_LICENCE, E_CANCELLED
 */
export async function detectorModel(
  { detector, box }: DetectorChoice,
  { modelsFolder, acceptNonCommercial }: StageSettings,
  signal?: AbortSignal,
): Promise<DetectorModel | undefined> {
  if (detector === 'blazeface' || box !== '') return undefined;
  const model = await new ModelStore({ folder: modelsFolder }).find(detector, { signal });
  expectLicence(model, acceptNonCommercial);
  return { path: model.path, sha256: model.sha256 };
}

/** What a cache key holds of the networks: their weights, and where they run. */
export async function faceModelsKey(
  parameters: DetectorChoice & { select: string },
  settings: StageSettings,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const model = await detectorModel(parameters, settings, signal);
  const own = ['blazeface', 'facemesh', ...(parameters.select === 'reference' ? ['faceres'] : [])];
  const weights = own.flatMap((id) => knownModel(id).files.map(({ sha256 }) => sha256));
  return { weights, detector: model?.sha256 ?? '', device: settings.device };
}
