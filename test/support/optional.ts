/**
 * Packages that only some tests need, and that are not among the project's own: looked for in the
 * project's node_modules, then in those of the folder that LIPWIRE_TEST_MODULES names.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT } from './node-red';

const FOLDERS = [PROJECT, process.env['LIPWIRE_TEST_MODULES']].filter((folder): folder is string =>
  Boolean(folder),
);

/** The folder of an installed package; undefined where it is absent. */
export function packageFolder(name: string): string | undefined {
  return FOLDERS.map((folder) => path.join(folder, 'node_modules', name)).find((folder) =>
    existsSync(path.join(folder, 'package.json')),
  );
}

/** A package's exports, or undefined where it is absent. */
export async function importOptional<T>(name: string): Promise<T | undefined> {
  const folder = packageFolder(name);
  if (!folder) return undefined;
  const main = createRequire(path.join(folder, 'package.json')).resolve(name);
  return (await import(pathToFileURL(main).href)) as T;
}

/** Skips the running suite, from its before hook, and says what is missing. */
export function skipWithout(context: Mocha.Context, what: string): never {
  const suite = context.test?.parent;
  if (suite) suite.title += ` (skipped: ${what} is absent)`;
  return context.skip();
}
