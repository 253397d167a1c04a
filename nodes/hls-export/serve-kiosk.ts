/**
 * Serves the kiosk page of each URL path under which videos are published: `/<path>/kiosk`, and the
 * server-sent events that tell it what to play (WHATWG HTML, section 9.2).
 */
import type { NextFunction, Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import type { KioskChannel, KioskChannels, KioskEvent } from './kiosk-channels';
import { contentType } from './media-types';
import { middlewareOf } from './middleware';
import { KIOSK_FILES } from './page-files';
import { PAGE_POLICY } from './page-policy';

const NAMES = [...KIOSK_FILES.keys(), 'kiosk-events'].join('|').replaceAll('.', '\\.');
const ADDRESS = new RegExp(`^/(.+)/(${NAMES})$`);
/** The same without groups: Express would decode them, and fail where that cannot be done. */
const ROUTE = new RegExp(`^/.+/(?:${NAMES})$`);
/** Pages that one path serves at once. */
const MOST_PAGES = 200;
/** Milliseconds between signs of life, so that no proxy takes the connection for a dead one. */
const HEARTBEAT = 20_000;
/** Bytes that wait for a page that does not read. */
const MOST_WAITING = 1 << 20;

interface Found {
  channel: KioskChannel;
  name: string;
}

/** Registers the one route of all kiosk pages; paths under which nothing is published pass on. */
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
  // Reverse proxies would collect events until a buffer is full.
  response.setHeader('X-Accel-Buffering', 'no');
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const write = (text: string): void => {
    // A page that reads no more keeps an ended answer open; writing to it would end Node-RED.
    if (response.writableEnded) return;
    if (response.writableLength < MOST_WAITING) response.write(text);
    else response.destroy();
  };
  const send = (event: KioskEvent, id: string): void =>
    write(eventText(event.type, event.item, id));
  // A page that had to connect anew, not only again, says itself what it knows.
  const { after } = request.query;
  const lastId = request.get('Last-Event-ID') ?? (typeof after === 'string' ? after : undefined);
  const { standing } = channel;
  // The id only once what was missed has been sent: a connection that breaks in between asks again.
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
