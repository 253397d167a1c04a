/** The models: published ones and those in the models folder; how they are found and removed. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, LipwireError, toLipwireError } from '../../contract';
import { hashFile, type HashOptions } from '../../files/hash-file';
import { writeWhole } from '../../files/write-file';
import { partialFile } from './download';
import { openForWriting, type StoreFolders, storeFolders, withLock } from './folders';
import { type FileFormat, recogniseModel } from './kinds';
import {
  isSameName,
  MODEL_EXTENSIONS,
  type ModelKind,
  safeModelName,
  stem,
  type StoreModel,
} from './manifest';

/** A model, published or the user's own, and its file. */
export interface SurveyedModel {
  name: string;
  model: StoreModel | undefined;
  found: InspectedFile | undefined;
}

/** Converted networks, kept in the same folder. */
const CONVERTED = /-[0-9a-f]{16}-v\d+\.onnx$/;

/**
 * Inspects every model.
 * @param depth for all, or by name
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
 * Whether a file has a published model's name but other content of the user's: another version, or
 * weights trained further.
 */
function isAnother({ valid, by }: InspectedFile): boolean {
  return valid === false && by === 'found';
}

/** The published model with the same content, whatever the file is called. */
function sameContent(
  models: readonly StoreModel[],
  { sha256 }: InspectedFile,
): StoreModel | undefined {
  return models.find((model) => sha256 !== null && model.sha256 === sha256);
}

/** The file of a published model, in any case. */
export function fileOf(model: StoreModel, files: readonly string[]): string | undefined {
  return (
    files.find((file) => file === model.file) ?? files.find((file) => isSameName(file, model.file))
  );
}

/**
 * Files of the user's own, each with a name for settings.
 * @param claimed files that are published models
 */
function ownFiles(
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
  const names: string[] = await readdir(models).catch(() => []);
  const isModel = (name: string): boolean =>
    MODEL_EXTENSIONS.some((ending) => name.toLowerCase().endsWith(ending));
  // Voices of Piper have their settings beside them.
  const isVoice = (name: string): boolean =>
    names.includes(`${name}.json`) || /^kokoro/i.test(name);
  return names
    .filter((name) => isModel(name) && !name.startsWith('.') && !CONVERTED.test(name))
    .filter((name) => !isVoice(name))
    .sort();
}

/** Whether a text is this model's name or file name. */
function isCalled({ name, model, found }: SurveyedModel, text: string): boolean {
  const files = [found?.file, model?.id === name ? model.file : undefined];
  return name === text || files.some((file) => file !== undefined && isSameName(file, text));
}

/** Whether a name belongs to a published model. */
export function isReserved(name: string, models: readonly StoreModel[]): boolean {
  return models.some(({ id, file, network }) => [id, network, stem(file)].includes(name));
}

export interface InspectedFile {
  file: string;
  path: string;
  bytes: number;
  format: FileFormat | null;
  /** null while the file has not been read whole. */
  sha256: string | null;
  /** null: not checked yet. */
  valid: boolean | null;
  /** Why it is not valid; continues "the file …". */
  problem: string | null;
  by: PutBy;
}

/** `quick` reads the first bytes, `full` all where it has changed, `again` all. */
export type Depth = 'quick' | 'full' | 'again';

/** Receipts for read-only folders. */
const remembered = new Map<string, Receipt>();

/**
 * Inspects a file.
 * @param expected the published model that it should be
 * @returns undefined when there is none
 * @throws E_CANCELLED, E_PATH
 */
export async function inspect(
  folders: StoreFolders,
  file: string,
  expected: StoreModel | undefined,
  depth: Depth,
  options: HashOptions = {},
): Promise<InspectedFile | undefined> {
  const place = path.join(folders.models, file);
  const stats = await stat(place).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  const { size: bytes, mtimeMs: mtime } = stats;
  const old = (await readReceipt(folders, file)) ?? remembered.get(place);
  const isFresh = old?.bytes === bytes && old.mtime === mtime;
  const seen = { file, path: place, bytes, by: isFresh ? old.by : ('found' as const) };
  if (isFresh && depth !== 'again') return { ...seen, ...judged(old, expected) };
  if (expected?.bytes !== undefined && expected.bytes !== bytes) {
    return { ...seen, ...refused(`has ${bytes} bytes and not ${expected.bytes}`) };
  }
  let format: FileFormat;
  try {
    format = await recogniseModel(place, file);
  } catch (error) {
    const isOther = toLipwireError(error).code === 'E_MODEL_INVALID';
    const problem = isOther ? 'is no ONNX model and no PyTorch checkpoint' : 'cannot be read';
    return { ...seen, ...refused(problem) };
  }
  if (depth === 'quick') return { ...seen, format, sha256: null, valid: null, problem: null };
  const sha256 = await hashFile(place, options);
  const isSame = old?.sha256 === sha256;
  // A file that was only touched, or restored from a backup, is still the store's own.
  const by = isSame || isFresh ? old.by : 'found';
  const isDamaged = isFresh && (!isSame || old.damaged === true);
  const receipt: Receipt = { version: 1, file, sha256, bytes, mtime, format, by };
  if (isDamaged) receipt.damaged = true;
  await remember(folders, receipt);
  return { ...seen, by, ...judged(receipt, expected) };
}

