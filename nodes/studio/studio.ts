/** The config node that the seven stages share: one studio, closed with the node. */
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { toLipwireError, type LipwireError } from '../../src/contract';
import { Studio } from '../../src/runtime/studio';
import { userFolder } from '../shared/files';
import type { StudioJournal } from '../shared/journals';
import { upToDate } from '../shared/migrations';
import { servePreviews } from '../shared/previews/routes';
import { studioLog, type StudioHolder } from '../shared/studios';
import { serveDiagnostics } from './diagnostics';
import { serveEquipment } from './equipment-route';
import { serveModels } from './models-routes';
import { keepJournal } from './keep-journal';
import { announceJobs } from './sidebar/announce';
import { serveSidebar } from './sidebar/routes';
import { studioOptions } from './settings';
import { serveVoices } from './voices-route';

/** A studio config node as other nodes and the diagnostics see it. */
export interface StudioNode extends Node, StudioHolder {
  /** Where the studio keeps one. */
  journal?: StudioJournal;
  openStudio(): Studio;
}

export default function (RED: NodeAPI): void {
  serveDiagnostics(RED);
  serveEquipment(RED);
  serveModels(RED);
  serveVoices(RED);
  serveSidebar(RED);
  servePreviews(RED);
  announceJobs(RED);
  RED.nodes.registerType('lipwire-studio', function (this: StudioNode, saved: NodeDef) {
    RED.nodes.createNode(this, saved);
    const config = upToDate(saved);
    const opened = open(RED, config);
    this.journal = keepJournal(RED, this, config);
    this.openStudio = () => {
      if (opened instanceof Studio) return opened;
      throw opened;
    };
    this.on('close', (_removed: boolean, done: () => void) => {
      const closing = opened instanceof Studio ? opened.close() : Promise.resolve();
      closing.then(done, done);
    });
  });
}

/** The studio, or what is wrong with its settings: a constructor never throws. */
function open(RED: NodeAPI, config: NodeDef): Studio | LipwireError {
  try {
    return new Studio({ ...studioOptions(config, userFolder(RED)), log: studioLog(RED) });
  } catch (error) {
    return toLipwireError(error);
  }
}
