/** Known models as ONNX files: converted when first used, then kept in the models folder. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { makeFolder } from '../../files/make-folder';
import { CONVERTER_VERSION, convertTfjsModel } from './convert';
import { readTfjsModel } from './tfjs-model';
import { locateModel, type LocatedModel, type Resolve } from './locate';
import { knownModel } from './manifest';
import { isIntact, seal } from './seal';

export interface StoreOptions {
  /** Where converted networks are kept. */
  modelsFolder: string;
  /** Called before work that takes a moment, with what it is. */
  onPreparing?: (what: string) => void;
  resolve?: Resolve;
}

export interface StoredNetwork {
  /** Path of the ONNX file. */
  file: string;
  /** The bytes of the ONNX file, already read and checked. */
  bytes: Buffer;
  /** SHA-256 of the original files. */
  sha256: string;
}

/**
 * The ONNX file of a known model. The name holds the weights' SHA-256 and the converter's version,
 * so a new version of either makes a new file; a damaged file is made again.
 * @throws E_MODEL_MISSING, E_MODEL_INVALID, E_PATH or E_DISK when the folder cannot be written
 */
export async function storedNetwork(id: string, options: StoreOptions): Promise<StoredNetwork> {
  const model = knownModel(id);
  const located = await locateModel(model, options.resolve);
  const name = `${id}-${located.sha256.slice(0, 16)}-v${CONVERTER_VERSION}.onnx`;
  const file = path.join(options.modelsFolder, name);
  const cached = await readIfThere(file);
  if (cached && isIntact(cached)) return { file, bytes: cached, sha256: located.sha256 };
  options.onPreparing?.(`converting ${id}`);
  const bytes = seal(await convert(located, model.outputs));
  await publish(file, bytes);
  return { file, bytes, sha256: located.sha256 };
}

async function convert({ files }: LocatedModel, outputs?: string[]): Promise<Buffer> {
  return convertTfjsModel(await readTfjsModel(files[0]), outputs);
}

/** What is in a file; undefined where it cannot be read. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch {
    // Absent or not readable: it is made again, and writing says what is wrong.
    return undefined;
  }
}

/**
 * Written beside and renamed, so that another process never reads half a file.
 * @throws E_PATH or E_DISK when the folder cannot be written
 */
export async function publish(file: string, bytes: Buffer): Promise<void> {
  const folder = path.dirname(file);
  const temporary = `${file}.${randomUUID()}.part`;
  try {
    await makeFolder(folder);
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code, message } = cause as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new LipwireError(
      isFull ? 'E_DISK' : 'E_PATH',
      `Expected to write a converted network into the models folder ${folder} but could not ` +
        `(${message}); ${isFull ? 'free some space or ' : ''}choose another models folder.`,
      { cause },
    );
  }
}
