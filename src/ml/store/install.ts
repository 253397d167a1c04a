/** Puts model files into the models folder: downloads, and copies of the user's own. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { describe, LipwireError, throwIfCancelled, toLipwireError } from '../../contract';
import { syncFolder } from '../../files/write-file';
import { download, partialFile, type Patience, SourceFailures, type Wanted } from './download';
import {
  expectSpace,
  type FreeBytes,
  openForWriting,
  type StoreFolders,
  withLock,
} from './folders';
import { type FileFormat, recogniseModel } from './kinds';
import { safeModelName, type StoreModel } from './manifest';
import {
  fileOf,
  inspect,
  type InspectedFile,
  isReserved,
  modelFiles,
  type PutBy,
  remember,
  survey,
} from './survey';
import { signalOf, type WorkOptions } from './tasks';

const CHUNK = 256 * 1024;
const DAY = 24 * 3600 * 1000;
const COPY = 'add-';

/**
 * Copies a model file into the models folder, under its published name if its content is that of a
 * known model, otherwise under its own name made safe.
 * @returns its file name in the models folder; that of the file already there when it is the same
 * @throws E_MODEL_INVALID for what is no model; E_PATH; E_DISK; E_BUSY; E_CANCELLED
 */
export async function addModel(
  source: string | Upload,
  models: readonly StoreModel[],
  { folder, freeBytes }: { folder: string; freeBytes: FreeBytes },
  options: WorkOptions,
): Promise<string> {
  const signal = signalOf(options);
  const folders = await openForWriting(folder);
  const inside = typeof source === 'string' && (await fileInside(folders, source));
  if (inside) return inside;
  const upload = typeof source === 'string' ? await opened(source) : source;
  const copy = path.join(folders.partial, `${COPY}${randomUUID()}`);
  try {
    await sweepCopies(folders);
    await expectSpace(folders.partial, upload.bytes ?? 0, freeBytes);
    const hasSpace = (): Promise<void> => expectSpace(folders.partial, STRIDE, freeBytes);
    const sha256 = await copyInto(copy, upload, hasSpace, { ...options, signal });
    const format = await recogniseModel(copy, path.basename(upload.fileName));
    const same = (await survey(folders, models, 'quick')).find(
      ({ found }) => found?.valid && found.sha256 === sha256,
    );
    if (same?.found) return same.found.file;
    const model = models.find((known) => known.sha256 === sha256);
    const wanted = model
      ? [fileOf(model, await modelFiles(folders)) ?? model.file]
      : ownNames(upload.fileName, sha256, format === 'onnx' ? '.onnx' : '.pth', models);
    return await place(folders, copy, wanted, model, { sha256, format, signal });
  } finally {
    // An upload's stream stays: destroying it would cut the connection before the answer.
    if (typeof source === 'string') upload.stream.destroy();
    await rm(copy, { force: true });
  }
}

async function opened(file: string): Promise<Upload> {
  const stats = await stat(file).catch((cause: unknown) => {
    throw toLipwireError(cause);
  });
  if (!stats.isFile()) {
    throw new LipwireError('E_PATH', `Expected a model file but ${describe(file)} is not a file.`);
  }
  // Checked before gigabytes are copied.
  await recogniseModel(file);
  const stream = createReadStream(file, { highWaterMark: CHUNK });
  return { stream, fileName: path.basename(file), bytes: stats.size };
}

/** The name of a file that is in the models folder already. */
async function fileInside(folders: StoreFolders, file: string): Promise<string | undefined> {
  const real = await realpath(file).catch(() => file);
  if (path.dirname(real) !== folders.models) return undefined;
  return (await modelFiles(folders)).find((name) => name === path.basename(real));
}

/** Names to try; the last holds the hash, so only the same content has it. */
function ownNames(
  fileName: string,
  sha256: string,
  ending: string,
  models: readonly StoreModel[],
): string[] {
  const name = safeModelName(fileName);
  const long = `${name}-${sha256.slice(0, 8)}`;
  return [...(isReserved(name, models) ? [] : [name]), long].map((each) => `${each}${ending}`);
}

