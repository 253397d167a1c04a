/** HTTP requests as downloads need them. */
import type { FileHandle } from 'node:fs/promises';
import { get as getHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { get as getHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

/** The server does not give the file; the message continues "… but ". */
export class Unavailable extends Error {}

interface RequestOptions {
  headers: OutgoingHttpHeaders;
  /** Aborting it ends the request, and later the body. */
  signal: AbortSignal;
  /** In place of the system's. */
  lookup?: LookupFunction;
  redirects: number;
  /** Checks where a redirect leads. @throws for an address that may not be asked */
  next(from: URL, location: string | undefined): URL;
}

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * The first answer that is no redirect, its body unread. `node:https` and not `fetch`: each redirect
 * is checked before it is followed, and nothing is decompressed on the way.
 * @throws Unavailable for too many redirects, the signal's reason, what `next` throws, system errors
 */
export async function request(start: URL, options: RequestOptions): Promise<IncomingMessage> {
  let url = start;
  for (let count = 0; count <= options.redirects; count += 1) {
    const response = await requestOnce(url, options);
    if (!REDIRECTS.includes(response.statusCode ?? 0)) return response;
    response.destroy();
    url = options.next(url, response.headers.location);
  }
  throw new Unavailable(`it redirects more than ${options.redirects} times`);
}

function requestOnce(
  url: URL,
  { headers, signal, lookup }: RequestOptions,
): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  const all = { 'User-Agent': 'lipwire', 'Accept-Encoding': 'identity', ...headers };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : error);
    // `agent: false`: no connection stays open afterwards.
    const options = { headers: all, agent: false, signal, ...(lookup && { lookup }) };
    const sent = get(url, options, resolve).on('error', fail);
    // A server that upgrades to another protocol closes with neither answer nor error.
    sent.on('close', () => {
      const error = new Error('the connection was closed without an answer');
      fail(Object.assign(error, { code: 'ECONNRESET' }));
    });
  });
}

/** Writes all of a chunk: a system may take fewer bytes than it is given. */
export async function writeAll(
  handle: FileHandle,
  chunk: Buffer,
  position?: number,
): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const at = position === undefined ? null : position + done;
    done += (await handle.write(chunk, done, chunk.length - done, at)).bytesWritten;
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

  feed(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
