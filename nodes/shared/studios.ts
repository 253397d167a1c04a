/** Which studio a node works with: its config node's, or one that all others share. */
import type { NodeAPI } from 'node-red';
import { LipwireError } from '../../src/contract';
import { Studio } from '../../src/runtime/studio';

/** What the nodes use of a studio. */
export type NodeStudio = Pick<
  Studio,
  'run' | 'keepFile' | 'fetchFile' | 'limits' | 'pin' | 'preview'
>;

/** What a studio config node offers to the nodes that name it. */
export interface StudioHolder {
  /** @throws E_INPUT when the studio's settings are wrong */
  openStudio(): NodeStudio;
}

/** A studio in use. */
export interface StudioLease {
  studio: NodeStudio;
  /** Gives it back; resolves when a studio that nobody uses any more is closed. */
  release(): Promise<void>;
}

let shared: { studio: Studio; users: number } | undefined;

/**
 * The studio that a node names, or the shared one with default settings when it names none.
 * @throws E_INPUT when the config node is missing, disabled or wrongly set
 */
export function leaseStudio(RED: NodeAPI, configNodeId: unknown): StudioLease {
  if (typeof configNodeId !== 'string' || configNodeId === '') return leaseShared(RED);
  const holder = RED.nodes.getNode(configNodeId) as Partial<StudioHolder> | null;
  if (typeof holder?.openStudio !== 'function') {
    throw new LipwireError(
      'E_INPUT',
      `Expected the studio ${configNodeId} that this node names but it is missing or disabled; ` +
        'choose another one, or none, in the dialog of the node.',
    );
  }
  return { studio: holder.openStudio(), release: async () => undefined };
}

/** The studio with default settings, which all nodes share that name none. */
export function leaseShared(RED: NodeAPI): StudioLease & { studio: Studio } {
  shared ??= { studio: new Studio({ log: studioLog(RED) }), users: 0 };
  const mine = shared;
  mine.users += 1;
  let isReleased = false;
  return {
    studio: mine.studio,
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      mine.users -= 1;
      if (mine.users > 0) return;
      if (shared === mine) shared = undefined;
      await mine.studio.close();
    },
  };
}

/** Sends what a studio has to say to Node-RED's log. */
export function studioLog(RED: NodeAPI): (level: 'debug' | 'warn', text: string) => void {
  return (level, text) => RED.log[level](`[lipwire] ${text}`);
}
