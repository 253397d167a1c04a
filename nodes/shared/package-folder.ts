import { existsSync } from 'node:fs';
import path from 'node:path';

/** The package's root, from sources and from dist/ alike. */
export function packageFolder(): string {
  let folder = __dirname;
  while (!existsSync(path.join(folder, 'resources')) && path.dirname(folder) !== folder) {
    folder = path.dirname(folder);
  }
  return folder;
}
