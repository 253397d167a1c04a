/** Servers that a person has set up: where they are and what they are asked for. */
import { inputError } from './errors';

/** Which servers there may be, by what they speak. */
export const SERVER_NAMES = ['openai', 'wyoming', 'coqui', 'elevenlabs'] as const;

export type ServerName = (typeof SERVER_NAMES)[number];

export interface ServerSettings {
  /** As {@link serverAddress} gives it. */
  address: string;
  /** A secret: never in an error, a log, a result or a cache key. Empty: none. */
  key: string;
  /** What it speaks with where nothing else is set. Empty: the server's own choice. */
  model: string;
  voice: string;
}

export type Servers = Partial<Record<ServerName, ServerSettings>>;

/** The schemes that an address may have, and its port where it names none. */
const SCHEMES: Record<ServerName, { schemes: readonly string[]; port?: number; example: string }> =
  {
    openai: { schemes: ['http', 'https'], example: 'http://192.168.1.5:8880/v1' },
    wyoming: { schemes: ['tcp'], port: 10200, example: 'tcp://192.168.1.5:10200' },
    coqui: { schemes: ['http', 'https'], example: 'http://192.168.1.5:5002' },
    elevenlabs: { schemes: ['http', 'https'], example: 'https://api.elevenlabs.io' },
  };

/**
 * A server's address as it is used: with its scheme, without a slash at the end. A bare `host:port` gets
 * the scheme that such servers usually have. Private addresses are allowed: a person has set them up.
 * @param field how errors call it
 * @throws E_INPUT for what is none, and for one that holds a password or a query, where keys would be
 *   seen
 */
export function serverAddress(name: ServerName, text: string, field: string): string {
  const { schemes, port, example } = SCHEMES[name];
  const given = text.trim();
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `${schemes[0]}://${given}`;
  const expected = `an address such as ${example}`;
  if (!URL.canParse(whole)) throw inputError(field, expected, given);
  const url = new URL(whole);
  if (url.username || url.password || url.search || url.hash) {
    // What stands there may be a key: it is not repeated.
    const remedy = 'a key belongs into the field for keys';
    throw inputError(field, `${expected}, without password and query`, 'one with them', remedy);
  }
  const scheme = url.protocol.slice(0, -1);
  if (!schemes.includes(scheme) || !url.hostname) throw inputError(field, expected, given);
  if (name !== 'wyoming') return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return `tcp://${url.hostname}:${url.port || port}`;
}
