/** Why nothing came from a web address, in a sentence. */
import { LipwireError } from '../contract';
import { RefusedAddress } from './rules';

/** The server does not give the file; the message continues "… but ". */
export class Unavailable extends Error {}
export class TooLarge extends Error {}

/** System errors of the way to a server; others are of this machine's disk. */
const NETWORK =
  /^(E(CONN|HOST|NET|PIPE|TIMEDOUT|AI_|NOTFOUND|ADDRNOTAVAIL|PROTO)|HPE_|ERR_(TLS|SSL|HTTP)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/** The error to throw for what went wrong; that itself where it is not about the address. */
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

/** An address as errors show it: without a password, and without the query, which may hold a key. */
export function withoutSecrets(address: string): string {
  if (!URL.canParse(address)) return 'the address';
  const { protocol, host, pathname } = new URL(address);
  const short = pathname.length > 60 ? `${pathname.slice(0, 60)}…` : pathname;
  return `${protocol}//${host}${short}`;
}
