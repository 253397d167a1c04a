/** Serves the files of published streams, and the player page, under Node-RED's HTTP root. */
import path from 'node:path';
import { packageFolder } from '../../src/files/package-root';
import type { NextFunction, Request, Response } from 'express';
import {
  contentType,
  isSameVideo,
  VIDEO,
  type Publication,
  isSlideName,
  type StreamRegistry,
} from './publication';
import type { NodeAPI } from 'node-red';

/** The bundled files of a page: absolute file by its name in the URL. */
function filesOf(page: 'player' | 'kiosk', name: string): ReadonlyMap<string, string> {
  const folder = path.join(packageFolder(), 'dist/nodes/hls-export', page);
  return new Map([
    [name, path.join(folder, 'index.html')],
    ...['css', 'js'].map((ending) => {
      const file = `${page}.${ending}`;
      return [file, path.join(folder, file)] as const;
    }),
  ]);
}

export const PLAYER_FILES = filesOf('player', 'watch');
export const KIOSK_FILES = filesOf('kiosk', 'kiosk');

/** Content-Security-Policy of our pages: own files only, no inline code. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  // hls.js makes its caption tracks from an empty data: URL.
  "media-src 'self' blob: data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Of slides: an SVG that is opened as a document could hold a script. */
const SLIDE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

type Handler = (request: Request, response: Response, next: NextFunction) => void;

/** The setting `httpNodeMiddleware`: one function, or several. */
export function middlewareOf(setting: unknown): Handler[] {
  const list: unknown[] = Array.isArray(setting) ? setting : [setting];
  return list.filter((entry): entry is Handler => typeof entry === 'function');
}

/** `/<path>/<id>/<file>`; the path may have several parts. */
const ADDRESS = /^\/(.+\/[0-9a-f]{16})\/([^/].*)$/;
/** Without groups: Express would decode them, and throw where that fails. */
const ROUTE = /^\/.+\/[0-9a-f]{16}\/[^/]/;

/** Of Express's sendFile. */
interface SendError extends Error {
  status?: number;
  headers?: Record<string, string>;
}

interface Found {
  publication: Publication;
  name: string;
  file: string | undefined;
}

/**
 * Registers the one route of all streams. Requests for unpublished files pass on to the routes of other
 * nodes. `httpNodeMiddleware` runs before, as for http in.
 */
export function serveStreams(RED: NodeAPI, registry: StreamRegistry): void {
  const { httpNode, settings } = RED;
  // httpNodeRoot: false switches Node-RED's HTTP nodes off.
  if (!httpNode || settings.httpNodeRoot === false) return;
  const find = (request: Request, response: Response, next: NextFunction): void => {
    const found = findFile(request.path, registry);
    if (!found) return next('route');
    response.locals['lipwire'] = found;
    next();
  };
  httpNode.all(ROUTE, find, ...middlewareOf(settings.httpNodeMiddleware), answer);
}

function findFile(requestPath: string, registry: StreamRegistry): Found | undefined {
  const [, address, name] = ADDRESS.exec(requestPath) ?? [];
  const publication = address && registry.find(address);
  if (!publication || !name) return undefined;
  const file = publication.files.get(name) ?? PLAYER_FILES.get(name);
  if (!file && name !== 'stream.json') return undefined;
  return { publication, name, file };
}

async function answer(request: Request, response: Response, next: NextFunction): Promise<void> {
  const { publication, name, file } = response.locals['lipwire'] as Found;
  const isMedia = publication.files.has(name);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (isMedia) allowOtherSites(response);
  if (request.method === 'OPTIONS') {
    response.status(204).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD, OPTIONS');
    response.status(405).end();
    return;
  }
  if (!file) {
    response.setHeader('Cache-Control', 'no-cache');
    response.json(publication.description);
    return;
  }
  if (name === VIDEO && !(await isSameVideo(publication))) return next();
  if (name === 'watch') response.setHeader('Content-Security-Policy', PAGE_POLICY);
  if (isSlideName(name)) response.setHeader('Content-Security-Policy', SLIDE_POLICY);
  response.setHeader('Content-Type', contentType(name === 'watch' ? 'watch.html' : name));
  response.setHeader('Cache-Control', isMedia ? cacheFor(name) : 'no-cache');
  // Express answers ranges (206, 416), HEAD and ETag; the workspace may be in a folder with a dot.
  response.sendFile(file, { cacheControl: false, dotfiles: 'allow' }, (error?: SendError) => {
    if (!error || response.headersSent) return;
    if (error.status !== 416) {
      // The absence must not be cached.
      response.removeHeader('Cache-Control');
      return next();
    }
    response
      .status(416)
      .set(error.headers ?? {})
      .end();
  });
}

/** Players on other sites and devices may read the media, with progress. */
function allowOtherSites(response: Response): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS');
  response.setHeader('Access-Control-Allow-Headers', 'Range');
  response.setHeader('Access-Control-Expose-Headers', 'Content-Length, Content-Range');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
}

/** A file never changes under its id, but a stream can be removed. */
function cacheFor(name: string): string {
  return name.endsWith('.m3u8') ? 'no-cache' : 'max-age=3600';
}
