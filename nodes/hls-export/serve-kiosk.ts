/**
 * The kiosk page of each URL path under which videos are published: `/<path>/kiosk`, and the server-sent
 * events (WHATWG HTML, section 9.2) of what it plays. A path has one channel for all nodes that publish
 * under it.
 */
import { type Publication, contentType } from './publication';
import type { NextFunction, Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { middlewareOf, PAGE_POLICY, KIOSK_FILES } from './serve';

/** A video to play. URLs are relative to the page. */
export interface KioskItem {
  id: number;
  title: string;
  video: string;
  poster: string;
  /** Seconds. */
  duration: number;
  /** Higher is played first, and interrupts lower. */
  priority: number;
  slides: { picture: string; start: number }[];
  /** Shown between the others, muted and in a loop. */
  idle: boolean;
}

type KioskEvent =
  { type: 'announce' | 'idle'; item: KioskItem } | { type: 'clear'; item?: undefined };

type Listener = (event: KioskEvent, id: string) => void;

/** Events that a page gets when it connects again. */
const KEPT_EVENTS = 50;
/** Milliseconds after which an announcement is out of date. */
const KEPT_FOR = 5 * 60_000;

export class KioskChannel {
  readonly #listeners = new Map<Listener, () => void>();
  /** Distinguishes events of this channel from those before a deploy. */
  readonly #epoch = `${Date.now()}`;
  #past: { event: KioskEvent; id: number; time: number }[] = [];
  #count = 0;
  #idle: KioskItem | undefined;
  #newest: KioskItem | undefined;

  /** What a page shows first. */
  get standing(): KioskItem | undefined {
    return this.#idle ?? this.#newest;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Id of the last event. */
  get lastId(): string {
    return `${this.#epoch}-${this.#count}`;
  }

  publish(publication: Publication, priority: number, isIdle: boolean): void {
    const item = itemOf(publication, this.#count + 1, priority, isIdle);
    if (isIdle) this.#idle = item;
    else this.#newest = item;
    this.#tell({ type: isIdle ? 'idle' : 'announce', item });
  }

  /** Ends what is played and what waits. */
  clear(): void {
    this.#tell({ type: 'clear' });
  }

  /**
   * @param lastId the last event that the listener knows; later ones are sent first
   * @param onEnd called when the channel ends
   */
  listen(listener: Listener, lastId: string | undefined, onEnd: () => void): () => void {
    for (const { event, id } of this.#missedSince(lastId)) listener(event, `${this.#epoch}-${id}`);
    this.#listeners.set(listener, onEnd);
    return () => this.#listeners.delete(listener);
  }

  end(): void {
    for (const onEnd of [...this.#listeners.values()]) onEnd();
    this.#listeners.clear();
  }

  #tell(event: KioskEvent): void {
    this.#count += 1;
    this.#past.push({ event, id: this.#count, time: Date.now() });
    this.#past = this.#past.slice(-KEPT_EVENTS);
    for (const listener of [...this.#listeners.keys()]) listener(event, this.lastId);
  }

  #missedSince(lastId: string | undefined): { event: KioskEvent; id: number }[] {
    if (!lastId) return [];
    const [epoch, count] = lastId.split('-');
    const known = epoch === this.#epoch ? Number(count) : 0;
    const limit = Date.now() - KEPT_FOR;
    return this.#past.filter(({ id, time }) => id > known && time >= limit);
  }
}

function itemOf(
  { address, description }: Publication,
  id: number,
  priority: number,
  idle: boolean,
): KioskItem {
  const folder = address.slice(address.lastIndexOf('/') + 1);
  const { title, video, poster, duration, slides = [] } = description;
  return {
    ...{ id, title, duration, priority, idle },
    video: `${folder}/${video}`,
    poster: `${folder}/${poster}`,
    slides: slides.map(({ picture, start }) => ({ picture: `${folder}/${picture}`, start })),
  };
}

/** The channels of all paths; one lasts as long as a node publishes under its path. */
export class KioskChannels {
  readonly #channels = new Map<string, { channel: KioskChannel; owners: Set<string> }>();

  find(urlPath: string): KioskChannel | undefined {
    return this.#channels.get(urlPath)?.channel;
  }

  open(urlPath: string, owner: string): KioskChannel {
    const known = this.#channels.get(urlPath);
    const entry = known ?? { channel: new KioskChannel(), owners: new Set<string>() };
    entry.owners.add(owner);
    this.#channels.set(urlPath, entry);
    return entry.channel;
  }

  close(urlPath: string, owner: string): void {
    const entry = this.#channels.get(urlPath);
    if (!entry?.owners.delete(owner) || entry.owners.size > 0) return;
    this.#channels.delete(urlPath);
    entry.channel.end();
  }
}

/** One for the process: Node-RED has one HTTP server. */
export const kiosks = new KioskChannels();

const NAMES = [...KIOSK_FILES.keys(), 'kiosk-events'].join('|').replaceAll('.', '\\.');
const ADDRESS = new RegExp(`^/(.+)/(${NAMES})$`);
/** Without groups: Express would decode them, and throw where that fails. */
const ROUTE = new RegExp(`^/.+/(?:${NAMES})$`);
/** Connected pages of one path. */
const MOST_PAGES = 200;
/** Milliseconds between comments that keep proxies from closing the connection. */
const HEARTBEAT = 20_000;
/** Most unread bytes of a page. */
const MOST_WAITING = 1 << 20;

interface Found {
  channel: KioskChannel;
  name: string;
}

/** Registers the one route of all kiosk pages; other paths pass on. */
export function serveKiosks(RED: NodeAPI, channels: KioskChannels): void {
  const { httpNode, settings } = RED;
  if (!httpNode || settings.httpNodeRoot === false) return;
  const find = (request: Request, response: Response, next: NextFunction): void => {
    const [, urlPath, name] = ADDRESS.exec(request.path) ?? [];
    const channel = urlPath && channels.find(urlPath);
    if (!channel || !name) return next('route');
    response.locals['lipwire'] = { channel, name } satisfies Found;
    next();
  };
  const answer = (request: Request, response: Response): void => {
    const { channel, name } = response.locals['lipwire'] as Found;
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      response.status(405).end();
      return;
    }
    const file = KIOSK_FILES.get(name);
    if (!file) sendEvents(request, response, channel);
    else {
      response.setHeader('Content-Security-Policy', PAGE_POLICY);
      response.setHeader('Content-Type', contentType(file));
      response.setHeader('Cache-Control', 'no-cache');
      response.sendFile(file, { cacheControl: false, dotfiles: 'allow' });
    }
  };
  httpNode.all(ROUTE, find, ...middlewareOf(settings.httpNodeMiddleware), answer);
}

function sendEvents(request: Request, response: Response, channel: KioskChannel): void {
  if (channel.listeners >= MOST_PAGES) {
    response.status(503).end();
    return;
  }
  response.status(200);
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  // Reverse proxies would buffer events.
  response.setHeader('X-Accel-Buffering', 'no');
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const write = (text: string): void => {
    // A page that stops reading keeps an ended response open; writing to it would crash Node-RED.
    if (response.writableEnded) return;
    if (response.writableLength < MOST_WAITING) response.write(text);
    else response.destroy();
  };
  const send = (event: KioskEvent, id: string): void =>
    write(eventText(event.type, event.item, id));
  // A page with a new EventSource names the last event itself.
  const { after } = request.query;
  const lastId = request.get('Last-Event-ID') ?? (typeof after === 'string' ? after : undefined);
  const { standing } = channel;
  // The id follows the missed events: a connection that breaks in between asks for them again.
  write(`retry: 2000\n${eventText('hello', standing)}`);
  const stop = channel.listen(send, lastId, () => response.end());
  write(`id: ${channel.lastId}\nevent: ready\ndata: null\n\n`);
  const heart = setInterval(() => write(':\n\n'), HEARTBEAT);
  heart.unref();
  response.on('close', () => {
    clearInterval(heart);
    stop();
  });
}

function eventText(type: string, data: unknown, id?: string): string {
  return `${id ? `id: ${id}\n` : ''}event: ${type}\ndata: ${JSON.stringify(data ?? null)}\n\n`;
}
