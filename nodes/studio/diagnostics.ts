/** What the studio's dialog shows to help find a fault: versions, folders, state. */
import type { NodeAPI } from 'node-red';
import { serializeError } from '../../src/contract';
import type { Studio } from '../../src/runtime/studio';
import type { StudioNode } from './studio';

/** Below a studio: what is answered. */
const ROUTES: Readonly<Record<string, (studio: Studio) => Promise<unknown>>> = {
  diagnostics: (studio) => studio.diagnostics(),
  doctor: (studio) => studio.checkUp(),
};

/** Registers the admin routes that say how a studio is. Reading permission needed. */
export function serveDiagnostics(RED: NodeAPI): void {
  for (const [name, answer] of Object.entries(ROUTES)) serve(RED, name, answer);
}

function serve(RED: NodeAPI, name: string, answer: (studio: Studio) => Promise<unknown>): void {
  const mayRead = RED.auth.needsPermission('lipwire-studio.read');
  RED.httpAdmin.get(`/lipwire-studio/:id/${name}`, mayRead, async (request, response) => {
    const node = RED.nodes.getNode(String(request.params['id'])) as Partial<StudioNode> | null;
    if (typeof node?.openStudio !== 'function') {
      response.status(404).json({ error: 'unknown studio' });
      return;
    }
    try {
      response.json(await answer(node.openStudio()));
    } catch (error) {
      const { code, message } = serializeError(error);
      response.status(500).json({ error: { code, message } });
    }
  });
}
