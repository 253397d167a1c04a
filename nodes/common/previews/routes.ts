/** What the dialogs ask for of a node's last result. Reading permission; nothing is changed. */
import type { NodeAPI } from 'node-red';
import { jsonAnswer, sendMedia } from '../admin-routes';
import { factsOf, fileOf } from './facts';
import { lastResults, type LastResults } from './last-results';

const ROUTE = '/lipwire-preview/nodes/:id';

/** Registers the admin routes of the previews. Which files are sent, the results say, never a request. */
export function servePreviews(RED: NodeAPI, results: LastResults = lastResults): void {
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
