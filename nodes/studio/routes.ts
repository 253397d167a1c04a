/**
 * Admin routes of studios and jobs for dialogs and sidebar. GET needs reading permission and changes
 * nothing; POST needs writing. The id `shared` is the studio of nodes without one.
 */
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Request } from 'express';
import type { NodeAPI } from 'node-red';
import { inputError } from '../../src/contract';
import type { ModelStatus } from '../../src/ml/store/store';
import { checkLines, type Check } from '../../src/runtime/health';
import { openModels } from '../../src/runtime/settings';
import type { Studio } from '../../src/runtime/studio';
import type { Diagnostics } from '../../src/runtime/types';
import { STAGE_NAMES } from '../../src/stages';
import { jsonAnswer, jsonBody, sendMedia } from '../shared/admin-routes';
import { board } from '../shared/job-board';
import { SHARED, voicesOf, withStudio } from '../shared/studios';

/** Jobs of each kind that the sidebar shows. */
const MOST_JOBS = 100;
/** Failures in a bug report. */
const MOST_FAILURES = 10;
/** Milliseconds between two messages to open editors. */
const INTERVAL = 1000;

/** Node-RED's runtime beyond its types. */
type WithComms = NodeAPI & {
  comms?: { publish(topic: string, data: unknown, retain?: boolean): void };
};

export function serveStudios(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission('lipwire-studio.read');
  const about: Record<string, (studio: Studio) => Promise<unknown>> = {
    diagnostics: (studio) => studio.diagnostics(),
    doctor: (studio) => studio.checkUp(),
    equipment: (studio) => studio.equipment(),
    voices: voicesOf,
  };
  for (const [name, tell] of Object.entries(about)) {
    const answer = jsonAnswer((request) => withStudio(RED, idOf(request), tell));
    RED.httpAdmin.get(`/lipwire-studio/:id/${name}`, mayRead, answer);
  }
}

export function serveSidebar(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission('lipwire-sidebar.read');
  const mayWrite = RED.auth.needsPermission('lipwire-sidebar.write');
  const get = (name: string, work: (request: Request) => unknown): void => {
    RED.httpAdmin.get(`/lipwire-sidebar/${name}`, mayRead, jsonAnswer(work));
  };
  const post = (name: string, work: (request: Request, body: Body) => unknown): void => {
    const act = jsonAnswer((request) => work(request, jsonBody(request)));
    RED.httpAdmin.post(`/lipwire-sidebar/${name}`, mayWrite, act);
  };
  get('jobs', () => board.view(MOST_JOBS));
  get('studios', () => studiosOf(RED));
  get('studios/:id', (request) => withStudio(RED, idOf(request), factsOf));
  get('studios/:id/report', (request) =>
    withStudio(RED, idOf(request), async (studio) => {
      const { checks } = await studio.checkUp();
      return { checks, report: bugReport(versionOf(RED), await studio.diagnostics(), checks) };
    }),
  );
  post('cancel', (_request, body) => ({ cancelled: board.cancel(jobIn(body)) }));
  post('studios/:id/clear', (request) =>
    withStudio(RED, idOf(request), (studio) => studio.clear()),
  );
  RED.httpAdmin.get('/lipwire-sidebar/jobs/:id/result', mayRead, (request, response) =>
    sendMedia(response, board.fileOf(idOf(request))),
  );
}

type Body = Record<string, unknown>;

function versionOf(RED: NodeAPI): string | undefined {
  const { version } = RED as { version?: unknown };
  return typeof version === 'function' ? String(version()) : undefined;
}

function idOf(request: Request): string {
  return String(request.params['id']);
}

/** `job` is the id of one, `all: true` all of them. @throws E_INPUT */
function jobIn({ job, all }: Body): string | undefined {
  if (all === true && job === undefined) return undefined;
  if (typeof job === 'string' && all === undefined) return job;
  throw inputError('job', 'the id of a job, or all: true', job);
}

export interface NamedStudio {
  id: string;
  name: string;
}

/** The shared studio first, then each that is deployed. */
function studiosOf(RED: NodeAPI): NamedStudio[] {
  const found = [{ id: SHARED, name: '' }];
  RED.nodes.eachNode(({ id, type, name }) => {
    if (type === 'lipwire-studio' && RED.nodes.getNode(id)) found.push({ id, name: name ?? '' });
  });
  return found;
}

export interface StudioFacts {
  diagnostics: Diagnostics;
  /** null: their folder cannot be read. */
  models: ModelStatus[] | null;
}

async function factsOf(studio: Studio): Promise<StudioFacts> {
  const listed = openModels(studio.settings).then((store) => store.list());
  const [diagnostics, models] = await Promise.all([studio.diagnostics(), listed.catch(() => null)]);
  return { diagnostics, models };
}

/** Sends open editors the number of jobs, at most once a second; they then ask for the jobs. */
export function announceJobs(RED: NodeAPI): void {
  let timer: NodeJS.Timeout | undefined;
  let last = -Infinity;
  const tell = (): void => {
    timer = undefined;
    last = performance.now();
    (RED as WithComms).comms?.publish('lipwire/jobs', { live: board.live }, false);
  };
  board.listen(() => {
    timer ??= setTimeout(tell, Math.max(0, last + INTERVAL - performance.now())).unref();
  });
}

/**
 * JSON for a bug report: what is installed, and how the last jobs ended. Errors as codes only, since
 * messages quote users' inputs; the home folder as `~`.
 */
export function bugReport(
  nodeRed: string | undefined,
  { stats, ...facts }: Diagnostics,
  checks: readonly Check[],
  home = homedir(),
): string {
  const { counts: jobs, ended } = board.view(1000);
  const failures = ended
    .flatMap(({ stage, error }) => (error ? [`${stage}: ${error.code}`] : []))
    .slice(0, MOST_FAILURES);
  const report = {
    nodeRed,
    doctor: checkLines({ checks }),
    ...facts,
    stats: Object.fromEntries(STAGE_NAMES.map((stage) => [stage, stats[stage]])),
    jobs,
    failures,
  };
  const names = namesOf(home);
  const hidden = (_key: string, value: unknown): unknown =>
    typeof value === 'string'
      ? names.reduce((shorter, name) => shorter.replaceAll(name, '~'), value)
      : value;
  return JSON.stringify(report, hidden, 2);
}

/** A folder's path and real path, plain and in JSON. */
function namesOf(folder: string): string[] {
  let real = folder;
  try {
    real = realpathSync(folder);
  } catch {
    // Without a real path.
  }
  const names = [real, folder].filter((name) => name.length > 1);
  return [...names.map((name) => JSON.stringify(name).slice(1, -1)), ...names];
}
