import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Finds a file in this folder or one above it: the same from sources, from dist/ and from an installed
 * package. Where there is none, the path is the one in the uppermost folder.
 */
export function findUpwards(name: string): string {
  let folder = __dirname;
  while (!existsSync(path.join(folder, name)) && path.dirname(folder) !== folder) {
    folder = path.dirname(folder);
  }
  return path.join(folder, name);
}

/** The root folder of this package. */
export function packageFolder(): string {
  return path.dirname(findUpwards('package.json'));
}

/** The version of a package, without loading it: some are native. Null where it is not installed. */
export async function installedVersion(name: string): Promise<string | null> {
  const file = findUpwards(path.join('node_modules', ...name.split('/'), 'package.json'));
  return (await versionIn(file)) ?? null;
}

/** The version that a package.json states. */
export async function versionIn(file: string): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version?: string };
    return version;
  } catch {
    return undefined;
  }
}
