/** Admin routes of the model store: listing needs reading permission, the rest writing. */
import path from 'node:path';
import type { Request, RequestHandler } from 'express';
import type { NodeAPI } from 'node-red';
import { ModelTasks, type ModelTask } from '../../src/ml/store/tasks';
import type { ModelStore, ModelStatus } from '../../src/ml/store/store';
import { openModels } from '../../src/runtime/settings';
import { jsonAnswer, jsonBody, textIn, uploadedFile } from '../shared/admin-routes';
import { absolutePath, userFolder } from '../shared/files';
import { SHARED, studioNode } from '../shared/studios';
import { mayRun } from '../../src/ml/store/manifest';
import { BEST_FIRST } from '../../src/lipsync/engines';
import { wav2lip } from '../../src/lipsync/stage';

const ROUTE = '/lipwire-studio/:id/models';

export interface ModelsAnswer {
  folder: string;
  acceptNonCommercial: boolean;
  models: ModelStatus[];
  choices: ModelChoice[];
  tasks: ModelTask[];
}

type Settings = Parameters<typeof openModels>[0] & { acceptNonCommercial?: boolean };

type Work = (request: Request, store: ModelStore, tasks: ModelTasks, settings: Settings) => unknown;

/** By models folder, which studios may share; outlives a deploy. */
const tasksOf = new Map<string, ModelTasks>();

/** @param open finds the store of a studio */
export function serveModels(RED: NodeAPI, open = openModels): void {
  const mayRead = RED.auth.needsPermission('lipwire-studio.read');
  const mayWrite = RED.auth.needsPermission('lipwire-studio.write');
  const list = handler(RED, open, async (_request, store, tasks, settings) => {
    const { acceptNonCommercial = false } = settings;
    const models = await store.list();
    const choices = modelChoices(models, acceptNonCommercial);
    const { folder } = store;
    return {
      folder,
      acceptNonCommercial,
      models,
      choices,
      tasks: tasks.list,
    } satisfies ModelsAnswer;
  });
  RED.httpAdmin.get(ROUTE, mayRead, list);
  for (const [name, action] of Object.entries(ACTIONS)) {
    const work: Work = (request, store, tasks) =>
      action(jsonBody(request), store, tasks, userFolder(RED));
    RED.httpAdmin.post(`${ROUTE}/${name}`, mayWrite, handler(RED, open, work));
  }
  const upload = handler(RED, open, (request, store) => {
    const { content: stream, signal, ...file } = uploadedFile(request);
    return store.add({ stream, ...file }, { signal });
  });
  RED.httpAdmin.post(`${ROUTE}/upload`, mayWrite, upload);
}

/** POST routes with JSON. They answer at once; tasks run in the background. */
const ACTIONS: Record<
  string,
  (body: Record<string, unknown>, store: ModelStore, tasks: ModelTasks, folder: string) => unknown
> = {
  pull: (body, store, tasks) => {
    const name = textIn(body, 'name');
    return tasks.start('pull', name, (options) => store.pull(name, options));
  },
  add: (body, store, tasks, folder) => {
    const file = absolutePath(textIn(body, 'file'), 'file', folder);
    return tasks.start('add', path.basename(file), (options) => store.add(file, options));
  },
  verify: (body, store, tasks) => {
    const name = textIn(body, 'name');
    return tasks.start('verify', name, (options) => store.verify(name, options));
  },
  cancel: (body, _store, tasks) => ({ cancelled: tasks.cancel(textIn(body, 'name')) }),
  remove: async (body, store) => {
    await store.remove(textIn(body, 'name'));
    return { removed: true };
  },
};

function handler(RED: NodeAPI, open: typeof openModels, work: Work): RequestHandler {
  return jsonAnswer(async (request) => {
    const id = String(request.params['id']);
    // The shared studio has default settings.
    const settings: Settings | undefined =
      id === SHARED ? {} : studioNode(RED, id)?.openStudio().settings;
    if (!settings) return undefined;
    const store = await open(settings);
    const tasks = tasksOf.get(store.folder) ?? new ModelTasks();
    tasksOf.set(store.folder, tasks);
    return work(request, store, tasks, settings);
  });
}

/** A model in wav2lip's dialog. */
export interface ModelChoice {
  name: string;
  /** `licence`: installed, but not accepted. */
  state: 'ready' | 'missing' | 'licence' | 'broken';
  /** What `auto` chooses now. */
  takes?: string;
  /** Why it is broken; continues "the file …". */
  problem?: string | null;
  /** A published file by its own name: can be set, is not offered. */
  alias?: true;
  /** null: not known, as of the user's own files. */
  commercialUse: boolean | null;
}

/** In the dialog's order, then the user's own files. Reads no file: what was never checked counts as ready. */
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
  const tried = BEST_FIRST.flatMap(({ model }) => published.filter(({ name }) => name === model));
  const best = tried.find(({ state }) => state === 'ready');
  const builtin: ModelChoice = { name: 'builtin', state: 'ready', commercialUse: true };
  const reason = tried.find(({ state }) => state !== 'missing')?.state ?? 'missing';
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
