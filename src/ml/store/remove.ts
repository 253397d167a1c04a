/** Deleting a model that the store put there. */
import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { surveyedByName } from './find';
import { openForWriting } from './folders';
import { withLock } from './lock';
import type { StoreModel } from './manifest';
import { dropReceipt } from './receipts';
import { partialFile, survey, type SurveyedModel } from './survey';

/**
 * Deletes a model, and what came of it when its download did not end.
 * @throws E_MODEL_MISSING when it is not installed; E_PATH for a file that the user put there or
 *   changed since; E_BUSY while it is being downloaded
 */
export async function removeModel(
  folder: string,
  models: readonly StoreModel[],
  name: string,
): Promise<void> {
  const folders = await openForWriting(folder);
  const chosen = await surveyedByName(await survey(folders, models, 'quick'), name);
  const file = (chosen.found?.file ?? chosen.model?.file) as string;
  const lock = path.join(folders.locks, `${file.toLowerCase()}.lock`);
  await withLock(lock, file, async () => {
    const { found, model } = surveyedByName(await survey(folders, models, 'quick'), name);
    const partial = model && partialFile(folders, model);
    const hasPartial = ((await partial?.bytes()) ?? 0) > 0;
    if (!found && !hasPartial) throw notThere(name);
    if (found) await expectOwn(name, found);
    await partial?.discard();
    if (!found) return;
    await rm(found.path);
    await dropReceipt(folders, found.file);
  });
}

/** A file is the store's own if it says so and nobody changed it; a link never is. */
async function expectOwn(name: string, found: NonNullable<SurveyedModel['found']>): Promise<void> {
  const stats = await lstat(found.path);
  if (found.by !== 'found' && stats.isFile()) return;
  throw new LipwireError(
    'E_PATH',
    `Expected a model that Lipwire put into its folder but ${name} (${found.path}) was put there or ` +
      'changed by somebody else; delete the file yourself.',
  );
}

function notThere(name: string): LipwireError {
  const sentence = `Expected an installed model but ${name} is not installed; there is nothing to remove.`;
  return new LipwireError('E_MODEL_MISSING', sentence);
}
