import type { NodeAPI } from 'node-red';

const waiting = new WeakMap<NodeAPI['events'], Set<() => void>>();

/**
 * Calls back once when flows have started the next time. One listener serves all nodes: Node.js warns
 * of more than ten.
 */
export function onceStarted({ events }: NodeAPI, callback: () => void): void {
  let callbacks = waiting.get(events);
  if (!callbacks) {
    const all = new Set<() => void>();
    events.on('flows:started', () => {
      const now = [...all];
      all.clear();
      for (const call of now) call();
    });
    waiting.set(events, (callbacks = all));
  }
  callbacks.add(callback);
}
