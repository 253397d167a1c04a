/** Taking over a model file that the user has. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, LipwireError, toLipwireError } from '../../contract';
import { safeModelName } from './names';
import { copyInto, STRIDE, type Upload } from './copy-in';
import { expectSpace, type FreeBytes } from './disk';
import { openForWriting, type StoreFolders } from './folders';
import { recogniseModel } from './kinds';
import { withLock } from './lock';
import type { StoreModel } from './manifest';
import { signalOf, type WorkOptions } from './progress';
import { occupant, publish } from './publish';
import { fileOf, isReserved, modelFiles, survey } from './survey';

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
    // An upload is the caller's: to destroy it would cut the connection before the answer.
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
  // Before gigabytes of something else are copied.
  await recogniseModel(file);
  const stream = createReadStream(file, { highWaterMark: CHUNK });
  return { stream, fileName: path.basename(file), bytes: stats.size };
}

/** The name of a file that lies among the models already. */
async function fileInside(folders: StoreFolders, file: string): Promise<string | undefined> {
  const real = await realpath(file).catch(() => file);
  if (path.dirname(real) !== folders.models) return undefined;
  return (await modelFiles(folders)).find((name) => name === path.basename(real));
}

/** Two names to try; the second one is this content's alone. */
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

/** Copies that a crash left behind. */
async function sweepCopies({ partial }: StoreFolders): Promise<void> {
  for (const name of await readdir(partial)) {
    const file = path.join(partial, name);
    const stats = name.startsWith(COPY) ? await lstat(file).catch(() => undefined) : undefined;
    if (stats && Date.now() - stats.mtimeMs > DAY) await rm(file, { force: true });
  }
}
