/** Which web addresses may be asked. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv4, isIPv6, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { LipwireError } from '../contract';
import { Unavailable } from './http';

/** Which addresses and ports are allowed, and how names are resolved. */
export interface WebRules {
  /** All addresses of a name. Rejects where there is none. */
  resolve(host: string): Promise<LookupAddress[]>;
  mayAsk(address: string): boolean;
  mayUsePort(port: number): boolean;
}

/** The public internet on the ports of the web: nothing of this machine or of its networks. */
export const PUBLIC_WEB: WebRules = {
  resolve: (host) => lookup(host, { all: true, verbatim: true }),
  mayAsk: (address) => isPublicAddress(address) && !isOwnNetwork(address),
  mayUsePort: (port) => port === 80 || port === 443,
};

/** An address that is not allowed; the message continues "… but ". */
export class RefusedAddress extends Error {}

/**
 * Reads a web address.
 * @param base the address that redirects to it
 * @throws RefusedAddress
 */
export function webAddress(text: string, rules: WebRules, base?: URL): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (!url) throw new RefusedAddress('it is no address');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new RefusedAddress(`${url.protocol} is neither https: nor http:`);
  }
  if (base?.protocol === 'https:' && url.protocol !== 'https:') {
    throw new RefusedAddress('it redirects from https to http');
  }
  if (url.username || url.password) throw new RefusedAddress('it holds a user name or password');
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  if (!rules.mayUsePort(port)) throw new RefusedAddress(`port ${port} is not one of the web`);
  // IP addresses are not looked up.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) && !rules.mayAsk(host)) throw notPublic(host);
  return url;
}

/**
 * A look-up that gives allowed addresses only. The connection uses its result, so a name cannot change
 * between check and connection. A name with any disallowed address is refused.
 */
export function checkedLookup(rules: WebRules): LookupFunction {
  return (host, options, callback) => {
    addressesOf(host, rules).then(
      (found) => {
        const [first] = found as [LookupAddress];
        if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

async function addressesOf(host: string, rules: WebRules): Promise<LookupAddress[]> {
  const found = await rules.resolve(host);
  if (found.length === 0) throw new RefusedAddress('its server has no address');
  const other = found.find(({ address }) => !rules.mayAsk(address));
  if (other) throw notPublic(host);
  return found;
}

function notPublic(host: string): RefusedAddress {
  return new RefusedAddress(`${host} is this machine, or one of a private network`);
}

/**
 * This machine, private, shared and link-local networks, tests, documentation, multicast and reserved.
 * The last one is a public address of one cloud's metadata service.
 */
const SPECIAL_4 = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24',
  '192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24',
  '224.0.0.0/4 240.0.0.0/4 168.63.129.16/32',
];
/** Within the global range: tunnels to other addresses, tests and documentation. */
const SPECIAL_6 = ['2001::/23 2001:db8::/32 2002::/16 3fff::/20'];
/** The global range; the rest is local, multicast, translated or unused. */
const GLOBAL_6 = ['2000::/3'];

const special4 = listOf(SPECIAL_4, 'ipv4');
const special6 = listOf(SPECIAL_6, 'ipv6');
const global6 = listOf(GLOBAL_6, 'ipv6');

/**
 * Whether an address is one of the public internet. IPv6 addresses that stand for IPv4 ones (mapped,
 * translated, tunnelled) are not.
 * @param address IPv4 in four parts, or IPv6 without brackets
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special4.check(address, 'ipv4');
  const plain = address.replace(/%.*$/, '');
  return isIPv6(plain) && global6.check(plain, 'ipv6') && !special6.check(plain, 'ipv6');
}

function listOf(lines: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of lines.flatMap((line) => line.split(' '))) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}

/** Of own networks with a shorter prefix only the machine's own address counts. */
const LEAST_BITS = { ipv4: 16, ipv6: 48 } as const;

interface OwnAddress {
  address: string;
  /** `address/bits`; null where unknown. */
  cidr: string | null;
}

/**
 * Whether an address is this machine's, or one of a network that it is in.
 * @param address IPv4 in four parts, or IPv6 without brackets
 * @param own by default the current ones
 */
export function isOwnNetwork(
  address: string,
  own: readonly OwnAddress[] = ownAddresses(),
): boolean {
  const plain = address.replace(/%.*$/, '');
  return ownList(own).check(plain, familyOf(plain));
}

function ownAddresses(): OwnAddress[] {
  try {
    return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  } catch {
    // Not permitted on Android.
    return [];
  }
}

function ownList(own: readonly OwnAddress[]): BlockList {
  const list = new BlockList();
  for (const { address, cidr } of own) {
    const family = familyOf(address);
    list.addAddress(address, family);
    const bits = Number(cidr?.split('/')[1]);
    if (bits >= LEAST_BITS[family]) list.addSubnet(address, bits, family);
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

export class TooLarge extends Error {}

/** Network errors; others come from the local disk. */
const NETWORK =
  /^(E(CONN|HOST|NET|PIPE|TIMEDOUT|AI_|NOTFOUND|ADDRNOTAVAIL|PROTO)|HPE_|ERR_(TLS|SSL|HTTP)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/** An error of a download in words; unchanged where it is not about the address. */
export function told(error: unknown, address: string, field: string): unknown {
  if (error instanceof RefusedAddress) {
    const remedy = 'give a public address of the web, or the path of a file';
    return fail('E_INPUT', address, field, error.message, remedy);
  }
  if (error instanceof TooLarge) {
    const remedy = 'give a smaller one, or raise the limit in the studio';
    return fail('E_INPUT', address, field, 'it is larger than the studio takes', remedy);
  }
  if (error instanceof Unavailable) {
    return fail('E_PATH', address, field, error.message, 'check the address');
  }
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!NETWORK.test(code)) return error;
  return fail(
    'E_PATH',
    address,
    field,
    reasonOf(code, message),
    'check the address and the network',
  );
}

function reasonOf(code: string, message: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its server is not found';
  if (code === 'ECONNREFUSED') return 'its server takes no connections';
  if (code === 'ECONNRESET' || message === 'aborted') return 'the connection was cut off';
  return `the connection failed (${code})`;
}

export function fail(
  code: 'E_INPUT' | 'E_PATH' | 'E_TIMEOUT',
  address: string,
  field: string,
  why: string,
  remedy: string,
): LipwireError {
  const sentence = `Expected a picture, sound or video at ${withoutSecrets(address)} for ${field}`;
  return new LipwireError(code, `${sentence} but ${why}; ${remedy}.`);
}

/** An address for errors: without password and query, which may hold a key. */
export function withoutSecrets(address: string): string {
  if (!URL.canParse(address)) return 'the address';
  const { protocol, host, pathname } = new URL(address);
  const short = pathname.length > 60 ? `${pathname.slice(0, 60)}…` : pathname;
  return `${protocol}//${host}${short}`;
}
