import { existsSync } from 'node:fs';
import path from 'node:path';

/** Absolute path of the built-in portrait (from sources and from dist/ alike). */
export function avatarFile(): string {
  const name = path.join('assets', 'avatar', 'avatar.png');
  let folder = __dirname;
  while (!existsSync(path.join(folder, name)) && path.dirname(folder) !== folder) {
    folder = path.dirname(folder);
  }
  return path.join(folder, name);
}
