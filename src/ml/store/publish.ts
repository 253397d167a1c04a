/** Putting a finished file in its place among the models. */
import { open, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import type { StoreFolders } from './folders';
import { inspect, remember, type InspectedFile } from './inspect';
import type { FileFormat } from './kinds';
import type { StoreModel } from './manifest';
import type { PutBy } from './receipts';

/**
 * The file that lies in a place where a model is to go.
 * @returns undefined when there is none, or one that may be replaced
 * @throws E_PATH for a file of the user's own that is another one
 */
export async function occupant(
  folders: StoreFolders,
  file: string,
  model: StoreModel | undefined,
  signal: AbortSignal,
): Promise<InspectedFile | undefined> {
  const there = await inspect(folders, file, model, 'full', { signal });
  if (!there || there.valid) return there;
  if (there.by !== 'found') return undefined;
  throw new LipwireError(
    'E_PATH',
    `Expected no other file at ${there.path} but there is one that ${there.problem ?? 'is damaged'}; ` +
      'Lipwire did not put it there, so move or delete it yourself.',
  );
}

/**
 * Renames a file of the partial folder into place; from then on it is visible, whole.
 * @param from the finished file, which has this SHA-256
 */
export async function publish(
  folders: StoreFolders,
  from: string,
  file: string,
  facts: { sha256: string; format: FileFormat; by: PutBy },
): Promise<void> {
  const target = path.join(folders.models, file);
  await rename(from, target);
  const { size: bytes, mtimeMs: mtime } = await stat(target);
  await remember(folders, { version: 1, file, bytes, mtime, ...facts });
  await syncFolder(folders.models);
}

/** So that the name, too, is there after a power cut; where folders cannot be opened it is as it is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
