/** Downloading a published model. */
import path from 'node:path';
import { describe, LipwireError } from '../../contract';
import {
  expectSpace,
  type FreeBytes,
  openForWriting,
  type StoreFolders,
  withLock,
} from './folders';
import { download, SourceFailures, type Patience, type Wanted, partialFile } from './download';
import { recogniseModel } from './kinds';
import type { StoreModel } from './manifest';
import { signalOf, type WorkOptions } from './tasks';
import { occupant, publish } from './add';
import { fileOf, modelFiles } from './survey';

export interface PullSettings {
  folder: string;
  patience: Patience;
  freeBytes: FreeBytes;
}

/**
 * Downloads a model unless it is there already. What came stays when it fails, for the next time.
 * @throws E_MODEL_MISSING when no source gives it or it is no published one; E_MODEL_INVALID when
 *   one gave other bytes; E_BUSY; E_DISK; E_PATH; E_CANCELLED
 */
export async function pullModel(
  model: StoreModel,
  { folder, patience, freeBytes }: PullSettings,
  options: WorkOptions,
): Promise<void> {
  const wanted = wantedOf(model);
  const folders = await openForWriting(folder);
  const lock = path.join(folders.locks, `${model.file}.lock`);
  await withLock(lock, model.file, async (lost) => {
    const signal = AbortSignal.any([signalOf(options), lost]);
    const file = fileOf(model, await modelFiles(folders)) ?? model.file;
    if (await occupant(folders, file, model, signal)) return;
    const partial = partialFile(folders, model);
    const missing = Math.max(0, wanted.bytes - (await partial.bytes()));
    await expectSpace(folders.partial, missing, freeBytes);
    await fetchInto(model, wanted, folders, { signal, patience, onProgress: options.onProgress });
    const { sha256 } = wanted;
    const format = await recogniseModel(partial.file, model.file);
    await publish(folders, partial.file, file, { sha256, format, by: 'pull' });
    await partial.forget();
  });
}

async function fetchInto(
  model: StoreModel,
  wanted: Wanted,
  folders: StoreFolders,
  { signal, patience, onProgress }: WorkOptions & { signal: AbortSignal; patience: Patience },
): Promise<void> {
  const total = wanted.bytes;
  try {
    await download(model.sources, partialFile(folders, model).file, wanted, {
      signal,
      patience,
      onBytes: (done) => onProgress?.({ doing: 'downloading', done, total }),
      onChecked: (done) => onProgress?.({ doing: 'checking', done, total }),
    });
  } catch (error) {
    if (!(error instanceof SourceFailures)) throw error;
    throw failed(model, error);
  }
}

function wantedOf({ id, file, bytes, sha256, sources }: StoreModel): Wanted {
  if (bytes !== undefined && sha256 !== undefined) return { bytes, sha256 };
  throw new LipwireError(
    'E_MODEL_MISSING',
    `Expected a model whose SHA-256 is known but ${describe(id)} has none, so that a download could ` +
      `not be checked; get it yourself from ${sources[0]} and run "lipwire models add ${file}".`,
  );
}

function failed({ id, file, sources }: StoreModel, cause: SourceFailures): LipwireError {
  return new LipwireError(
    cause.isWrong ? 'E_MODEL_INVALID' : 'E_MODEL_MISSING',
    `Expected to download ${id} but no source gave it (${cause.message}); try again later, or get ` +
      `it with a browser from ${sources[0]} and run "lipwire models add ${file}".`,
    { cause },
  );
}
