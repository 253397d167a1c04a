/** What a file in the models folder is, and whether it is what it should be. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { toLipwireError } from '../../contract';
import type { StoreFolders } from './folders';
import { sha256Of, type HashOptions } from './hashing';
import { recogniseModel, type FileFormat } from './kinds';
import type { StoreModel } from './manifest';
import { readReceipt, writeReceipt, type PutBy, type Receipt } from './receipts';

export interface InspectedFile {
  file: string;
  path: string;
  bytes: number;
  format: FileFormat | null;
  /** null as long as the file was not read whole. */
  sha256: string | null;
  /** null: not checked yet. */
  valid: boolean | null;
  /** Why it is not valid; continues "the file …". */
  problem: string | null;
  /** Who put it there. */
  by: PutBy;
}

/** `quick` reads the file only where nothing is known of it, `full` where it changed, `again` always. */
export type Depth = 'quick' | 'full' | 'again';

/** Receipts of folders that can only be read. */
const remembered = new Map<string, Receipt>();

/**
 * Looks at a file.
 * @param expected the published model that the file has to be
 * @returns undefined when there is none
 * @throws E_CANCELLED, E_PATH
 */
export async function inspect(
  folders: StoreFolders,
  file: string,
  expected: StoreModel | undefined,
  depth: Depth,
  options: HashOptions = {},
): Promise<InspectedFile | undefined> {
  const place = path.join(folders.models, file);
  const stats = await stat(place).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  const { size: bytes, mtimeMs: mtime } = stats;
  const old = (await readReceipt(folders, file)) ?? remembered.get(place);
  const isFresh = old?.bytes === bytes && old.mtime === mtime;
  const seen = { file, path: place, bytes, by: isFresh ? old.by : ('found' as const) };
  if (isFresh && depth !== 'again') return { ...seen, ...judged(old, expected) };
  if (expected?.bytes !== undefined && expected.bytes !== bytes) {
    return { ...seen, ...refused(`has ${bytes} bytes and not ${expected.bytes}`) };
  }
  let format: FileFormat;
  try {
    format = await recogniseModel(place, file);
  } catch (error) {
    const isOther = toLipwireError(error).code === 'E_MODEL_INVALID';
    const problem = isOther ? 'is no ONNX model and no PyTorch checkpoint' : 'cannot be read';
    return { ...seen, ...refused(problem) };
  }
  if (depth === 'quick') return { ...seen, format, sha256: null, valid: null, problem: null };
  const sha256 = await sha256Of(place, options);
  const isSame = old?.sha256 === sha256;
  // A file that was only touched, or copied back from a backup, is still the store's own.
  const by = isSame || isFresh ? old.by : 'found';
  const isDamaged = isFresh && (!isSame || old.damaged === true);
  const receipt: Receipt = { version: 1, file, sha256, bytes, mtime, format, by };
  if (isDamaged) receipt.damaged = true;
  await remember(folders, receipt);
  return { ...seen, by, ...judged(receipt, expected) };
}

/** Keeps a receipt, in memory where the folder can only be read. */
export async function remember(folders: StoreFolders, receipt: Receipt): Promise<void> {
  await writeReceipt(folders, receipt).catch(() => {
    remembered.set(path.join(folders.models, receipt.file), receipt);
  });
}

type Judgement = Pick<InspectedFile, 'format' | 'sha256' | 'valid' | 'problem'>;

function judged(receipt: Receipt, expected: StoreModel | undefined): Judgement {
  const { format, sha256 } = receipt;
  const isOther = expected?.sha256 !== undefined && expected.sha256 !== sha256;
  if (isOther) return { ...refused('has another SHA-256 than the published one'), format, sha256 };
  if (receipt.damaged) {
    return { ...refused('has changed since it was put there'), format, sha256 };
  }
  return { format, sha256, valid: true, problem: null };
}

function refused(problem: string): Judgement {
  return { format: null, sha256: null, valid: false, problem };
}
