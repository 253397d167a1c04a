import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { ask, isRedirect } from '../../../net/ask';
import { redirectTarget } from './addresses';
import { networkError, SourceError } from './source-error';

/** How often a source may send elsewhere. The usual file hosts do it once or twice. */
const MOST_REDIRECTS = 5;

/**
 * Asks for a file and follows redirects.
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
    const response = await ask(address, headers, signal).catch((error: unknown) => {
      throw networkError(error);
    });
    if (!isRedirect(response)) return response;
    response.destroy();
    address = redirectTarget(address, response.headers.location);
  }
  throw new SourceError(`it redirects more than ${MOST_REDIRECTS} times`);
}
