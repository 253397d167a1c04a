/** Atomic writing: under a temporary name in the same folder, then renamed. */
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

export interface WriteOptions {
  /** Permissions of a new file. */
  mode?: number;
  /** fsync file and folder before resolving. */
  durable?: boolean;
}

/**
 * Writes a file in one step: another process reads the old content or the new one, never a part.
 * @throws the system's error; nothing is left behind then
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  { mode = 0o666, durable = false }: WriteOptions = {},
): Promise<void> {
  await replaceWhole(file, async (temporary) => {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
  });
  if (durable) await syncFolder(path.dirname(file));
}

/**
 * Makes a file, or a folder where there is none yet, in one step.
 * @param make makes it under a temporary name in the same folder
 * @throws the system's error, or what `make` throws; nothing is left behind then
 */
export async function replaceWhole<T>(
  target: string,
  make: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = temporaryFor(target);
  try {
    const made = await make(temporary);
    await rename(temporary, target);
    return made;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

/** {@link writeWhole} for a timer or the end of the process. @throws the system's error */
export function writeWholeSync(file: string, content: string, mode = 0o666): void {
  const temporary = temporaryFor(file);
  try {
    writeFileSync(temporary, content, { flag: 'wx', mode });
    renameSync(temporary, file);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // The parent is not a directory.
    }
    throw error;
  }
}

/** fsync of a directory, after a rename in it; ignored where unsupported. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Hidden and short, whatever the target is called; in its folder, as renaming needs. */
function temporaryFor(target: string): string {
  return path.join(path.dirname(target), `.lipwire-${randomUUID()}`);
}