/** Writes a receipt; kept in memory where the folder is read-only. */
export async function remember(folders: StoreFolders, receipt: Receipt): Promise<void> {
  const content = `${JSON.stringify(receipt)}\n`;
  await writeWhole(receiptFile(folders, receipt.file), content).catch(() => {
    remembered.set(path.join(folders.models, receipt.file), receipt);
  });
}

type Judgement = Pick<InspectedFile, 'format' | 'sha256' | 'valid' | 'problem'>;

function judged(receipt: Receipt, expected: StoreModel | undefined): Judgement {
  const { format, sha256 } = receipt;
  const isOther = expected?.sha256 !== undefined && expected.sha256 !== sha256;
  if (isOther) return { ...refused('has another SHA-256 than the published one'), format, sha256 };
  if (receipt.damaged) {
    return { ...refused('has changed since it was put there'), format, sha256 };
  }
  return { format, sha256, valid: true, problem: null };
}

function refused(problem: string): Judgement {
  return { format: null, sha256: null, valid: false, problem };
}

/** `pull` and `add`: put there by the store; `found`: by the user. */
export type PutBy = 'pull' | 'add' | 'found';

/**
 * What is known of a file as long as its size and mtime stay, so that it is not read whole each time,
 * and whether the store put it there and may delete it.
 */
interface Receipt {
  version: 1;
  /** File name in the models folder. */
  file: string;
  sha256: string;
  bytes: number;
  /** Milliseconds. */
  mtime: number;
  format: FileFormat;
  by: PutBy;
  /** The content changed while size and mtime stayed. */
  damaged?: true;
}

/** The receipt of a file; undefined when there is none or it is damaged. */
async function readReceipt(folders: StoreFolders, file: string): Promise<Receipt | undefined> {
  try {
    if (!(await lstat(folders.receipts)).isDirectory()) return undefined;
    const receipt = JSON.parse(await readFile(receiptFile(folders, file), 'utf8')) as Receipt;
    const isSound =
      receipt.version === 1 &&
      receipt.file === file &&
      /^[0-9a-f]{64}$/.test(receipt.sha256) &&
      ['onnx', 'pytorch-zip', 'pytorch-legacy'].includes(receipt.format) &&
      ['pull', 'add', 'found'].includes(receipt.by);
    return isSound ? receipt : undefined;
  } catch {
    return undefined;
  }
}

async function dropReceipt(folders: StoreFolders, file: string): Promise<void> {
  await rm(receiptFile(folders, file), { force: true });
}

/** Named by a hash: names of the user's files may hold anything. */
function receiptFile({ receipts }: StoreFolders, file: string): string {
  const name = createHash('sha256').update(file).digest('hex').slice(0, 32);
  return path.join(receipts, `${name}.json`);
}

/** The path of an installed model. */

/** A model whose file is there and valid. */
export interface InstalledModel {
  name: string;
  path: string;
  /** Whether it is a published model, whatever its file is called. */
  known: boolean;
  sha256: string;
  bytes: number;
  format: FileFormat;
  /** null: the user's own file, recognised by its tensors. */
  kind: ModelKind | null;
  /** `wav2lip_gan` for every file with these weights; null for the user's own. */
  network: string | null;
  licence: string;
  commercialUse: boolean | null;
}

/**
 * Finds an installed model by its name, its file's name, or its network's name (any file with these
 * weights). A file of that name with other content counts as the user's own. New files are read whole.
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
  // An exact name comes before others with the same weights.
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

/** A published file under another name: found by size, confirmed by SHA-256. */
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

/** The model of that name. @throws E_MODEL_MISSING naming all */
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

/** The licence of a user's own file is unknown. */
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
 * Deletes a model and its unfinished download.
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

/** @throws E_PATH unless the store put the file there and it is unchanged and no link */
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
