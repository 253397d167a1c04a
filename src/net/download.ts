/** Gets a file from a web address that somebody gave, who is not trusted with this network. */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { LIMITS, throwIfCancelled } from '../contract';
import { ask, isRedirect } from './ask';
import {
  fail,
  TooLarge,
  told,
  Unavailable,
  checkedLookup,
  webAddress,
  type WebRules,
} from './rules';

export interface WebRequest {
  /** How errors call what holds the address. */
  field: string;
  rules: WebRules;
  mostBytes: number;
  /** Multiplies the time that it may take altogether; 0, no time limits, counts as 1 here. */
  timeFactor: number;
  /** The ETag of what is there already. */
  etag?: string;
  signal: AbortSignal;
}

/** What came. */
export interface WebFile {
  bytes: number;
  sha256: string;
  /** Its first bytes, which say of what kind it is. */
  head: Buffer;
  etag?: string;
}

const HEAD = 1024;

/**
 * Downloads into a new file. What came stays there when it fails.
 * @returns nothing where the server says that what is there already is the same
 * @throws E_INPUT for an address that may not be asked, and for too many bytes; E_PATH where the server
 *   does not give it; E_TIMEOUT; E_CANCELLED; and what writing throws
 */
export async function downloadFromWeb(
  address: string,
  file: string,
  request: WebRequest,
): Promise<WebFile | undefined> {
  const { signal, timeFactor } = request;
  const { seconds, stall } = LIMITS.web;
  // A studio without time limits still does not wait for ever for somebody else's server.
  const limit = (timeFactor || 1) * seconds;
  const late = (why: string): Error => fail('E_TIMEOUT', address, request.field, why, 'try again');
  const watchdog = new Watchdog(stall * 1000, (idle) => late(`nothing came for ${idle} s`));
  const whole = new AbortController();
  const timer = setTimeout(
    () => whole.abort(late(`it did not come within ${limit} s`)),
    limit * 1000,
  );
  const any = AbortSignal.any([signal, watchdog.signal, whole.signal]);
  try {
    const response = await follow(address, request, any);
    try {
      if (response.statusCode === 304 && request.etag) return undefined;
      expectFile(response, request.mostBytes);
      return await receive(response, file, request.mostBytes, () => watchdog.feed());
    } finally {
      response.destroy();
    }
  } catch (error) {
    throwIfCancelled(signal);
    if (any.aborted) throw any.reason;
    throw told(error, address, request.field);
  } finally {
    watchdog.stop();
    clearTimeout(timer);
  }
}

/** The first answer that is no redirect. Each address on the way is looked at before it is asked. */
async function follow(
  address: string,
  { rules, etag }: WebRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { redirects } = LIMITS.web;
  const lookup = checkedLookup(rules);
  let url = webAddress(address, rules);
  for (let count = 0; count <= redirects; count += 1) {
    const response = await ask(url, etag ? { 'If-None-Match': etag } : {}, signal, lookup);
    if (!isRedirect(response)) return response;
    response.destroy();
    url = webAddress(response.headers.location ?? '', rules, url);
  }
  throw new Unavailable(`it redirects more than ${redirects} times`);
}

function expectFile({ statusCode, headers }: IncomingMessage, mostBytes: number): void {
  if (statusCode !== 200) throw new Unavailable(`the server answers with status ${statusCode}`);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new Unavailable(`the server sends it as ${encoding}`);
  if (Number(headers['content-length']) > mostBytes) throw new TooLarge();
}

async function receive(
  response: IncomingMessage,
  file: string,
  mostBytes: number,
  onLife: () => void,
): Promise<WebFile> {
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let bytes = 0;
  // 'wx': the name is new; nothing that somebody put there is followed or replaced.
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      onLife();
      bytes += chunk.length;
      if (bytes > mostBytes) throw new TooLarge();
      if (head.length < HEAD) head = Buffer.concat([head, chunk.subarray(0, HEAD - head.length)]);
      hash.update(chunk);
      await writeAll(handle, chunk);
    }
  } finally {
    await handle.close();
  }
  const { etag } = response.headers;
  return { bytes, sha256: hash.digest('hex'), head, ...(etag && { etag }) };
}

/** A system may take fewer bytes than it is given. */
async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    done += (await handle.write(chunk, done)).bytesWritten;
  }
}

/** Ends work in which nothing happens: aborts its signal unless it is fed in time. */
export class Watchdog {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** @param reason the error that the signal is aborted with, by the seconds without a sign of life */
  constructor(milliseconds: number, reason: (seconds: number) => Error) {
    this.#timer = setTimeout(() => {
      this.#abort.abort(reason(Math.round(milliseconds / 100) / 10));
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something happened. */
  feed(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
