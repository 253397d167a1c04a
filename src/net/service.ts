/**
 * Asks servers that a person has set up. Unlike downloads these may be of this machine and of private
 * networks; what they answer is as little trusted, and what is secret stays secret.
 */
import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { LipwireError, throwIfCancelled } from '../contract';

/** A server, as errors speak of it. */
export interface Service {
  /** Its kind, for example `the Wyoming server`. */
  title: string;
  address: string;
  /** A secret; empty: none. */
  key: string;
}

export interface ServiceRequest {
  /** Below the service's address, with a leading slash. */
  path: string;
  method?: 'GET' | 'POST';
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  signal: AbortSignal;
  /** Seconds until the answer begins. */
  patience?: number;
  /** How often it is asked at most, where asking again is safe. */
  tries?: number;
}

/** Seconds: until an answer begins, between two pieces of it, and longest that a server may have us wait. */
const PATIENCE = 90;
const STALL = 30;
const LONGEST_WAIT = 30;
const TRIES = 3;
/** Milliseconds before the second try; doubled for each one after. */
const BACK_OFF = 500;
const REDIRECTS = 3;
/** Bytes of a server's error that are read, and characters that are told. */
const MOST_ERROR_BYTES = 64 * 1024;
const MOST_ERROR_LETTERS = 200;

/** Answers after which asking again may help: nothing was done. */
const BUSY = [429, 502, 503, 504];
/** Errors of connections likewise. */
const AGAIN = /^(ECONNREFUSED|ECONNRESET|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE)$/;

/**
 * The answer to a request, its body unread; only one of success. Busy and unreachable servers are asked
 * again, after the time that they name or after longer and longer times.
 * @throws E_SERVER in one sentence, without the key; E_CANCELLED
 */
export async function askService(
  service: Service,
  request: ServiceRequest,
): Promise<IncomingMessage> {
  const { signal, tries = TRIES } = request;
  for (let attempt = 1; ; attempt++) {
    throwIfCancelled(signal);
    let wait = BACK_OFF * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
    try {
      const answer = await follow(service, request);
      const { statusCode = 0 } = answer;
      if (statusCode >= 200 && statusCode < 300) return answer;
      const error = await refusal(service, request, answer);
      const asked = secondsIn(answer.headers['retry-after']);
      if (asked !== undefined) wait = asked * 1000;
      if (!BUSY.includes(statusCode) || attempt >= tries || wait > LONGEST_WAIT * 1000) throw error;
    } catch (error) {
      throwIfCancelled(signal);
      if (error instanceof LipwireError) throw error;
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!AGAIN.test(code) || attempt >= tries) throw unreachable(service, error);
    }
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}

/** Follows redirects within the same server: elsewhere would be an address that nobody has set up. */
async function follow(service: Service, request: ServiceRequest): Promise<IncomingMessage> {
  let url = new URL(`${service.address}${request.path}`);
  for (let count = 0; count <= REDIRECTS; count++) {
    const answer = await askOnce(service, url, request);
    const { statusCode = 0, headers } = answer;
    if (statusCode < 301 || statusCode > 308 || !headers.location) return answer;
    answer.destroy();
    const next = URL.canParse(headers.location, url) ? new URL(headers.location, url) : undefined;
    if (next?.origin !== url.origin) {
      throw failed(
        service,
        'an answer',
        `it redirects to ${next ? next.host : 'what is no address'}`,
        'set that address up, if it is meant',
      );
    }
    url = next;
  }
  throw failed(
    service,
    'an answer',
    `it redirects more than ${REDIRECTS} times`,
    'check the address',
  );
}

function askOnce(service: Service, url: URL, request: ServiceRequest): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body, signal, patience = PATIENCE } = request;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const all = { 'User-Agent': 'lipwire', 'Accept-Encoding': 'identity', ...length, ...headers };
  return new Promise((resolve, reject) => {
    // `agent: false`: no connection stays open afterwards.
    const sent = send(url, { method, headers: all, agent: false, signal });
    const late = setTimeout(() => {
      const why = `it has not answered for ${patience} s`;
      sent.destroy(failed(service, 'an answer', why, 'see whether it is overloaded'));
    }, patience * 1000);
    sent.on('response', (answer) => {
      clearTimeout(late);
      resolve(answer);
    });
    sent.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    // A server that upgrades to another protocol closes with neither answer nor error.
    sent.on('close', () => {
      clearTimeout(late);
      reject(Object.assign(new Error('closed without an answer'), { code: 'ECONNRESET' }));
    });
    sent.end(body);
  });
}

