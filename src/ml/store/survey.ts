/** All models: those that are known and those that lie in the models folder. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { StoreFolders } from './folders';
import type { HashOptions } from './hashing';
import { inspect, type Depth, type InspectedFile } from './inspect';
import type { StoreModel } from './manifest';
import { isSameName, MODEL_EXTENSIONS, safeModelName, stem } from './names';
import { PartialFile } from './download/partial-file';

/** A model, known or the user's own, and its file where there is one. */
export interface SurveyedModel {
  name: string;
  model: StoreModel | undefined;
  found: InspectedFile | undefined;
}

/** Networks that Lipwire converted itself lie in the same folder; they are no models of the user's. */
const CONVERTED = /-[0-9a-f]{16}-v\d+\.onnx$/;

/**
 * Looks at every model.
 * @param depth how closely, for all or by name
 * @throws E_CANCELLED
 */
export async function survey(
  folders: StoreFolders,
  models: readonly StoreModel[],
  depth: Depth | ((name: string) => Depth),
  options: HashOptions = {},
): Promise<SurveyedModel[]> {
  const files = await modelFiles(folders);
  const depthOf = typeof depth === 'string' ? (): Depth => depth : depth;
  const claimed = new Set<string>();
  const known: SurveyedModel[] = [];
  for (const model of models) {
    const file = fileOf(model, files);
    const found = file && (await inspect(folders, file, model, depthOf(model.id), options));
    const isIt = found && !isAnother(found);
    if (isIt) claimed.add(found.file);
    known.push({ name: model.id, model, found: isIt ? found : undefined });
  }
  const own: SurveyedModel[] = [];
  for (const { name, file } of ownFiles(files, claimed, models)) {
    const found = await inspect(folders, file, undefined, depthOf(name), options);
    if (!found) continue;
    own.push({ name, model: sameContent(models, found), found });
  }
  return [...known, ...own];
}

/**
 * Whether a file has a published model's name but the user's own content: there are several
 * versions of some files, and weights that were trained further under the old name.
 */
export function isAnother({ valid, by }: InspectedFile): boolean {
  return valid === false && by === 'found';
}

/** The published model with the same content, whatever the file is called. */
export function sameContent(
  models: readonly StoreModel[],
  { sha256 }: InspectedFile,
): StoreModel | undefined {
  return models.find((model) => sha256 !== null && model.sha256 === sha256);
}

/** The file of a known model: a user may have written its name in capitals. */
export function fileOf(model: StoreModel, files: readonly string[]): string | undefined {
  return (
    files.find((file) => file === model.file) ?? files.find((file) => isSameName(file, model.file))
  );
}

/**
 * Files of the user's own, each with a name by which it can be called.
 * @param claimed files that are the published models they are called after
 */
export function ownFiles(
  files: readonly string[],
  claimed: ReadonlySet<string>,
  models: readonly StoreModel[],
): { name: string; file: string }[] {
  const taken = new Set(models.map(({ id }) => id));
  const own: { name: string; file: string }[] = [];
  for (const file of files.filter((name) => !claimed.has(name))) {
    const plain = safeModelName(file);
    const long = `${plain}${path.extname(file).toLowerCase()}`;
    const name = [plain, long, file].find((candidate) => !taken.has(candidate)) as string;
    taken.add(name);
    own.push({ name, file });
  }
  return own;
}

/** Names of the files in the models folder that may be models, sorted. */
export async function modelFiles({ models }: StoreFolders): Promise<string[]> {
  const names = await readdir(models).catch(() => []);
  const isModel = (name: string): boolean =>
    MODEL_EXTENSIONS.some((ending) => name.toLowerCase().endsWith(ending));
  return names
    .filter((name) => isModel(name) && !name.startsWith('.') && !CONVERTED.test(name))
    .sort();
}

/** The file into which a known model is downloaded. */
export function partialFile({ partial }: StoreFolders, { file }: StoreModel): PartialFile {
  return new PartialFile(path.join(partial, `${file}.part`));
}

/** Whether a text means this model: its name, its file's name, or that without the ending. */
export function isCalled({ name, model, found }: SurveyedModel, text: string): boolean {
  const files = [found?.file, model?.id === name ? model.file : undefined];
  return name === text || files.some((file) => file !== undefined && isSameName(file, text));
}

/** Whether a name cannot be given to a file of the user's own. */
export function isReserved(name: string, models: readonly StoreModel[]): boolean {
  return models.some(({ id, file, network }) => [id, network, stem(file)].includes(name));
}
