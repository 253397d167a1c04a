/** Which network addresses belong to the public internet (IANA special-purpose registries, RFC 6890). */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * This machine, private, shared and link-local networks, tests, documentation, multicast and what is
 * reserved. The last one is public by its number but answers machines of one cloud about themselves.
 */
const SPECIAL_4 = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24',
  '192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24',
  '224.0.0.0/4 240.0.0.0/4 168.63.129.16/32',
];
/** Of what is given out worldwide: tunnels that hold another address, tests and documentation. */
const SPECIAL_6 = ['2001::/23 2001:db8::/32 2002::/16 3fff::/20'];
/** All that is given out worldwide. The rest is local, multicast, translated or not in use. */
const GLOBAL_6 = ['2000::/3'];

const special4 = listOf(SPECIAL_4, 'ipv4');
const special6 = listOf(SPECIAL_6, 'ipv6');
const global6 = listOf(GLOBAL_6, 'ipv6');

/**
 * Whether an address is one of the public internet. IPv6 addresses that stand for IPv4 ones (mapped,
 * translated, tunnelled) are not: where they lead is not seen.
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
