/** What the studio's dialog shows to help find a fault: versions, folders, state. */
import type { NodeAPI } from 'node-red';
import { serializeError } from '../../src/media';
import type { StudioNode } from './studio';

const ROUTE = '/lipwire-studio/:id/diagnostics';

/** Registers the admin route that answers with a studio's diagnostics. Reading permission needed. */
export function serveDiagnostics(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission('lipwire-studio.read');
  RED.httpAdmin.get(ROUTE, mayRead, async (request, response) => {
    const node = RED.nodes.getNode(String(request.params['id'])) as Partial<StudioNode> | null;
    if (typeof node?.openStudio !== 'function') {
      response.status(404).json({ error: 'unknown studio' });
      return;
    }
    try {
      response.json(await node.openStudio().diagnostics());
    } catch (error) {
      const { code, message } = serializeError(error);
      response.status(500).json({ error: { code, message } });
    }
  });
}
