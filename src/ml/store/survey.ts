/** All models: those that are known and those that lie in the models folder. */
import { readdir, stat, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type StoreFolders, sha256Of, type HashOptions } from './folders';
import { type StoreModel, isSameName, MODEL_EXTENSIONS, safeModelName, stem } from './manifest';
import { toLipwireError } from '../../contract';
import { recogniseModel, type FileFormat } from './kinds';
import { createHash, randomUUID } from 'node:crypto';

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

/** Whether a text means this model: its name, its file's name, or that without the ending. */
export function isCalled({ name, model, found }: SurveyedModel, text: string): boolean {
  const files = [found?.file, model?.id === name ? model.file : undefined];
  return name === text || files.some((file) => file !== undefined && isSameName(file, text));
}

/** Whether a name cannot be given to a file of the user's own. */
export function isReserved(name: string, models: readonly StoreModel[]): boolean {
  return models.some(({ id, file, network }) => [id, network, stem(file)].includes(name));
}

export interface InspectedFile {
  file: string;
  path: string;
  bytes: number;
  format: FileFormat | null;
  /** null as long as the file was not read whole. */
  sha256: string | null;
  /** null: not checked yet. */
  valid: boolean | null;
  /** Why it is not valid; continues "the file …". */
  problem: string | null;
  /** Who put it there. */
  by: PutBy;
}

/** `quick` reads the file only where nothing is known of it, `full` where it changed, `again` always. */
export type Depth = 'quick' | 'full' | 'again';

/** Receipts of folders that can only be read. */
const remembered = new Map<string, Receipt>();

/**
 * Looks at a file.
 * @param expected the published model that the file has to be
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
  const sha256 = await sha256Of(place, options);
  const isSame = old?.sha256 === sha256;
  // A file that was only touched, or copied back from a backup, is still the store's own.
  const by = isSame || isFresh ? old.by : 'found';
  const isDamaged = isFresh && (!isSame || old.damaged === true);
  const receipt: Receipt = { version: 1, file, sha256, bytes, mtime, format, by };
  if (isDamaged) receipt.damaged = true;
  await remember(folders, receipt);
  return { ...seen, by, ...judged(receipt, expected) };
}

/** Keeps a receipt, in memory where the folder can only be read. */
export async function remember(folders: StoreFolders, receipt: Receipt): Promise<void> {
  await writeReceipt(folders, receipt).catch(() => {
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

interface Receipt {
  version: 1;
  /** File name in the models folder. */
  file: string;
  sha256: string;
  bytes: number;
  /** Time of change in milliseconds, as the file system says it. */
  mtime: number;
  format: FileFormat;
  by: PutBy;
  /** The content is not what was put there, though size and time of change are. */
  damaged?: true;
}

/** The receipt of a file; undefined when there is none or it makes no sense. */
async function readReceipt(folders: StoreFolders, file: string): Promise<Receipt | undefined> {
  try {
    if (!(await lstat(folders.receipts)).isDirectory()) return undefined;
    const receipt = JSON.parse(await readFile(pathOf(folders, file), 'utf8')) as Receipt;
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

/** @throws what writing throws: the folder may be one for reading only */
async function writeReceipt(folders: StoreFolders, receipt: Receipt): Promise<void> {
  const target = pathOf(folders, receipt.file);
  const half = `${target}.${randomUUID()}`;
  try {
    await writeFile(half, `${JSON.stringify(receipt)}\n`, { flag: 'wx' });
    await rename(half, target);
  } finally {
    await rm(half, { force: true });
  }
}

/**
 * What is known of a file in the models folder, so that it is not read whole each time: its SHA-256
 * as long as size and time of change stay, and whether the store put it there and may delete it.
 */
export async function dropReceipt(folders: StoreFolders, file: string): Promise<void> {
  await rm(pathOf(folders, file), { force: true });
}

/** Named by a hash: the user's own file names may hold anything. */
function pathOf({ receipts }: StoreFolders, file: string): string {
  const name = createHash('sha256').update(file).digest('hex').slice(0, 32);
  return path.join(receipts, `${name}.json`);
}
