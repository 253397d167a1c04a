import { get as getHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { get as getHttps } from 'node:https';
import { redirectTarget } from './addresses';
import { networkError, SourceError } from './source-error';

/** How often a source may send elsewhere. The usual file hosts do it once or twice. */
const MOST_REDIRECTS = 5;

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Asks for a file and follows redirects. `node:https` and not `fetch`, because there each redirect
 * can be looked at before it is followed, and no decompression comes between.
 * @param signal aborting it ends the request, and later the body
 * @returns the response that is not a redirect, its body unread
 * @throws SourceError
 */
export async function request(
  start: URL,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let address = start;
  for (let count = 0; count <= MOST_REDIRECTS; count += 1) {
    const response = await requestOnce(address, headers, signal);
    if (!REDIRECTS.includes(response.statusCode as number)) return response;
    response.destroy();
    address = redirectTarget(address, response.headers.location);
  }
  throw new SourceError(`it redirects more than ${MOST_REDIRECTS} times`);
}

function requestOnce(
  address: URL,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const get = address.protocol === 'https:' ? getHttps : getHttp;
  const all = { 'User-Agent': 'lipwire', 'Accept-Encoding': 'identity', ...headers };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(networkError(signal.aborted ? signal.reason : error));
    };
    // A connection of its own: nothing stays open afterwards.
    get(address, { headers: all, agent: false, signal }, resolve).on('error', fail);
  });
}
