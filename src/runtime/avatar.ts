import path from 'node:path';
import { findUpwards } from '../files/package-root';

/** Absolute path of the built-in portrait. */
export function avatarFile(): string {
  return findUpwards(path.join('assets', 'avatar', 'avatar.png'));
}
