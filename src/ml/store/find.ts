/** The path of an installed model. */
import { describe, LipwireError } from '../../contract';
import { safeModelName, type ModelKind, type StoreModel } from './manifest';
import {
  storeFolders,
  type StoreFolders,
  openForWriting,
  withLock,
  type HashOptions,
} from './folders';
import { partialFile } from './download';
import {
  inspect,
  type InspectedFile,
  fileOf,
  isAnother,
  isCalled,
  modelFiles,
  ownFiles,
  sameContent,
  type SurveyedModel,
  dropReceipt,
  survey,
} from './survey';
import type { FileFormat } from './kinds';
import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';

/** A model that is there and is what it should be. */
export interface InstalledModel {
  name: string;
  path: string;
  /** Whether it is a published model, whatever its file is called. */
  known: boolean;
  sha256: string;
  bytes: number;
  format: FileFormat;
  /** null: the user's own file, to be told by its tensors. */
  kind: ModelKind | null;
  /** `wav2lip_gan` for every file with these weights; null for the user's own. */
  network: string | null;
  licence: string;
  commercialUse: boolean | null;
}

/**
 * Finds an installed model by its name, its file's name, or its network's name; in the latter case
 * any file with these weights does. A file of that name with other content counts as the user's own.
 * A file that was never read is read whole, once.
 * @throws E_MODEL_MISSING with what to do; E_MODEL_INVALID for a damaged file; E_CANCELLED
 */
export async function findModel(
  folder: string,
  models: readonly StoreModel[],
  name: string,
  options: HashOptions = {},
): Promise<InstalledModel> {
  const folders = storeFolders(folder);
  const files = await modelFiles(folders);
  const wanted = models.filter(
    ({ id, file, network }) => id === name || file === name || network === name,
  );
  // The one that is really called so comes before others with the same weights.
  const isExact = ({ id, file }: StoreModel): number => Number(id === name || file === name);
  wanted.sort((a, b) => isExact(b) - isExact(a));
  const claimed = new Set<string>();
  let damaged: InspectedFile | undefined;
  for (const model of [...wanted, ...models.filter((other) => !wanted.includes(other))]) {
    const file = fileOf(model, files);
    const isWanted = wanted.includes(model);
    const found =
      file && (await inspect(folders, file, model, isWanted ? 'full' : 'quick', options));
    if (!found || isAnother(found)) continue;
    claimed.add(found.file);
    if (isWanted && found.valid) return installed(model.id, model, found);
    if (isWanted) damaged ??= found;
  }
  const own = ownFiles(files, claimed, models);
  const called = own.find((each) => each.name === name || each.file === name);
  const other = called ? undefined : await otherwiseCalled(folders, wanted, own, options);
  if (other) return other;
  const chosen = called ?? own.find(({ file }) => safeModelName(file) === name);
  if (chosen) {
    const found = await inspect(folders, chosen.file, undefined, 'full', options);
    if (found?.valid) return installed(chosen.name, sameContent(models, found), found);
    damaged ??= found;
  }
  throw damaged ? invalid(name, damaged) : missing(name, wanted[0], models);
}

/** A published file under another name: looked for by its size, then known by its SHA-256. */
async function otherwiseCalled(
  folders: StoreFolders,
  wanted: readonly StoreModel[],
  own: readonly { file: string }[],
  options: HashOptions,
): Promise<InstalledModel | undefined> {
  for (const { file } of own) {
    const quick = await inspect(folders, file, undefined, 'quick', options);
    if (!wanted.some(({ bytes }) => bytes !== undefined && bytes === quick?.bytes)) continue;
    const found = await inspect(folders, file, undefined, 'full', options);
    const model = found && sameContent(wanted, found);
    if (found?.valid && model) return installed(model.id, model, found);
  }
  return undefined;
}

/** @throws E_MODEL_MISSING naming all that there are */
export function surveyedByName(all: readonly SurveyedModel[], name: string): SurveyedModel {
  const called = all.filter((model) => isCalled(model, name));
  const one = called.find(({ found }) => found !== undefined) ?? called[0];
  if (one) return one;
  throw new LipwireError(
    'E_MODEL_MISSING',
    `Expected one of the models ${all.map((model) => model.name).join(', ')} but received ${describe(name)}.`,
  );
}

function installed(
  name: string,
  model: StoreModel | undefined,
  { path, sha256, bytes, format }: InspectedFile,
): InstalledModel {
  return {
    name,
    path,
    known: model !== undefined,
    sha256: sha256 as string,
    bytes,
    format: format as FileFormat,
    kind: model?.kind ?? null,
    network: model?.network ?? null,
    ...licenceOf(model),
  };
}

/** Nobody told the store under which licence a user's own file is. */
export function licenceOf(
  model: StoreModel | undefined,
): Pick<InstalledModel, 'licence' | 'commercialUse'> {
  if (!model) return { licence: 'not known', commercialUse: null };
  return { licence: model.licence, commercialUse: model.commercialUse };
}

function invalid(name: string, { path, problem }: InspectedFile): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected the model ${name} in ${path} but the file ${problem ?? 'is damaged'}; delete or ` +
      'rename it and get the model again.',
  );
}

function missing(
  name: string,
  model: StoreModel | undefined,
  models: readonly StoreModel[],
): LipwireError {
  if (!model) {
    const names = models.map(({ id }) => id).join(', ');
    return new LipwireError(
      'E_MODEL_MISSING',
      `Expected an installed model (known ones are ${names}) but received ${describe(name)}; add ` +
        'a file of your own with "lipwire models add FILE" or put it into the models folder.',
    );
  }
  const how = model.sha256 ? `run "lipwire models pull ${model.id}", or ` : '';
  return new LipwireError(
    'E_MODEL_MISSING',
    `Expected the model ${name}, the network that ${model.task}, but it is not installed; ${how}` +
      `get ${model.file} from ${model.sources[0]} and run "lipwire models add ${model.file}", or ` +
      'put it into the models folder.',
  );
}

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
