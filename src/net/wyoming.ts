/**
 * The Wyoming protocol of Home Assistant's voice servers: events over TCP, each one line of JSON, then
 * more data in JSON, then bytes. Format: the README of OHF-Voice/wyoming (version 1.8).
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { LipwireError, throwIfCancelled } from '../contract';
import { failed, type Service, toldBy } from './service';

export interface WyomingEvent {
  type: string;
  /** Of the line, with that of the part behind it laid over. */
  data: Record<string, unknown>;
  payload: Buffer;
}

/** What of an event is sent; what is left out is empty. */
export type SentEvent = Pick<WyomingEvent, 'type'> & Partial<WyomingEvent>;

/** Bytes; what is longer is no event. */
const LONGEST_LINE = 1024 * 1024;
const MOST_DATA = 16 * 1024 * 1024;
const MOST_PAYLOAD = 64 * 1024 * 1024;

/** An event as bytes. */
export function encodeEvent({ type, data = {}, payload }: SentEvent): Buffer {
  const body = Object.keys(data).length > 0 ? Buffer.from(JSON.stringify(data)) : Buffer.alloc(0);
  const header = {
    type,
    ...(body.length > 0 && { data_length: body.length }),
    ...(payload?.length && { payload_length: payload.length }),
  };
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  return Buffer.concat([line, body, ...(payload ? [payload] : [])]);
}

/** What is no Wyoming. */
export class NotWyoming extends Error {}

/** Finds events in bytes, however these are cut. */
export class EventParser {
  /** Bytes that are no whole event yet. */
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes the next step needs. */
  #wanted = 1;
  /** No line ends before this byte. */
  #searched = 0;
  #header: { type: string; data: Record<string, unknown>; sizes: [number, number] } | undefined;

  /** The events that these bytes complete, in order. @throws NotWyoming */
  push(chunk: Buffer): WyomingEvent[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const events: WyomingEvent[] = [];
    while (this.#length >= this.#wanted) {
      const event = this.#step();
      if (event === 'more') break;
      if (event) events.push(event);
    }
    return events;
  }

  /** Whether an event has begun that is not whole. */
  get isAmidst(): boolean {
    return this.#length > 0 || this.#header !== undefined;
  }

  #step(): WyomingEvent | 'more' | undefined {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    if (!this.#header) {
      const end = bytes.indexOf(0x0a, this.#searched);
      if (end < 0) {
        if (bytes.length > LONGEST_LINE) throw new NotWyoming('its line does not end');
        this.#searched = bytes.length;
        this.#wanted = bytes.length + 1;
        return 'more';
      }
      this.#header = readHeader(bytes.toString('utf8', 0, end));
      this.#keep(bytes.subarray(end + 1));
      this.#wanted = this.#header.sizes[0] + this.#header.sizes[1];
      this.#searched = 0;
      return undefined;
    }
    const { type, data, sizes } = this.#header;
    const [size, payloadSize] = sizes;
    const more = size > 0 ? readObject(bytes.toString('utf8', 0, size)) : {};
    // A copy: the payload must not keep the whole buffer alive.
    const payload = Buffer.from(bytes.subarray(size, size + payloadSize));
    this.#keep(bytes.subarray(size + payloadSize));
    this.#header = undefined;
    this.#wanted = 1;
    return { type, data: { ...data, ...more }, payload };
  }

  #keep(rest: Buffer): void {
    this.#chunks = [rest];
    this.#length = rest.length;
  }
}

function readHeader(line: string): {
  type: string;
  data: Record<string, unknown>;
  sizes: [number, number];
} {
  const header = readObject(line);
  const { type, data } = header;
  if (typeof type !== 'string') throw new NotWyoming('its line has no type');
  const size = (name: string, most: number): number => {
    const value = header[name] ?? 0;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) {
      return value;
    }
    throw new NotWyoming(`its ${name} is ${String(value)}`);
  };
  const sizes: [number, number] = [
    size('data_length', MOST_DATA),
    size('payload_length', MOST_PAYLOAD),
  ];
  const own = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
  return { type, data: own, sizes };
}

function readObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NotWyoming('it sends no JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new NotWyoming('its JSON is no object');
}

/** Seconds: until a connection stands, and between two events. */
const CONNECT = 8;
const STALL = 60;
const PORT = 10200;

/** A connection to a Wyoming server, for one request. */
export class WyomingConnection {
  readonly #parser = new EventParser();
  readonly #events: WyomingEvent[] = [];

  private constructor(
    private readonly service: Service,
    private readonly socket: Socket,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws E_SERVER where nothing takes the connection; E_CANCELLED */
  static async open(service: Service, signal: AbortSignal): Promise<WyomingConnection> {
    throwIfCancelled(signal);
    const { hostname, port } = new URL(service.address);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const socket = connect({ host, port: Number(port) || PORT });
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT * 1000)]);
    try {
      await once(socket, 'connect', { signal: limit });
    } catch (error) {
      socket.destroy();
      throwIfCancelled(signal);
      throw failed(service, 'a connection', whyNot(error, limit.aborted), REMEDY);
    }
    // Without a listener an error ends the process; it shows as the end of the events.
    socket.on('error', () => undefined);
    return new WyomingConnection(service, socket, signal);
  }

  send(event: SentEvent): void {
    this.socket.write(encodeEvent(event));
  }

  close(): void {
    this.socket.destroy();
  }

  /**
   * The events that come, until the reader stops; the connection is closed then.
   * @param what was expected, for errors
   * @param stall seconds that may pass without any
   * @throws E_SERVER where the server breaks off, sends an error, or something that is no Wyoming;
   *   E_CANCELLED
   */
  async *events(what: string, stall = STALL): AsyncGenerator<WyomingEvent> {
    const { service, signal, socket } = this;
    const remedy = 'see its log';
    const late = failed(service, what, `nothing came for ${stall} s`, remedy);
    let reason: LipwireError | undefined;
    const end = (error: LipwireError | undefined): void => {
      reason ??= error;
      socket.destroy();
    };
    const onAbort = (): void => end(undefined);
    const timer = setTimeout(() => end(late), stall * 1000);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      throwIfCancelled(signal);
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        timer.refresh();
        this.#events.push(...this.#parser.push(chunk));
        for (let event = this.#events.shift(); event; event = this.#events.shift()) {
          throwIfCancelled(signal);
          if (event.type === 'error') throw this.#error(what, event);
          yield event;
        }
      }
    } catch (error) {
      throwIfCancelled(signal);
      if (reason) throw reason;
      if (error instanceof LipwireError) throw error;
      if (error instanceof NotWyoming) {
        const check = 'check the address and of which kind the server is';
        throw failed(service, what, `${error.message}, so it does not speak Wyoming`, check);
      }
      throw failed(service, what, 'it broke off before the end', remedy);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
    }
    throwIfCancelled(signal);
    throw reason ?? failed(service, what, 'it broke off before the end', remedy);
  }

  #error(what: string, { data: { text, code } }: WyomingEvent): LipwireError {
    const words = [text, code].filter((each) => typeof each === 'string').join(', ');
    const said = toldBy(this.service, words);
    return failed(this.service, what, `it failed${said && ` (${said})`}`, 'see its log');
  }
}

const REMEDY = 'see whether it runs, and check the address and the network';

function whyNot(error: unknown, isLate: boolean): string {
  if (isLate) return `it has not answered for ${CONNECT} s`;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'it takes no connections';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host';
  return `the connection failed${code && ` (${code})`}`;
}
