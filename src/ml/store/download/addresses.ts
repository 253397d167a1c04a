/** Which addresses a model may come from. */
import { isIP } from 'node:net';
import { isPublicAddress } from '../../../net/rules';
import { SourceError } from './source-error';

/** 127.0.0.0/8 and ::1 as `URL` writes them, and the name for them. */
const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** Names that always mean this machine (RFC 6761), and those of local networks (RFC 6762, 8375). */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/;

/**
 * An address that may be asked: https, or http on this machine (for a mirror, and for tests).
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
 * Where a redirect leads: never from https to anything else, never from the network to this machine
 * or a private network, as far as the address itself says so (names are not looked up).
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
