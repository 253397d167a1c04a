/** Gets a file from the first of several sources that gives it. */
import { setTimeout as wait } from 'node:timers/promises';
import { cancelled, throwIfCancelled } from '../../../contract';
import { sha256Of } from '../hashing';
import { PartialFile } from './partial-file';
import { SourceError } from './source-error';
import { transfer, type Wanted } from './transfer';

/** How patient a download is. */
export interface Patience {
  /** Milliseconds without a byte after which a source counts as stalled. */
  stall: number;
  /** How often a source is asked again after a failure that may pass. */
  retries: number;
  /** Milliseconds before it is asked again; twice as long each time. */
  pause: number;
}

/** No source gave the file; the message says of each why not. */
export class SourceFailures extends Error {
  constructor(
    message: string,
    /** At least one gave other bytes. */
    readonly isWrong: boolean,
  ) {
    super(message);
  }
}

export const PATIENCE: Patience = { stall: 30_000, retries: 3, pause: 1000 };

export interface DownloadOptions {
  signal: AbortSignal;
  /** Bytes that are there. */
  onBytes(done: number): void;
  /** Bytes that were checked after all had come. */
  onChecked(done: number): void;
  patience: Patience;
}

/** A source that moved a file on by this share of it is asked again as if it had never failed. */
const PROGRESS = 0.01;

/**
 * Downloads into a partial file, which then has exactly the wanted bytes. What came so far stays
 * when it fails or is cancelled, and is resumed next time.
 * @throws SourceFailures when no source gave it; E_CANCELLED; what writing throws
 */
export async function download(
  sources: readonly string[],
  file: string,
  wanted: Wanted,
  options: DownloadOptions,
): Promise<void> {
  const failures: string[] = [];
  let isWrong = false;
  for (const source of sources) {
    try {
      return await fromSource(source, new PartialFile(file), wanted, options);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      isWrong ||= error.hope === 'wrong';
      failures.push(`${new URL(source).host}: ${error.message}`);
    }
  }
  throw new SourceFailures(failures.join('; '), isWrong);
}

async function fromSource(
  source: string,
  partial: PartialFile,
  wanted: Wanted,
  options: DownloadOptions,
): Promise<void> {
  const { signal, patience, onChecked } = options;
  const { stall } = patience;
  let failures = 0;
  for (;;) {
    const before = await partial.bytes();
    try {
      const { isOneAnswer } = await transfer(source, partial, wanted, { ...options, stall });
      const hash = await sha256Of(partial.file, { signal, onBytes: onChecked });
      if (hash === wanted.sha256) return;
      await partial.discard();
      // Parts that do not fit together: one more try, from the beginning.
      throw new SourceError('its file has another SHA-256', isOneAnswer ? 'wrong' : 'again');
    } catch (error) {
      if (!(error instanceof SourceError) || error.hope !== 'again') throw error;
      const gained = (await partial.bytes()) - before;
      failures = gained > wanted.bytes * PROGRESS ? 1 : failures + 1;
      if (failures > patience.retries) throw error;
    }
    await pause(patience.pause * 2 ** (failures - 1), signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  await wait(milliseconds, undefined, { signal }).catch(() => {
    throw cancelled();
  });
}
