/** Putting results where the user wants them: whole or not at all. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, cp, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError, toLipwireError } from '../media';

/**
 * Checks before the work that a file can be written afterwards.
 * @throws E_PATH
 */
export async function expectTarget(file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there && !there.isFile()) {
    throw new LipwireError('E_PATH', `Expected a file name for --out but ${file} is a folder.`);
  }
  await expectWritable(path.dirname(file), '--out');
}

/**
 * Checks before the work that a folder can be made afterwards; existing files are never replaced.
 * @throws E_PATH
 */
export async function expectTargetFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new LipwireError('E_PATH', `Expected a folder for --hls but ${error.message}.`);
  });
  if (names.length > 0) {
    const sentence = `Expected a new or empty folder for --hls but ${folder} holds other files; choose another one or empty it.`;
    throw new LipwireError('E_PATH', sentence);
  }
  await expectWritable(path.dirname(folder), '--hls');
}

/** Copies a file to a place where there may be an older one, in one step. */
export async function replaceFile(from: string, to: string): Promise<void> {
  const half = halfDone(to);
  try {
    await copyFile(from, half);
    await rename(half, to);
  } catch (error) {
    throw toLipwireError(error);
  } finally {
    await rm(half, { force: true });
  }
}

/** Copies a folder to a place where there is none or an empty one, in one step. */
export async function copyFolder(from: string, to: string): Promise<void> {
  const half = halfDone(to);
  const isRecord = (file: string): boolean => path.basename(file) === 'artifact.json';
  try {
    await cp(from, half, { recursive: true, filter: (file) => !isRecord(file) });
    await rmdir(to).catch(() => undefined);
    await rename(half, to);
  } catch (error) {
    throw toLipwireError(error);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

async function expectWritable(folder: string, option: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('it is a file');
    await access(folder, constants.W_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'it does not exist' : 'it cannot be written to';
    const sentence = `Expected a folder to write to for ${option} but received ${folder}; ${why}.`;
    throw new LipwireError('E_PATH', sentence);
  }
}

/** A hidden name beside the target, on the same file system. */
function halfDone(target: string): string {
  const name = `.${path.basename(target)}.${randomBytes(4).toString('hex')}`;
  return path.join(path.dirname(target), name);
}
