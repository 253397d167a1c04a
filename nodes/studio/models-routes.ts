/** The model store for the editor: listing needs reading permission, everything else writing. */
import path from 'node:path';
import type { Request, RequestHandler, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { inputError, serializeError, type ErrorCode } from '../../src/media';
import { ModelTasks, type ModelStore } from '../../src/models/store';
import { openModels } from '../../src/studio';
import { absolutePath } from '../common/files';
import { userFolder } from '../common/files';
import type { StudioNode } from './studio';

const ROUTE = '/lipwire-studio/:id/models';

/** What a POST can ask for. Each but the upload takes JSON and answers at once. */
type Action = (body: Record<string, unknown>, store: ModelStore, tasks: ModelTasks) => unknown;

/** What answers one request. */
type Work = (request: Request, store: ModelStore, tasks: ModelTasks) => Promise<unknown>;

/** One for each models folder, as several studios may have the same; outlives a deploy. */
const tasksOf = new Map<string, ModelTasks>();

/**
 * Registers the admin routes of the model store. GET changes nothing.
 * @param open finds the store of a studio
 */
export function serveModels(RED: NodeAPI, open = openModels): void {
  const mayRead = RED.auth.needsPermission('lipwire-studio.read');
  const mayWrite = RED.auth.needsPermission('lipwire-studio.write');
  const answered = (work: Work): RequestHandler => handler(RED, open, work);
  const list = answered(async (_request, store, tasks) => {
    return { folder: store.folder, models: await store.list(), tasks: tasks.list };
  });
  RED.httpAdmin.get(ROUTE, mayRead, list);
  RED.httpAdmin.post(`${ROUTE}/upload`, mayWrite, answered(upload));
  for (const [name, action] of Object.entries(actions(RED))) {
    const act = answered(async (request, store, tasks) => action(jsonBody(request), store, tasks));
    RED.httpAdmin.post(`${ROUTE}/${name}`, mayWrite, act);
  }
}

function actions(RED: NodeAPI): Record<string, Action> {
  return {
    pull: (body, store, tasks) => {
      const name = nameIn(body);
      return tasks.start('pull', name, (options) => store.pull(name, options));
    },
    add: (body, store, tasks) => {
      const file = absolutePath(textIn(body, 'file'), 'file', userFolder(RED));
      return tasks.start('add', path.basename(file), (options) => store.add(file, options));
    },
    verify: (body, store, tasks) => {
      const name = nameIn(body);
      return tasks.start('verify', name, (options) => store.verify(name, options));
    },
    cancel: (body, _store, tasks) => ({ cancelled: tasks.cancel(nameIn(body)) }),
    remove: async (body, store) => {
      await store.remove(nameIn(body));
      return { removed: true };
    },
  };
}

/** Takes the file itself as the body, its name in the query. The browser knows how far it is. */
async function upload(request: Request, store: ModelStore): Promise<unknown> {
  // A page of another site cannot send this type without being asked about it first.
  if (!request.is('application/octet-stream')) {
    throw inputError('Content-Type', 'application/octet-stream', request.headers['content-type']);
  }
  const abort = new AbortController();
  request.once('aborted', () => abort.abort());
  const fileName = textIn(request.query, 'name');
  const length = Number(request.headers['content-length']);
  const bytes = Number.isSafeInteger(length) ? { bytes: length } : {};
  return store.add({ stream: request, fileName, ...bytes }, { signal: abort.signal });
}

/** A handler that answers with what work returns, or with its error. */
function handler(RED: NodeAPI, open: typeof openModels, work: Work): RequestHandler {
  return async (request: Request, response: Response) => {
    response.setHeader('Cache-Control', 'no-store');
    const node = RED.nodes.getNode(String(request.params['id'])) as Partial<StudioNode> | null;
    if (typeof node?.openStudio !== 'function') {
      response.status(404).json({ error: 'unknown studio' });
      return;
    }
    try {
      const store = await open(node.openStudio().settings);
      response.json(await work(request, store, tasksFor(store.folder)));
    } catch (error) {
      const { code, message } = serializeError(error);
      response.status(STATUS[code] ?? 500).json({ error: { code, message } });
    }
  };
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  E_INPUT: 400,
  E_PATH: 400,
  E_MODEL_INVALID: 400,
  E_MODEL_MISSING: 404,
  E_BUSY: 409,
  E_DISK: 507,
};

function tasksFor(folder: string): ModelTasks {
  const tasks = tasksOf.get(folder) ?? new ModelTasks();
  tasksOf.set(folder, tasks);
  return tasks;
}

/** Only JSON: a form of another site could send the rest. @throws E_INPUT */
function jsonBody(request: Request): Record<string, unknown> {
  const body: unknown = request.body;
  if (request.is('application/json') && typeof body === 'object' && body !== null) {
    return body as Record<string, unknown>;
  }
  throw inputError('the body', 'a JSON object', request.headers['content-type']);
}

function nameIn(body: Record<string, unknown>): string {
  return textIn(body, 'name');
}

function textIn(values: Record<string, unknown>, name: string): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value;
  throw inputError(name, 'a text of 1 to 1000 characters', value);
}
