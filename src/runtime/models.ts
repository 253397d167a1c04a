import { ModelStore } from '../ml/store/store';
import { defaultWorkspace, modelsFolder } from './workspace';
import type { StudioSettings } from './settings';

/** The store of the models that a studio with these settings works with. Makes no workspace. */
export async function openModels(
  settings: Partial<Pick<StudioSettings, 'models' | 'workspace'>>,
): Promise<ModelStore> {
  const workspace = settings.workspace || process.env['LIPWIRE_WORKSPACE'] || defaultWorkspace();
  return new ModelStore({ folder: await modelsFolder(settings.models ?? '', workspace) });
}
