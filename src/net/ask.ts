import { get as getHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { get as getHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Asks an address once. `node:https` and not `fetch`, because there each redirect can be looked at
 * before it is followed, and no decompression comes between.
 * @param signal aborting it ends the request, and later the body
 * @param lookup in place of the system's
 */
export function ask(
  address: URL,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
  lookup?: LookupFunction,
): Promise<IncomingMessage> {
  const get = address.protocol === 'https:' ? getHttps : getHttp;
  const all = { 'User-Agent': 'lipwire', 'Accept-Encoding': 'identity', ...headers };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : error);
    // A connection of its own: nothing stays open afterwards.
    const options = { headers: all, agent: false, signal, ...(lookup && { lookup }) };
    const request = get(address, options, resolve).on('error', fail);
    // A server that wants to go on in another protocol ends it with neither answer nor error.
    request.on('close', () => fail(cutOff()));
  });
}

function cutOff(): Error {
  return Object.assign(new Error('the connection was closed without an answer'), {
    code: 'ECONNRESET',
  });
}

/** Whether an answer sends elsewhere. */
export function isRedirect({ statusCode = 0 }: IncomingMessage): boolean {
  return REDIRECTS.includes(statusCode);
}
