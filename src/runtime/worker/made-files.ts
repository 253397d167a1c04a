import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LipwireError } from '../../contract';
import type { MadeFile } from './protocol';

/** Makes a job's folder, empty whatever was there (a job may be started a second time). */
export async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/**
 * All files under a folder with sizes and hashes, in the order of their paths.
 * @throws E_INTERNAL when a stage left anything but files and folders
 */
export async function madeFiles(folder: string, signal: AbortSignal): Promise<MadeFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: MadeFile[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile()) {
      throw new LipwireError('E_INTERNAL', `A stage left ${entry.name}, which is not a file.`);
    }
    files.push({
      path: path.relative(folder, file).split(path.sep).join('/'),
      size: (await stat(file)).size,
      sha256: await hashFile(file, signal),
    });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** SHA-256 of a file's content in hexadecimal digits, read piece by piece. */
export async function hashFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), hash, { signal });
  return hash.digest('hex');
}
