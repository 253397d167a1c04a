/** Gets a file from the first of several sources that gives it. */
import { networkError, parseAddress, redirectTarget, SourceError } from './addresses';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { cancelled, throwIfCancelled } from '../../contract';
import { sha256Of, type StoreFolders } from './folders';
import { type FileHandle, lstat, open, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Watchdog } from '../../net/download';
import { ask, isRedirect } from '../../net/ask';
import { constants } from 'node:fs';
import type { StoreModel } from './manifest';

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

interface DownloadOptions {
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

/** The file that is wanted. */
export interface Wanted {
  bytes: number;
  sha256: string;
}

interface TransferOptions {
  signal: AbortSignal;
  /** Milliseconds in which at least something has to come. */
  stall: number;
  /** Bytes of the whole file that are there; falls when a server starts from the beginning again. */
  onBytes(done: number): void;
}

/**
 * Completes a partial file, resuming where it ended if it comes from this source.
 * @returns whether the file is of one answer, so that wrong bytes are the source's own
 * @throws SourceError, E_CANCELLED, and what writing throws
 */
async function transfer(
  source: string,
  partial: PartialFile,
  wanted: Wanted,
  { signal, stall, onBytes }: TransferOptions,
): Promise<{ isOneAnswer: boolean }> {
  const found = await partial.resumable(source, wanted.sha256);
  if (found?.bytes === wanted.bytes) return { isOneAnswer: false };
  const before = found && found.bytes < wanted.bytes ? found : undefined;
  const watchdog = new Watchdog(
    stall,
    (seconds) => new SourceError(`nothing came for ${seconds} s`, 'again'),
  );
  const either = AbortSignal.any([signal, watchdog.signal]);
  try {
    const range = before && {
      Range: `bytes=${before.bytes}-`,
      ...(before.validator && { 'If-Range': before.validator }),
    };
    const response = await request(parseAddress(source), { ...range }, either);
    try {
      const start = await startOf(response, before, partial, wanted);
      await expectLength(response, start, partial, wanted);
      const origin = { source, sha256: wanted.sha256, validator: validatorOf(response) };
      const handle = await partial.begin(origin, start);
      try {
        await receive(response, start, wanted, (chunk, position) => {
          watchdog.feed();
          onBytes(position);
          return writeAll(handle, chunk, position);
        });
        await handle.sync();
      } finally {
        await handle.close();
      }
      onBytes(wanted.bytes);
      return { isOneAnswer: start === 0 };
    } finally {
      response.destroy();
    }
  } catch (error) {
    throwIfCancelled(signal);
    if (watchdog.signal.aborted) throw watchdog.signal.reason;
    if (error instanceof SourceError && error.hope === 'wrong') await partial.discard();
    throw error;
  } finally {
    watchdog.stop();
  }
}

/** At which byte of the file the answer starts. Forgets what is there where it is of no use. */
async function startOf(
  { statusCode = 0, headers }: IncomingMessage,
  before: { bytes: number; validator: string } | undefined,
  partial: PartialFile,
  { bytes }: Wanted,
): Promise<number> {
  // A server that knows no ranges, or has a newer file, sends all of it.
  if (statusCode === 200) return 0;
  if (statusCode === 206 && before) {
    const [, start, end, all] =
      /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
    const isRest = Number(start) === before.bytes && Number(end) === bytes - 1;
    const isSame =
      !before.validator ||
      !validatorOf({ headers }) ||
      validatorOf({ headers }) === before.validator;
    if (isRest && isSame && (all === '*' || Number(all) === bytes)) return before.bytes;
  }
  if (before && (statusCode === 206 || statusCode === 416)) {
    await partial.discard();
    throw new SourceError('it did not continue where the download had ended', 'again');
  }
  const isPassing = statusCode >= 500 || statusCode === 429 || statusCode === 408;
  throw new SourceError(`it answers with status ${statusCode}`, isPassing ? 'again' : 'never');
}

/** A wrong size is noticed before anything is written. */
async function expectLength(
  { headers }: IncomingMessage,
  start: number,
  partial: PartialFile,
  { bytes }: Wanted,
): Promise<void> {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new SourceError(`it sends the file as ${encoding}`);
  const length = headers['content-length'];
  if (length === undefined || start + Number(length) === bytes) return;
  if (start > 0) await partial.discard();
  throw new SourceError(`its file has ${start + Number(length)} bytes and not ${bytes}`);
}

/** Hands the body on, chunk by chunk with its place in the file, and cuts it when it is too long. */
async function receive(
  response: IncomingMessage,
  start: number,
  { bytes }: Wanted,
  write: (chunk: Buffer, position: number) => Promise<void>,
): Promise<void> {
  let position = start;
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  const next = (): Promise<IteratorResult<Buffer, undefined>> =>
    chunks.next().catch((error: unknown) => {
      throw networkError(error);
    });
  for (let chunk = await next(); !chunk.done; chunk = await next()) {
    if (position + chunk.value.length > bytes) {
      throw new SourceError(`it sends more than ${bytes} bytes`, 'wrong');
    }
    await write(chunk.value, position);
    position += chunk.value.length;
  }
  if (position < bytes) throw new SourceError('the connection was cut off', 'again');
}

/** A system may take fewer bytes than it is given. */
async function writeAll(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

/** What tells versions of a file apart; a weak ETag does not do for ranges. */
function validatorOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const { etag = '' } = headers;
  if (/^"[\x21\x23-\x7e]*"$/.test(etag)) return etag;
  return headers['last-modified'] ?? '';
}

/** How often a source may send elsewhere. The usual file hosts do it once or twice. */
const MOST_REDIRECTS = 5;

/**
 * Asks for a file and follows redirects.
 * @param signal aborting it ends the request, and later the body
 * @returns the response that is not a redirect, its body unread
 * @throws SourceError
 */
async function request(
  start: URL,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let address = start;
  for (let count = 0; count <= MOST_REDIRECTS; count += 1) {
    const response = await ask(address, headers, signal).catch((error: unknown) => {
      throw networkError(error);
    });
    if (!isRedirect(response)) return response;
    response.destroy();
    address = redirectTarget(address, response.headers.location);
  }
  throw new SourceError(`it redirects more than ${MOST_REDIRECTS} times`);
}

/** What the bytes so far are worth: those of one version of one address. */
interface Origin {
  source: string;
  /** A strong ETag, or a date; `If-Range` takes either. Empty: the server gave none. */
  validator: string;
  /** The file that is wanted. */
  sha256: string;
}

/** Never through a link that somebody put in its place (there is no such flag on Windows). */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

export class PartialFile {
  readonly #about: string;

