/** What the dialogs ask for of a node's last result. Reading permission; nothing is changed. */
import path from 'node:path';
import type { NodeAPI } from 'node-red';
import { jsonAnswer, sendMedia } from '../admin-routes';
import { factsOf, fileOf } from './facts';
import { keepResults } from './kept-results';
import { lastResults, type LastResults } from './last-results';

const ROUTE = '/lipwire-preview/nodes/:id';
/** Under the user directory, beside the portraits that were uploaded. */
const FILE = ['lipwire', 'last-results.json'];

/** Registers the admin routes of the previews. Which files are sent, the results say, never a request. */
export function servePreviews(RED: NodeAPI, results: LastResults = lastResults): void {
  const { userDir } = RED.settings;
  if (userDir) process.once('exit', keepResults(path.join(userDir, ...FILE), results));
  const mayRead = RED.auth.needsPermission('lipwire-preview.read');
  const facts = jsonAnswer(({ params }) => {
    const last = results.get(String(params['id']));
    return last ? factsOf(RED, last) : { nothing: true };
  });
  RED.httpAdmin.get(ROUTE, mayRead, facts);
  RED.httpAdmin.get(`${ROUTE}/media`, mayRead, ({ params }, response) => {
    const last = results.get(String(params['id']));
    return sendMedia(response, last && fileOf(last));
  });
}
