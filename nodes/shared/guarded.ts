import type { Node, NodeMessageInFlow } from 'node-red';
import type { Delivery } from './job';

/**
 * Node-RED copies a message for Catch and Complete nodes, and fails where that cannot be done, as
 * with one that is nested thousands of levels deep. That must not end the process.
 */
export function guarded(node: Node, delivery: Delivery): Delivery {
  const done = (error?: Error): void => {
    try {
      delivery.done(error);
    } catch {
      // Catch gets what identifies the message, and what answers it where it came over HTTP.
      const { _msgid, req, res } = delivery.msg as NodeMessageInFlow & {
        req?: unknown;
        res?: unknown;
      };
      const bare = { _msgid, ...(req !== undefined && { req, res }) };
      node.error(error ?? new Error('A message that cannot be copied ended.'), bare);
    }
  };
  return { ...delivery, done };
}
