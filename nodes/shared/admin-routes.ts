/** What the admin routes of the editor's helpers have in common. */
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
  E_DISK: 507,
};

/** Answers with what the work returns as JSON; 404 for nothing; an error with its code and sentence. */
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

/** Says what went wrong, by code and sentence. */
export function sendError(response: Response, error: unknown): void {
  const { code, message } = serializeError(error);
  response.status(STATUS[code] ?? 500).json({ error: { code, message } });
}

/** There is no such thing. */
export function sendUnknown(response: Response): void {
  response.status(404).json({ error: 'unknown' });
}

/** Only JSON: a form of another site could send the rest. @throws E_INPUT */
export function jsonBody(request: Request): Record<string, unknown> {
  const body: unknown = request.body;
  if (request.is('application/json') && typeof body === 'object' && body !== null) {
    return body as Record<string, unknown>;
  }
  throw inputError('the body', 'a JSON object', request.headers['content-type']);
}

/** A text of a body or a query. @throws E_INPUT */
export function textIn(values: Record<string, unknown>, name: string): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value;
  throw inputError(name, 'a text of 1 to 1000 characters', value);
}

/** A file that is the body itself, with its name in the query. */
export interface UploadedFile {
  fileName: string;
  content: Request;
  /** How long it says it is. */
  bytes?: number;
  /** Aborted when the browser gives up. */
  signal: AbortSignal;
}

/** @throws E_INPUT for another type: only that one a page of another site cannot send unasked */
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

/** Sends a sound or video, parts of it where a player asks for them; 404 where there is none. */
export async function sendMedia(response: Response, file: string | undefined): Promise<void> {
  // What a damaged record holds may be anything; a relative path would be refused by an exception.
  const isPath = typeof file === 'string' && path.isAbsolute(file);
  const found = isPath ? await stat(file).catch(() => undefined) : undefined;
  if (!file || !found?.isFile()) return sendUnknown(response);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'");
  response.setHeader('Cache-Control', 'no-store');
  // The workspace may lie in a folder with a dot.
  response.sendFile(file, { cacheControl: false, dotfiles: 'allow' }, (error?: Error) => {
    if (error && !response.headersSent) response.status(404).end();
  });
}
