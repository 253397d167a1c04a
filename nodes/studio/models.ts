/** The model store for the editor: listing needs reading permission, everything else writing. */
import path from 'node:path';
import type { Request, RequestHandler } from 'express';
import type { NodeAPI } from 'node-red';
import { inputError } from '../../src/contract';
import { ModelTasks } from '../../src/ml/store/tasks';
import type { ModelStore } from '../../src/ml/store/store';
import { openModels } from '../../src/runtime/models';
import { jsonAnswer, jsonBody } from '../shared/admin-routes';
import { absolutePath, userFolder } from '../shared/files';
import { SHARED, studioNode } from '../shared/studios';
import { mayRun } from '../../src/ml/store/licence';
import type { ModelStatus } from '../../src/ml/store/status';
import { wav2lip } from '../../src/lipsync/stage';

const ROUTE = '/lipwire-studio/:id/models';

/** What a POST can ask for. Each but the upload takes JSON and answers at once. */
type Action = (body: Record<string, unknown>, store: ModelStore, tasks: ModelTasks) => unknown;

/** What answers one request. */
type Work = (
  request: Request,
  store: ModelStore,
  tasks: ModelTasks,
  settings: Settings,
) => Promise<unknown>;

/** What of a studio's settings is used here. */
type Settings = Parameters<typeof openModels>[0] & { acceptNonCommercial?: boolean };

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
  const list = answered(async (_request, store, tasks, { acceptNonCommercial = false }) => {
    const models = await store.list();
    const choices = modelChoices(models, acceptNonCommercial);
    return { folder: store.folder, acceptNonCommercial, models, choices, tasks: tasks.list };
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
  return jsonAnswer(async (request) => {
    const id = String(request.params['id']);
    // The shared studio has default settings.
    const settings: Settings | undefined =
      id === SHARED ? {} : studioNode(RED, id)?.openStudio().settings;
    if (!settings) return undefined;
    const store = await open(settings);
    return work(request, store, tasksFor(store.folder), settings);
  });
}

function tasksFor(folder: string): ModelTasks {
  const tasks = tasksOf.get(folder) ?? new ModelTasks();
  tasksOf.set(folder, tasks);
  return tasks;
}

function nameIn(body: Record<string, unknown>): string {
  return textIn(body, 'name');
}

function textIn(values: Record<string, unknown>, name: string): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value;
  throw inputError(name, 'a text of 1 to 1000 characters', value);
}

/** Which engines of wav2lip can be chosen now, and why another one can not. */

/** What the dialog of wav2lip says of a name that can be set as the model. */
interface ModelChoice {
  name: string;
  /** `licence`: it is there, but its licence is not accepted; `broken`: it is not what it should be. */
  state: 'ready' | 'missing' | 'licence' | 'broken';
  /** What `auto` takes now. */
  takes?: string;
  /** Why it is broken; continues "the file …". */
  problem?: string | null;
  /** A published file by its own name, beside its network's: can be set, is not offered. */
  alias?: true;
  /** null: not known, as of every file of the user's own. */
  commercialUse: boolean | null;
}

/**
 * The choices in the dialog's order, then the user's own files. Reads no file: what was never checked
 * counts as ready.
 * @param models as the store lists them
 */
export function modelChoices(
  models: readonly ModelStatus[],
  acceptNonCommercial: boolean,
): ModelChoice[] {
  const networks = wav2lip.parameters.model.of.slice(2);
  const published = networks.map((network) => {
    const there = models.filter((model) => model.installed && model.network === network);
    const sound = there.find(({ valid }) => valid !== false);
    return choiceOf(network, sound ?? there[0], acceptNonCommercial);
  });
  const own = models
    .filter(({ installed, kind }) => installed && kind === 'own')
    .map((model) => choiceOf(model.name, model, acceptNonCommercial));
  const aliases = models
    .filter(({ name, installed, network }) => installed && network !== null && name !== network)
    .filter(({ network }) => networks.some((each) => each === network))
    .map((model) => ({
      ...choiceOf(model.name, model, acceptNonCommercial),
      alias: true as const,
    }));
  const best = published.find(({ state }) => state === 'ready');
  const builtin: ModelChoice = { name: 'builtin', state: 'ready', commercialUse: true };
  const reason = published.find(({ state }) => state !== 'missing')?.state ?? 'missing';
  const auto: ModelChoice = best
    ? { ...best, name: 'auto', takes: best.name }
    : { ...builtin, name: 'auto', state: reason, takes: 'builtin' };
  return [auto, builtin, ...published, ...own, ...aliases];
}

function choiceOf(
  name: string,
  model: ModelStatus | undefined,
  acceptNonCommercial: boolean,
): ModelChoice {
  if (!model) return { name, state: 'missing', commercialUse: false };
  const { licence, commercialUse, valid, problem } = model;
  if (valid === false) return { name, state: 'broken', problem, commercialUse };
  const isAllowed = mayRun({ name, licence, commercialUse }, acceptNonCommercial);
  return { name, state: isAllowed ? 'ready' : 'licence', commercialUse };
}
