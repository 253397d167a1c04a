/** Helpers of the admin routes. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Request, RequestHandler, Response } from 'express';
import { inputError, serializeError, type ErrorCode } from '../../src/contract';

const STATUS: Partial<Record<ErrorCode, number>> = {
  E_INPUT: 400,
  E_PATH: 400,
  E_VOICE: 400,
  E_MODEL_INVALID: 400,
  E_MODEL_MISSING: 404,
  E_BUSY: 409,
  E_CANCELLED: 409,
  E_NO_FACE: 422,
  E_SERVER: 502,
  E_DISK: 507,
};

/** Answers with the result as JSON; 404 for undefined; an error with its code and sentence. */
export function jsonAnswer(work: (request: Request) => unknown): RequestHandler {
  return async (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    try {
      const answer = await work(request);
      if (answer === undefined) sendUnknown(response);
      else response.json(answer);
    } catch (error) {
      sendError(response, error);
    }
  };
}

export function sendError(response: Response, error: unknown): void {
  const { code, message } = serializeError(error);
  response.status(STATUS[code] ?? 500).json({ error: { code, message } });
}

export function sendUnknown(response: Response): void {
  response.status(404).json({ error: 'unknown' });
}

/** @throws E_INPUT for other types, which a form of another site could send */
export function jsonBody(request: Request): Record<string, unknown> {
  const body: unknown = request.body;
  if (request.is('application/json') && typeof body === 'object' && body !== null) {
    return body as Record<string, unknown>;
  }
  throw inputError('the body', 'a JSON object', request.headers['content-type']);
}

/** @throws E_INPUT */
export function textIn(values: Record<string, unknown>, name: string): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value;
  throw inputError(name, 'a text of 1 to 1000 characters', value);
}

/** The body is the file, its name is in the query. */
export interface UploadedFile {
  fileName: string;
  content: Request;
  /** Content-Length. */
  bytes?: number;
  /** Aborted when the browser gives up. */
  signal: AbortSignal;
}

/** @throws E_INPUT for other types, which a page of another site could send */
export function uploadedFile(request: Request): UploadedFile {
  if (!request.is('application/octet-stream')) {
    throw inputError('Content-Type', 'application/octet-stream', request.headers['content-type']);
  }
  const abort = new AbortController();
  request.once('aborted', () => abort.abort());
  const fileName = textIn(request.query, 'name');
  const bytes = Number(request.headers['content-length']);
  const known = Number.isSafeInteger(bytes) ? { bytes } : {};
  return { fileName, content: request, ...known, signal: abort.signal };
}

/** Sends a sound or video, or ranges of it; 404 where there is none. */
export async function sendMedia(response: Response, file: string | undefined): Promise<void> {
  // A damaged record may hold anything; Express throws for a relative path.
  const isPath = typeof file === 'string' && path.isAbsolute(file);
  const found = isPath ? await stat(file).catch(() => undefined) : undefined;
  if (!file || !found?.isFile()) return sendUnknown(response);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'");
  response.setHeader('Cache-Control', 'no-store');
  // The workspace may be in a folder with a dot.
  response.sendFile(file, { cacheControl: false, dotfiles: 'allow' }, (error?: Error) => {
    if (error && !response.headersSent) response.status(404).end();
  });
}