/** `Retry-After`: seconds, or a date. */
function secondsIn(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d+$/.test(header.trim())
    ? Number(header)
    : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** What an answer that is no success means. */
async function refusal(
  service: Service,
  { path }: ServiceRequest,
  answer: IncomingMessage,
): Promise<LipwireError> {
  const { statusCode = 0, headers } = answer;
  const said = await complaint(service, answer);
  const status = `status ${statusCode}${said && `: ${said}`}`;
  const tell = (why: string, remedy: string) =>
    failed(service, 'what was asked for', why, remedy, { status: statusCode });
  if (statusCode === 401 || statusCode === 403) {
    return service.key
      ? tell(`it refuses the key (${status})`, 'set the key anew')
      : tell(`it wants a key (${status})`, 'set the key of this server');
  }
  if (statusCode === 404 || statusCode === 405) {
    const remedy = 'check the address and of which kind the server is';
    return tell(`it has no ${path.replace(/\?.*/s, '')} (${status})`, remedy);
  }
  if (statusCode === 429) {
    const seconds = secondsIn(headers['retry-after']);
    const when = seconds === undefined ? 'later' : `in ${Math.ceil(seconds)} s`;
    return tell(`it has too much to do (${status})`, `try again ${when}`);
  }
  if (statusCode >= 500) return tell(`it failed (${status})`, 'see its log');
  return tell(`it refuses (${status})`, 'change what it names');
}

/** What a server itself says of an error, in one line; empty where it says nothing. */
async function complaint(service: Service, answer: IncomingMessage): Promise<string> {
  const bytes = await readAll(answer, MOST_ERROR_BYTES).catch(() => Buffer.alloc(0));
  const text = bytes.toString('utf8');
  let said = text;
  try {
    said = sentenceIn(JSON.parse(text)) ?? '';
  } catch {
    if (/^\s*</.test(text)) said = /<title>([^<]*)/i.exec(text)?.[1] ?? '';
  }
  return toldBy(service, said);
}

/** `{error: {message}}`, `{error}`, `{detail}`, `{message}`; FastAPI's lists of faults. */
function sentenceIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return value.map(sentenceIn).filter(Boolean).join(', ');
  const { error, detail, message, msg, loc } = value as Record<string, unknown>;
  const where = Array.isArray(loc) ? `${loc.join('.')}: ` : '';
  const inner = [error, detail, message, msg].map(sentenceIn).find(Boolean);
  return inner && where + inner;
}

/** Somebody else's words within a sentence of ours: one short line, without the key. */
export function toldBy({ key }: Pick<Service, 'key'>, words: string): string {
  const line = withoutKey(words, key)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  return line.length > MOST_ERROR_LETTERS ? `${line.slice(0, MOST_ERROR_LETTERS)}…` : line;
}

function withoutKey(text: string, key: string): string {
  return key ? text.replaceAll(key, '•••') : text;
}

function unreachable(service: Service, thrown: unknown): LipwireError {
  const { code = '', message } = thrown as NodeJS.ErrnoException;
  const remedy = 'see whether it runs, and check the address and the network';
  const tell = (why: string) => failed(service, 'an answer', why, remedy);
  if (code === 'ECONNREFUSED') return tell('it takes no connections');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return tell('there is no such host');
  if (code === 'ECONNRESET' || code === 'EPIPE') return tell('it cut the connection off');
  if (/CERT|SELF_SIGNED|UNABLE_TO|TLS|SSL/.test(code)) {
    return tell(`its certificate is not trusted (${code})`);
  }
  return tell(`the connection failed (${code || toldBy(service, message)})`);
}

/** The one sentence of a server that fails. */
export function failed(
  { title, address, key }: Service,
  expected: string,
  why: string,
  remedy: string,
  details?: Record<string, unknown>,
): LipwireError {
  const sentence = `Expected ${expected} from ${title} at ${address} but ${why}; ${remedy}.`;
  return new LipwireError('E_SERVER', withoutKey(sentence, key), details ? { details } : {});
}

/**
 * The body of an answer as it comes.
 * @throws E_SERVER where it stops or breaks off, told as `what` was expected; E_CANCELLED
 */
export async function* bodyOf(
  service: Service,
  answer: IncomingMessage,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let timer: NodeJS.Timeout | undefined;
  const remedy = 'see its log';
  const stalled = failed(service, what, `nothing came for ${STALL} s`, remedy);
  try {
    timer = setTimeout(() => answer.destroy(stalled), STALL * 1000);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      timer.refresh();
      yield chunk;
    }
  } catch (error) {
    throwIfCancelled(signal);
    if (error instanceof LipwireError) throw error;
    throw failed(service, what, 'it broke off before the end', remedy);
  } finally {
    clearTimeout(timer);
    answer.destroy();
  }
}

/** Everything of a stream. @throws E_SERVER for more than `most` bytes */
export async function readAll(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > most) {
      throw new LipwireError(
        'E_SERVER',
        `Expected an answer of at most ${Math.round(most / 1024)} KiB from a server but it sends more; check which server it is.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Bytes of JSON that are read. */
const MOST_JSON = 16 * 1024 * 1024;

/** An answer in JSON. @throws E_SERVER, E_CANCELLED */
export async function askJson(service: Service, request: ServiceRequest): Promise<unknown> {
  const answer = await askService(service, request);
  const bytes = await readAll(bodyOf(service, answer, 'JSON', request.signal), MOST_JSON);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    const said = toldBy(service, bytes.toString('utf8').slice(0, 80));
    throw failed(service, 'JSON', `it sent ${said ? `"${said}"` : 'nothing'}`, 'check the address');
  }
}