  constructor(readonly file: string) {
    this.#about = `${file}.json`;
  }

  /** Where the bytes come from and how many there are; undefined when they are of no use. */
  async resumable(
    source: string,
    sha256: string,
  ): Promise<(Origin & { bytes: number }) | undefined> {
    try {
      const origin = JSON.parse(await readFile(this.#about, 'utf8')) as Partial<Origin>;
      const stats = await lstat(this.file);
      const isOurs = origin.source === source && origin.sha256 === sha256;
      if (!isOurs || !stats.isFile() || stats.size === 0) return undefined;
      return { source, sha256, validator: storedValidator(origin), bytes: stats.size };
    } catch {
      return undefined;
    }
  }

  /** Opens it for appending after its first `keep` bytes; the rest is dropped. */
  async begin(origin: Origin, keep: number): Promise<FileHandle> {
    const flags = constants.O_CREAT | constants.O_WRONLY | NO_LINK;
    const handle = await open(this.file, flags, 0o644);
    try {
      await handle.truncate(keep);
      await writeFile(this.#about, JSON.stringify(origin));
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async bytes(): Promise<number> {
    return lstat(this.file).then(
      ({ size }) => size,
      () => 0,
    );
  }

  async discard(): Promise<void> {
    await rm(this.file, { force: true });
    await rm(this.#about, { force: true });
  }

  /** After the file was moved to its place. */
  async forget(): Promise<void> {
    await rm(this.#about, { force: true });
  }
}

function storedValidator({ validator }: Partial<Origin>): string {
  return typeof validator === 'string' && /^[\x20-\x7e]*$/.test(validator) ? validator : '';
}

/** The file into which a known model is downloaded. */
export function partialFile({ partial }: StoreFolders, { file }: StoreModel): PartialFile {
  return new PartialFile(path.join(partial, `${file}.part`));
}
