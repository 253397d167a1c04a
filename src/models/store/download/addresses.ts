/** Which addresses a model may come from. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { SourceError } from './source-error';

/** 127.0.0.0/8 and ::1 as `URL` writes them, and the name for them. */
const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** Names that always mean this machine (RFC 6761), and those of local networks (RFC 6762, 8375). */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/;

/** Addresses of this machine and of private networks (IANA special-purpose registries). */
const LOCAL = new BlockList();
const LOCAL_4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16';
const LOCAL_6 = '::/127 fc00::/7 fe80::/10';
for (const [ranges, family] of [
  [LOCAL_4, 'ipv4'],
  [LOCAL_6, 'ipv6'],
] as const) {
  for (const range of ranges.split(' ')) {
    const [network = '', bits] = range.split('/');
    LOCAL.addSubnet(network, Number(bits), family);
  }
}

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
  if (isIPv4(host)) return LOCAL.check(host, 'ipv4');
  // A mapped IPv4 address (::ffff:0:0/96) is checked as the one that it means.
  if (isIPv6(host)) return LOCAL.check(host, 'ipv6');
  return LOCAL_NAME.test(host);
}
