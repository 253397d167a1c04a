/** Downloads from an address of an untrusted user: nothing on this machine's networks is reachable. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { LIMITS, throwIfCancelled } from '../contract';
import { request, Unavailable, Watchdog, writeAll } from './http';
import { checkedLookup, fail, told, TooLarge, webAddress, type WebRules } from './rules';

export interface WebRequest {
  /** The setting or property that holds the address, for errors. */
  field: string;
  rules: WebRules;
  mostBytes: number;
  /** Multiplies the time limit of the whole; 0 (no time limits) counts as 1. */
  timeFactor: number;
  /** ETag of the copy at hand. */
  etag?: string;
  signal: AbortSignal;
}

export interface WebFile {
  bytes: number;
  sha256: string;
  /** Its first bytes, for its format. */
  head: Buffer;
  etag?: string;
}

const HEAD = 1024;

/**
 * Downloads into a new file, which stays there when it fails.
 * @returns undefined where the server says that `etag` is still current
 * @throws E_INPUT for an address that may not be asked, and for too many bytes; E_PATH where the server
 *   does not give it; E_TIMEOUT; E_CANCELLED; and what writing throws
 */
export async function downloadFromWeb(
  address: string,
  file: string,
  { field, rules, mostBytes, timeFactor, etag, signal }: WebRequest,
): Promise<WebFile | undefined> {
  const { seconds, stall, redirects } = LIMITS.web;
  // A studio without time limits still does not wait for ever for somebody else's server.
  const limit = (timeFactor || 1) * seconds;
  const late = (why: string): Error => fail('E_TIMEOUT', address, field, why, 'try again');
  const watchdog = new Watchdog(stall * 1000, (idle) => late(`nothing came for ${idle} s`));
  const whole = new AbortController();
  const timer = setTimeout(
    () => whole.abort(late(`it did not come within ${limit} s`)),
    limit * 1000,
  );
  const any = AbortSignal.any([signal, watchdog.signal, whole.signal]);
  try {
    const response = await request(webAddress(address, rules), {
      headers: etag ? { 'If-None-Match': etag } : {},
      signal: any,
      lookup: checkedLookup(rules),
      redirects,
      next: (from, location = '') => webAddress(location, rules, from),
    });
    try {
      if (response.statusCode === 304 && etag) return undefined;
      expectFile(response, mostBytes);
      return await receive(response, file, mostBytes, () => watchdog.feed());
    } finally {
      response.destroy();
    }
  } catch (error) {
    throwIfCancelled(signal);
    if (any.aborted) throw any.reason;
    throw told(error, address, field);
  } finally {
    watchdog.stop();
    clearTimeout(timer);
  }
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
  onChunk: () => void,
): Promise<WebFile> {
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let bytes = 0;
  // 'wx': never through a link or over a file that is there already.
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      onChunk();
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
