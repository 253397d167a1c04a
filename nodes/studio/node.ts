/** The config node of a studio, which is closed with the node. */
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { toLipwireError, type LipwireError } from '../../src/contract';
import { Studio } from '../../src/runtime/studio';
import { userFolder } from '../shared/files';
import { onceStarted } from '../shared/flows';
import { openJournal, type StudioJournal } from '../shared/journal';
import { upToDate } from '../shared/node-settings';
import { servePreviews } from '../shared/previews';
import { studioLog, type StudioNode } from '../shared/studios';
import { serveModels } from './models';
import { announceJobs, serveSidebar, serveStudios } from './routes';
import { journalMode, SECRETS, studioOptions } from './settings';

export default function (RED: NodeAPI): void {
  serveStudios(RED);
  serveModels(RED);
  serveSidebar(RED);
  servePreviews(RED);
  announceJobs(RED);
  function StudioNodeType(this: StudioNode, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    const config = upToDate(saved);
    const opened = open(RED, config, this.credentials);
    this.journal = keepJournal(RED, this, config);
    this.openStudio = () => {
      if (opened instanceof Studio) return opened;
      throw opened;
    };
    this.on('close', (_removed: boolean, done: () => void) => {
      const closing = opened instanceof Studio ? opened.close() : Promise.resolve();
      closing.then(done, done);
    });
  }
  RED.nodes.registerType('lipwire-studio', StudioNodeType, { credentials: SECRETS });
}

/** The studio, or the error of its settings: a node's constructor must not throw. */
function open(RED: NodeAPI, config: NodeDef, credentials?: object): Studio | LipwireError {
  try {
    const options = studioOptions(config, userFolder(RED), credentials);
    return new Studio({ ...options, log: studioLog(RED) });
  } catch (error) {
    return toLipwireError(error);
  }
}

/** The journal, if set; reports messages that an earlier process left. */
function keepJournal(RED: NodeAPI, node: Node, config: NodeDef): StudioJournal | undefined {
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
