/** Gets a file from the first of several sources that gives it. */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { cancelled, throwIfCancelled } from '../../contract';
import { hashFile } from '../../files/hash-file';
import { request, Unavailable, Watchdog, writeAll } from '../../net/http';
import { isPublicAddress } from '../../net/rules';
import type { StoreFolders } from './folders';

/** Time limits and retries of a download. */
export interface Patience {
  /** Milliseconds without a byte after which a source counts as stalled. */
  stall: number;
  /** Retries of a source after a failure that may pass. */
  retries: number;
  /** Milliseconds before the first retry; doubled each time. */
  pause: number;
}

/** No source gave the file; the message names the reason of each. */
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
  /** Bytes downloaded. */
  onBytes(done: number): void;
  /** Bytes hashed, after the download. */
  onChecked(done: number): void;
  patience: Patience;
}

/** A source that sent at least this share of the file since its last failure gets all retries again. */
const PROGRESS = 0.01;

/**
 * Downloads into a partial file until it has exactly the wanted bytes. A failed or cancelled download
 * is resumed next time.
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
      const algorithm = wanted.sha256 === undefined ? 'md5' : 'sha256';
      const hash = await hashFile(partial.file, { signal, onBytes: onChecked, algorithm });
      if (hash === wanted[algorithm]) return;
      await partial.discard();
      // Parts of several answers may not fit together: try again from the beginning.
      throw new SourceError(
        `its file has another ${algorithm === 'md5' ? 'MD5' : 'SHA-256'}`,
        isOneAnswer ? 'wrong' : 'again',
      );
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

/** A file by its size and its hash: SHA-256, or MD5 where its publisher gives nothing else. */
export type Wanted = { bytes: number } & (
  { sha256: string; md5?: string } | { sha256?: undefined; md5: string }
);

/** Redirects of one source; the usual file hosts need one or two. */
const MOST_REDIRECTS = 5;

interface TransferOptions {
  signal: AbortSignal;
  /** Milliseconds without a byte after which it fails. */
  stall: number;
  /** Bytes of the whole file so far; falls when a server starts again from the beginning. */
  onBytes(done: number): void;
}

/**
 * Completes a partial file, resuming where it ended if it comes from this source.
 * @returns `isOneAnswer`: all bytes come from this answer, so wrong ones are the source's fault
 * @throws SourceError, E_CANCELLED, and what writing throws
 */
async function transfer(
  source: string,
  partial: PartialFile,
  wanted: Wanted,
  { signal, stall, onBytes }: TransferOptions,
): Promise<{ isOneAnswer: boolean }> {
  const found = await partial.resumable(source, wanted.sha256 ?? wanted.md5);
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
    const response = await request(parseAddress(source), {
      headers: { ...range },
      signal: either,
      redirects: MOST_REDIRECTS,
      next: redirectTarget,
    }).catch((error: unknown) => {
      throw networkError(error);
    });
    try {
      const start = await startOf(response, before, partial, wanted);
      await expectLength(response, start, partial, wanted);
      const origin = {
        source,
        sha256: wanted.sha256 ?? wanted.md5,
        validator: validatorOf(response),
      };
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

/** The byte of the file at which the answer starts; a partial file that cannot be continued is dropped. */
async function startOf(
  { statusCode = 0, headers }: IncomingMessage,
  before: { bytes: number; validator: string } | undefined,
  partial: PartialFile,
  { bytes }: Wanted,
): Promise<number> {
  // A server without ranges, or with a newer file, sends all of it.
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

/** Refuses a wrong size before anything is written. */
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

/** Passes the body on by chunk and position; refuses one of another length. */
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

/** A strong ETag, or a date: a weak ETag is not valid for ranges. */
function validatorOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const { etag = '' } = headers;
  if (/^"[\x21\x23-\x7e]*"$/.test(etag)) return etag;
  return headers['last-modified'] ?? '';
}

/** Where the bytes of a partial file come from: one version of one address. */
interface Origin {
  source: string;
  /** A strong ETag, or a date; `If-Range` takes either. Empty: the server gave none. */
  validator: string;
  /** Of the complete file; its MD5 where that is what is known. */
  sha256: string;
}

/** Never opens a link; Windows has no such flag. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

class PartialFile {
  readonly #about: string;

  constructor(readonly file: string) {
    this.#about = `${file}.json`;
  }

  /** Origin and size of what can be resumed; undefined where nothing can. */
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

  /** Opens the file, cut to its first `keep` bytes, for writing. */
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
export function partialFile({ partial }: StoreFolders, { file }: { file: string }): PartialFile {
  return new PartialFile(path.join(partial, `${file}.part`));
}

/** Which addresses a model may come from, and why a source did not give a file. */

/** A source failed; the message continues "<host>: …". */
class SourceError extends Error {
  constructor(
    message: string,
    /** `again`: a retry may succeed; `wrong`: the source has another file; `never`: the rest. */
    readonly hope: 'again' | 'wrong' | 'never' = 'never',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Network errors that a retry does not change. */
const LASTING = /^(ECONNREFUSED|ENOTFOUND|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/** Any error of a request as a SourceError. */
function networkError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  if (error instanceof Unavailable) return new SourceError(error.message);
  const { code = '', message } = error as NodeJS.ErrnoException;
  const hope = LASTING.test(code) ? 'never' : 'again';
  return new SourceError(sentence(code, message), hope, { cause: error });
}

function sentence(code: string, message: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the server is not found (no network?)';
  if (code === 'ECONNREFUSED') return 'the server takes no connections';
  if (code === 'ECONNRESET' || message === 'aborted') return 'the connection was cut off';
  return message || code || 'the connection failed';
}

/** 127.0.0.0/8, ::1 and localhost, as `URL` writes them. */
const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** Names of this machine (RFC 6761) and of local networks (RFC 6762, 8375). */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/;

/**
 * An allowed address: https, or http on this machine (mirrors, tests).
 * @throws SourceError
 */
export function parseAddress(text: string, base?: URL): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (!url) throw new SourceError(`it names an address that is none (${text.slice(0, 80)})`);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  if (!isSafe) throw new SourceError(`${url.protocol}//${url.host} is not https`);
  if (url.username || url.password) throw new SourceError('an address holds a password');
  return url;
}

/**
 * The target of a redirect: never from https to another protocol, nor from the network to this machine
 * or a private network, judged by the address alone (names are not looked up).
 * @throws SourceError
 */
export function redirectTarget(from: URL, location: string | undefined): URL {
  if (!location) throw new SourceError('it redirects to nowhere');
  const to = parseAddress(location, from);
  if (from.protocol === 'https:' && to.protocol !== 'https:') {
    throw new SourceError(`it redirects from https to ${to.protocol}//${to.host}`);
  }
  if (isLocal(to) && !isLocal(from)) {
    throw new SourceError(`it redirects to this machine or a private network (${to.hostname})`);
  }
  return to;
}

function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

function isLocal({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) ? !isPublicAddress(host) : LOCAL_NAME.test(host);
}
