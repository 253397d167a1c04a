/** Which web addresses may be asked. */
import { lookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isOwnNetwork } from './own-networks';
import { isPublicAddress } from './public-addresses';

/** What may be asked, and how names become addresses. */
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

/** An address that may not be asked; the message continues "… but ". */
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
  // Connections to numbers look nothing up.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) && !rules.mayAsk(host)) throw notPublic(host);
  return url;
}

/**
 * A look-up for connections that only gives addresses that may be asked. The connection goes to what
 * it gives, so that a name cannot lead elsewhere between the check and the connection. A name of
 * which one address may not be asked is refused as a whole.
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
