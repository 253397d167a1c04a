/**
 * The networks that this machine is in, by its interfaces. With IPv6 their addresses are public ones:
 * what a router keeps from the internet could still be asked from here.
 */
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Networks with fewer bits in common are no neighbourhood; of those only the machine itself counts. */
const LEAST_BITS = { ipv4: 16, ipv6: 48 } as const;

/** What of an interface is used. */
interface OwnAddress {
  address: string;
  /** `address/bits`; null where the system does not tell. */
  cidr: string | null;
}

/**
 * Whether an address is this machine's, or one of a network that it is in.
 * @param address IPv4 in four parts, or IPv6 without brackets
 * @param own left out: as it is now, for networks come and go
 */
export function isOwnNetwork(
  address: string,
  own: readonly OwnAddress[] = ownAddresses(),
): boolean {
  const plain = address.replace(/%.*$/, '');
  return listOf(own).check(plain, familyOf(plain));
}

function ownAddresses(): OwnAddress[] {
  try {
    return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  } catch {
    // Android does not tell programs.
    return [];
  }
}

function listOf(own: readonly OwnAddress[]): BlockList {
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
