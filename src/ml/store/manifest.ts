/** The models that the store can get: the entries of `models/manifest.json` with `sources`. */
import { readFileSync } from 'node:fs';
import { describe, isModelName, LipwireError } from '../../contract';
import { manifestFile } from '../tfjs/packaged';
import { parseAddress } from './download';

/** Kinds of network: how a model is run. */
const MODEL_KINDS = ['wav2lip-96', 'wav2lip-256', 's3fd', 'yunet'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

/** A published model file. */
export interface StoreModel {
  /** Name in settings and commands. */
  id: string;
  title: string;
  /** Continues "the network that …". */
  task: string;
  kind: ModelKind;
  /** Files with the same weights have the same network; settings name either. */
  network: string;
  format: 'onnx' | 'pytorch';
  /** Its file name in the models folder. */
  file: string;
  licence: string;
  commercialUse: boolean;
  /** Address of the licence. */
  terms: string;
  /** Who made the network. */
  origin: string;
  /** Size and SHA-256 (in hex); without them it cannot be downloaded, only added by hand. */
  bytes?: number;
  sha256?: string;
  /** Addresses of the file, the best one first. */
  sources: string[];
}

const ENDINGS = { onnx: '.onnx', pytorch: '.pth' } as const;

let models: readonly StoreModel[] | undefined;

/** The published models that Lipwire knows. @throws E_MODEL_INVALID when the manifest is damaged */
export function storeModels(): readonly StoreModel[] {
  models ??= parseManifest(JSON.parse(readFileSync(manifestFile(), 'utf8')));
  return models;
}

/**
 * Checks a manifest and returns the entries that the store can get.
 * @throws E_MODEL_INVALID naming the entry and the field that is wrong
 */
export function parseManifest(value: unknown): StoreModel[] {
  const list = (value as { models?: unknown } | null)?.models;
  if (!Array.isArray(list)) throw wrong('models', 'a list', list);
  const found = list
    .filter((entry: unknown) => !isObject(entry) || entry['package'] === undefined)
    .map(checked);
  const taken = new Set<string>();
  for (const { id, file } of found) {
    // An id may equal its own file name, never a name of another model.
    for (const name of new Set([id, file])) {
      if (taken.has(name)) throw wrong(id, 'a name and a file of its own', name);
      taken.add(name);
    }
  }
  return found;
}

function checked(entry: unknown, index: number): StoreModel {
  if (!isObject(entry)) throw wrong(`models[${index}]`, 'an object', entry);
  const where = typeof entry['id'] === 'string' ? entry['id'] : `models[${index}]`;
  const field = (name: string, expected: string, isRight: (value: never) => boolean): void => {
    if (!isRight(entry[name] as never)) throw wrong(`${where}.${name}`, expected, entry[name]);
  };
  field('id', 'a model name in lower case', isNameText);
  field('network', 'a name in lower case', isNameText);
  for (const name of ['title', 'task', 'licence']) field(name, 'a text', isText);
  for (const name of ['terms', 'origin']) field(name, 'an address', isAddress);
  field('kind', `one of ${MODEL_KINDS.join(', ')}`, (kind: ModelKind) =>
    MODEL_KINDS.includes(kind),
  );
  field('format', 'onnx or pytorch', (format: string) => Object.hasOwn(ENDINGS, format));
  const ending = ENDINGS[entry['format'] as StoreModel['format']];
  field('file', `a file name in lower case that ends in ${ending}`, (file: unknown) => {
    return isText(file) && file.endsWith(ending) && isModelName(file) && isModelName(stem(file));
  });
  field('commercialUse', 'true or false', (flag: unknown) => typeof flag === 'boolean');
  if (entry['bytes'] !== undefined || entry['sha256'] !== undefined) {
    field('bytes', 'a size', (size: number) => Number.isSafeInteger(size) && size > 0);
    field('sha256', '64 hexadecimal digits', (hash: unknown) => /^[0-9a-f]{64}$/.test(`${hash}`));
  }
  field('sources', 'a list of https addresses', (sources: unknown) => {
    return Array.isArray(sources) && sources.length > 0 && sources.every(isAddress);
  });
  return entry as unknown as StoreModel;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isNameText(value: unknown): boolean {
  return typeof value === 'string' && isModelName(value);
}

function isAddress(value: unknown): boolean {
  try {
    parseAddress(String(value));
    return true;
  } catch {
    return false;
  }
}

function wrong(field: string, expected: string, received: unknown): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${expected} for ${field} in the list of models but it has ${describe(received)}; reinstall Lipwire.`,
  );
}

/** File name endings that hold models. */
export const MODEL_EXTENSIONS = ['.onnx', '.pth', '.pt'] as const;

const LONGEST = 48;

/**
 * A model's name from the name of the user's file: without folder and ending, lower case, letters
 * with accents as plain ones, everything else than letters, digits, `.`, `_`, `-` as `-`.
 * @returns a name for which {@link isModelName} is true; `model` where nothing is left
 */
export function safeModelName(fileName: string): string {
  const last = fileName.split(/[\\/]/).pop() as string;
  const plain = stem(last.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase())
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, LONGEST)
    .replace(/^[._-]+|[._-]+$/g, '');
  if (isModelName(plain)) return plain;
  const marked = `model-${plain}`;
  return plain !== '' && isModelName(marked) ? marked : 'model';
}

/** A file name without the ending of a model's file. */
export function stem(fileName: string): string {
  const lower = fileName.toLowerCase();
  const ending = MODEL_EXTENSIONS.find((extension) => lower.endsWith(extension));
  return ending ? fileName.slice(0, -ending.length) : fileName;
}

/** Whether two names are one file where case does not count. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

interface LicensedModel {
  name: string;
  licence: string;
  /** null: unknown. */
  commercialUse: boolean | null;
}

/**
 * Whether a model may run. A user's own file counts as non-commercial: nearly all of them are the
 * published weights, trained further or exported anew.
 */
export function mayRun(model: LicensedModel, acceptNonCommercial: boolean): boolean {
  return model.commercialUse === true || acceptNonCommercial;
}

function licenceSentence(
  { name, licence, commercialUse }: LicensedModel,
  otherwise: string,
): string {
  const what =
    commercialUse === null
      ? `the licence of ${name} is not known, so it is treated as one for non-commercial use`
      : `${name} does not allow commercial use (${licence})`;
  return (
    `Expected a model that may be used for anything but ${what}; if your use is within that ` +
    'licence, tick "I accept model licences that allow non-commercial use only" in the lipwire ' +
    `studio node (on the command line: --accept-non-commercial), otherwise take ${otherwise}.`
  );
}

/** @param otherwise what there is besides @throws E_MODEL_LICENCE */
export function expectLicence(
  model: LicensedModel,
  acceptNonCommercial: boolean,
  otherwise = 'the built-in engine',
): void {
  if (mayRun(model, acceptNonCommercial)) return;
  throw new LipwireError('E_MODEL_LICENCE', licenceSentence(model, otherwise));
}
