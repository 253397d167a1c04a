/** Putting results where the user wants them: whole or not at all. */
import { randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { LipwireError, toLipwireError } from '../contract';

/**
 * Checks before the work that a file can be written afterwards.
 * @throws E_PATH
 */
export async function expectTarget(file: string): Promise<void> {
  const there = await stat(file).catch((error: NodeJS.ErrnoException) => {
    // What is wrong with the folder is said below.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw unwritable(file, error);
  });
  if (there && !there.isFile()) {
    const what = there.isDirectory() ? 'a folder' : 'no ordinary file';
    throw new LipwireError('E_PATH', `Expected a file name for --out but ${file} is ${what}.`);
  }
  await expectWritable(path.dirname(file), '--out');
}

/**
 * Checks before the work that a folder can be made afterwards; existing files are never replaced.
 * @throws E_PATH
 */
export async function expectTargetFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new LipwireError('E_PATH', `Expected a folder for --hls but ${error.message}.`);
  });
  if (names && names.length > 0) {
    const sentence = `Expected a new or empty folder for --hls but ${folder} holds other files; choose another one or empty it.`;
    throw new LipwireError('E_PATH', sentence);
  }
  await expectWritable(names ? folder : path.dirname(folder), '--hls');
}

/**
 * Copies a file to a place where there may be an older one, in one step. An older one keeps its
 * permissions; a new one gets those that the umask says, whatever the workspace's are.
 */
export async function replaceFile(from: string, to: string): Promise<void> {
  const half = halfDone(to);
  try {
    const older = await stat(to).catch(() => undefined);
    await copyAsNew(from, half);
    if (older) await chmod(half, older.mode & 0o777);
    await rename(half, to);
  } catch (error) {
    throw unwritable(to, error);
  } finally {
    await rm(half, { force: true });
  }
}

/**
 * Copies a folder to a place where there is none or an empty one: all of it or nothing. An existing
 * folder stays the same one, with its owner and permissions, as a web server may be set up for it.
 * @param last a name in the folder that comes last: what it names is there by then
 */
export async function copyFolder(from: string, to: string, last?: string): Promise<void> {
  const isThere = (await stat(to).catch(() => undefined))?.isDirectory() ?? false;
  const half = isThere ? halfDone(path.join(to, 'all')) : halfDone(to);
  const moved: string[] = [];
  try {
    await mkdir(half);
    await copyInto(from, half);
    if (!isThere) return await rename(half, to);
    const names = (await readdir(half)).sort((a, b) => Number(a === last) - Number(b === last));
    for (const name of names) {
      await rename(path.join(half, name), path.join(to, name));
      moved.push(name);
    }
  } catch (error) {
    for (const name of moved) await rm(path.join(to, name), { recursive: true, force: true });
    throw unwritable(to, error);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

/** The studio's own record of an artifact. */
const RECORD = 'artifact.json';

async function copyInto(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(target);
      await copyInto(source, target);
    } else if (entry.name !== RECORD) {
      await copyAsNew(source, target);
    }
  }
}

/** Copies a file to a new one with the permissions of a new file: copying alone takes the source's. */
async function copyAsNew(from: string, to: string): Promise<void> {
  const handle = await open(to, 'wx');
  const { mode } = await handle.stat().finally(() => handle.close());
  await copyFile(from, to);
  await chmod(to, mode & 0o777);
}

async function expectWritable(folder: string, option: string): Promise<void> {
  const there = await stat(folder).catch(() => undefined);
  const refuse = (why: string): LipwireError =>
    new LipwireError(
      'E_PATH',
      `Expected a folder to write to for ${option} but received ${folder}; ${why}.`,
    );
  if (!there) throw refuse('it does not exist');
  if (!there.isDirectory()) throw refuse('it is a file');
  try {
    // Trying says more than permissions do: root may write everywhere, but not into /proc.
    const trial = halfDone(path.join(folder, 'trial'));
    await writeFile(trial, '');
    await rm(trial);
  } catch {
    throw refuse('it cannot be written to');
  }
}

function unwritable(target: string, error: unknown): LipwireError {
  const failure = toLipwireError(error);
  if (failure.code === 'E_DISK') return failure;
  const why = (error as Error).message;
  const sentence = `Expected to be able to write ${target} but ${why}; choose another name or folder.`;
  return new LipwireError('E_PATH', sentence, { cause: error });
}

/** A hidden name beside the target, on the same file system; short, whatever the target's is. */
function halfDone(target: string): string {
  return path.join(path.dirname(target), `.lipwire-${randomBytes(6).toString('hex')}`);
}
