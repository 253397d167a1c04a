/** The journal of a studio config node, and what is said of unfinished messages after a restart. */
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { onceStarted } from '../shared/flows-started';
import { openJournal, type StudioJournal } from '../shared/journals';
import { journalMode } from './settings';

/** The journal where the studio's setting asks for one. Never throws. */
export function keepJournal(RED: NodeAPI, node: Node, config: NodeDef): StudioJournal | undefined {
  const mode = journalMode(config);
  if (mode === 'off') return undefined;
  const journal = openJournal(RED, node.id);
  const { left } = journal;
  if (left === 0) return { journal, mode };
  onceStarted(RED, () => {
    const gone = journal.nodes.filter((id) => !RED.nodes.getNode(id));
    if (gone.length > 0) {
      node.warn(
        `Unfinished messages of ${gone.length} nodes that are gone or disabled wait for them.`,
      );
    }
    if (mode === 'resume') node.log(`Going on with ${left} unfinished messages.`);
    else {
      const how = 'send msg.resume to their nodes to go on, or msg.reset to forget them';
      node.warn(`${left} messages were left unfinished at ${journal.nodes.join(', ')}; ${how}.`);
    }
  });
  return { journal, mode };
}