async function place(
  folders: StoreFolders,
  copy: string,
  names: string[],
  model: StoreModel | undefined,
  facts: {
    sha256: string;
    format: Awaited<ReturnType<typeof recogniseModel>>;
    signal: AbortSignal;
  },
): Promise<string> {
  const { sha256, format, signal } = facts;
  for (const file of names) {
    const lock = path.join(folders.locks, `${file.toLowerCase()}.lock`);
    const isPlaced = await withLock(lock, file, async () => {
      const there = await occupant(folders, file, model, signal);
      if (there) return there.sha256 === sha256;
      await publish(folders, copy, file, { sha256, format, by: 'add' });
      return true;
    });
    if (isPlaced) return file;
  }
  const last = names[names.length - 1];
  throw new LipwireError(
    'E_PATH',
    `Expected no other file called ${last} but there is one; rename it.`,
  );
}

/** Removes copies that a crash left behind. */
async function sweepCopies({ partial }: StoreFolders): Promise<void> {
  for (const name of await readdir(partial)) {
    const file = path.join(partial, name);
    const stats = name.startsWith(COPY) ? await lstat(file).catch(() => undefined) : undefined;
    if (stats && Date.now() - stats.mtimeMs > DAY) await rm(file, { force: true });
  }
}

/** A file that comes as a stream, for example from a browser. */
export interface Upload {
  stream: Readable;
  fileName: string;
  /** Announced size. */
  bytes?: number;
}

/** Bytes; larger than any model of these kinds. */
const LARGEST = 8 * 1024 ** 3;
/** Bytes copied between checks of the free space: an upload may not announce its size. */
const STRIDE = 64 * 1024 * 1024;

/** Copies and hashes in one pass. @returns the SHA-256 */
async function copyInto(
  target: string,
  { stream, bytes }: Upload,
  hasSpace: () => Promise<void>,
  { signal, onProgress }: WorkOptions & { signal: AbortSignal },
): Promise<string> {
  const handle = await open(target, 'wx');
  const hash = createHash('sha256');
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  let done = 0;
  let checked = 0;
  try {
    throwIfCancelled(signal);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      done += chunk.length;
      if (done > LARGEST) throw tooLarge();
      if (done - checked > STRIDE) {
        await hasSpace();
        checked = done;
      }
      hash.update(chunk);
      await handle.writeFile(chunk);
      onProgress?.({ doing: 'copying', done, total: Math.max(done, bytes ?? 0) });
    }
    throwIfCancelled(signal);
    if (bytes !== undefined && done !== bytes) throw cutOff(done, bytes);
    await handle.sync();
    return hash.digest('hex');
  } catch (error) {
    throwIfCancelled(signal);
    throw toLipwireError(error);
  } finally {
    signal.removeEventListener('abort', stop);
    await handle.close();
  }
}

function tooLarge(): LipwireError {
  const sentence = `Expected a model of at most ${LARGEST / 1024 ** 3} GiB but the file is larger.`;
  return new LipwireError('E_MODEL_INVALID', sentence);
}

function cutOff(done: number, bytes: number): LipwireError {
  const sentence = `Expected ${bytes} bytes but only ${done} came; send the file again.`;
  return new LipwireError('E_MODEL_INVALID', sentence);
}

/**
 * The valid file at the place of a model.
 * @returns undefined when there is none, or one of the store's own that may be replaced
 * @throws E_PATH for another file, put there by the user
 */
async function occupant(
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
 * Renames a complete file of the partial folder into place.
 * @param from the finished file, which has this SHA-256
 */
async function publish(
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

interface PullSettings {
  folder: string;
  patience: Patience;
  freeBytes: FreeBytes;
}

/**
 * Downloads a model unless it is there already. A failed download is resumed next time.
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

function wantedOf({ id, file, bytes, sha256, sources }: StoreModel): Wanted & { sha256: string } {
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
