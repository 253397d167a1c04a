/** Known models as ONNX files: converted when first used, then kept in the models folder. */
import { randomUUID, createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { makeFolder } from '../../files/make-folder';
import { CONVERTER_VERSION, convertTfjsModel } from './convert';
import { readTfjsModel } from './tfjs-model';
import { locateModel, type LocatedModel, type Resolve, knownModel } from './manifest';

export interface StoreOptions {
  /** Where converted networks are kept. */
  modelsFolder: string;
  /** Called before work that takes a moment, with what it is. */
  onPreparing?: (what: string) => void;
  resolve?: Resolve;
}

interface StoredNetwork {
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

const KEY = 'lipwire.sha256';
/** Field 14 of ModelProto, metadata_props: an entry of key (field 1) and value (field 2). */
const METADATA = 14;
const HEX_LENGTH = 64;

/**
 * A seal on cached network files: the SHA-256 of the file's content, kept at its end as an ONNX
 * metadata entry, so that a damaged or cut file is noticed and the file is still a normal ONNX file.
 *
 * The file with its seal.
 */
export function seal(model: Uint8Array): Buffer {
  return Buffer.concat([model, entry(digest(model))]);
}

/** True when the file is as {@link seal} made it. */
export function isIntact(sealed: Uint8Array): boolean {
  const length = entry('0'.repeat(HEX_LENGTH)).length;
  if (sealed.length <= length) return false;
  const model = sealed.subarray(0, sealed.length - length);
  return entry(digest(model)).equals(sealed.subarray(sealed.length - length));
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Every length here is below 128 and so takes one byte. */
function entry(hex: string): Buffer {
  const pair = Buffer.concat([
    Buffer.from([(1 << 3) | 2, KEY.length]),
    Buffer.from(KEY),
    Buffer.from([(2 << 3) | 2, HEX_LENGTH]),
    Buffer.from(hex),
  ]);
  return Buffer.concat([Buffer.from([(METADATA << 3) | 2, pair.length]), pair]);
}
