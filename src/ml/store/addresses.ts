/** Which addresses a model may come from, and why a source did not give a file. */
import { isIP } from 'node:net';
import { isPublicAddress } from '../../net/rules';

/** Why a source did not give a file. The message continues "<host>: …". */
export class SourceError extends Error {
  constructor(
    message: string,
    /**
     * `again`: the same source may do better a moment later; `wrong`: it gave another file than
     * it should; `never`: anything else.
     */
    readonly hope: 'again' | 'wrong' | 'never' = 'never',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Errors that stay when the same address is asked again at once. */
const LASTING = /^(ECONNREFUSED|ENOTFOUND|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/** What went wrong on the way to a server. */
export function networkError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
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
