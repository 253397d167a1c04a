import path from 'node:path';
import type { Request } from 'express';
import { describe, inputError } from '../../src/contract';
import { keepPortrait } from '../../src/runtime/uploads';

/** Under the user directory, so that a path in a flow stays valid when it moves. */
const FOLDER = ['lipwire', 'portraits'];

/**
 * Keeps a portrait from the browser. The file itself is the body, its name in the query. Nothing is
 * replaced without `replace=true`.
 */
export async function uploadPortrait(request: Request, userDir: string): Promise<object> {
  // A page of another site cannot send this type without being asked about it first.
  if (!request.is('application/octet-stream')) {
    throw inputError('Content-Type', 'application/octet-stream', request.headers['content-type']);
  }
  const { name: fileName, replace } = request.query;
  if (typeof fileName !== 'string' || fileName === '' || fileName.length > 1000) {
    throw inputError('name', 'the name of a file', describe(fileName));
  }
  const abort = new AbortController();
  request.once('aborted', () => abort.abort());
  const length = Number(request.headers['content-length']);
  const { name, isThere } = await keepPortrait(path.join(userDir, ...FOLDER), {
    content: request as AsyncIterable<Uint8Array>,
    fileName,
    ...(Number.isSafeInteger(length) && { bytes: length }),
    replace: replace === 'true',
    signal: abort.signal,
  });
  return { path: [...FOLDER, name].join('/'), isThere };
}
