/** The models folder and what the store keeps in it beside the models. */
import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError, toLipwireError } from '../../contract';
import { makeFolder } from '../../files/make-folder';

export interface StoreFolders {
  /** Models lie here, by their file names. */
  readonly models: string;
  /** What is known of files: their SHA-256, and whether the store put them there. */
  readonly receipts: string;
  /** Downloads and copies in progress; on the same file system, so that they can be renamed. */
  readonly partial: string;
  readonly locks: string;
}

const CONTROL = '.lipwire';

/** Where things are, whether or not they are there. */
export function storeFolders(models: string): StoreFolders {
  const control = path.join(models, CONTROL);
  return {
    models,
    receipts: path.join(control, 'receipts'),
    partial: path.join(control, 'partial'),
    locks: path.join(control, 'locks'),
  };
}

/**
 * Makes the folders for writing. The models folder itself may be a link, what is in it may not:
 * else somebody could have the store write and delete elsewhere.
 * @throws E_PATH when it cannot be written to; E_DISK
 */
export async function openForWriting(models: string): Promise<StoreFolders> {
  try {
    await makeFolder(models);
    const folders = storeFolders(await realpath(models));
    const control = path.dirname(folders.receipts);
    for (const folder of [control, folders.receipts, folders.partial, folders.locks]) {
      await makeFolder(folder);
      if (!(await lstat(folder)).isDirectory()) throw new Error(`${folder} is a link`);
    }
    return folders;
  } catch (cause) {
    const failure = toLipwireError(cause);
    if (failure.code === 'E_DISK') throw failure;
    throw new LipwireError(
      'E_PATH',
      `Expected a models folder to write to but ${models} is none (${(cause as Error).message}); ` +
        'choose another models folder in the studio, or with LIPWIRE_MODELS.',
      { cause },
    );
  }
}
