/** What the sidebar asks for. GET needs reading permission and changes nothing; POST needs writing. */
import type { Request } from 'express';
import type { NodeAPI } from 'node-red';
import { inputError } from '../../../src/contract';
import { jsonAnswer, jsonBody, sendMedia } from '../../shared/admin-routes';
import { board } from '../../shared/job-board';
import { bugReport } from './report';
import { factsOf, studiosOf, withStudio } from './studios';

const ROUTE = '/lipwire-sidebar';

/** Jobs of each kind that are shown. */
const MOST = 100;

/** What answers a request; undefined: there is no such thing. */
type Work = (request: Request) => unknown;

/** Registers the admin routes of the sidebar. */
export function serveSidebar(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission('lipwire-sidebar.read');
  const mayWrite = RED.auth.needsPermission('lipwire-sidebar.write');
  const get = (name: string, work: Work): void => {
    RED.httpAdmin.get(`${ROUTE}/${name}`, mayRead, jsonAnswer(work));
  };
  const post = (name: string, work: (request: Request, body: Body) => unknown): void => {
    const act = jsonAnswer((request) => work(request, jsonBody(request)));
    RED.httpAdmin.post(`${ROUTE}/${name}`, mayWrite, act);
  };
  get('jobs', () => board.view(MOST));
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
  RED.httpAdmin.get(`${ROUTE}/jobs/:id/result`, mayRead, (request, response) =>
    sendMedia(response, board.fileOf(idOf(request))),
  );
}

type Body = Record<string, unknown>;

/** Node-RED's own, where it tells. */
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
