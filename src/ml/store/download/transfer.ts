/** One attempt to get the missing part of a file from one source (RFC 9110: Range, If-Range). */
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { throwIfCancelled } from '../../../contract';
import { Watchdog } from '../../../net/download';
import { parseAddress } from './addresses';
import type { PartialFile } from './partial-file';
import { request } from './request';
import { networkError, SourceError } from './source-error';

/** The file that is wanted. */
export interface Wanted {
  bytes: number;
  sha256: string;
}

export interface TransferOptions {
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
export async function transfer(
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
