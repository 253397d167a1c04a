/**
 * What is known of a file in the models folder, so that it is not read whole each time: its SHA-256
 * as long as size and time of change stay, and whether the store put it there and may delete it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FileFormat } from './kinds';
import type { StoreFolders } from './folders';

/** `pull` and `add`: put there by the store; `found`: by the user. */
export type PutBy = 'pull' | 'add' | 'found';

export interface Receipt {
  version: 1;
  /** File name in the models folder. */
  file: string;
  sha256: string;
  bytes: number;
  /** Time of change in milliseconds, as the file system says it. */
  mtime: number;
  format: FileFormat;
  by: PutBy;
  /** The content is not what was put there, though size and time of change are. */
  damaged?: true;
}

/** The receipt of a file; undefined when there is none or it makes no sense. */
export async function readReceipt(
  folders: StoreFolders,
  file: string,
): Promise<Receipt | undefined> {
  try {
    if (!(await lstat(folders.receipts)).isDirectory()) return undefined;
    const receipt = JSON.parse(await readFile(pathOf(folders, file), 'utf8')) as Receipt;
    const isSound =
      receipt.version === 1 &&
      receipt.file === file &&
      /^[0-9a-f]{64}$/.test(receipt.sha256) &&
      ['onnx', 'pytorch-zip', 'pytorch-legacy'].includes(receipt.format) &&
      ['pull', 'add', 'found'].includes(receipt.by);
    return isSound ? receipt : undefined;
  } catch {
    return undefined;
  }
}

/** @throws what writing throws: the folder may be one for reading only */
export async function writeReceipt(folders: StoreFolders, receipt: Receipt): Promise<void> {
  const target = pathOf(folders, receipt.file);
  const half = `${target}.${randomUUID()}`;
  try {
    await writeFile(half, `${JSON.stringify(receipt)}\n`, { flag: 'wx' });
    await rename(half, target);
  } finally {
    await rm(half, { force: true });
  }
}

export async function dropReceipt(folders: StoreFolders, file: string): Promise<void> {
  await rm(pathOf(folders, file), { force: true });
}

/** Named by a hash: the user's own file names may hold anything. */
function pathOf({ receipts }: StoreFolders, file: string): string {
  const name = createHash('sha256').update(file).digest('hex').slice(0, 32);
  return path.join(receipts, `${name}.json`);
}
