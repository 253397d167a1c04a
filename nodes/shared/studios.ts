/** The studio of a node or a route: a config node's, or the shared one. */
import type { Node, NodeAPI } from 'node-red';
import { LipwireError } from '../../src/contract';
import { Studio } from '../../src/runtime/studio';
import type { Voices } from '../../src/runtime/types';
import type { StudioJournal } from './journal';

/** What the nodes use of a studio. */
export type NodeStudio = Pick<
  Studio,
  'run' | 'keepFile' | 'fetchFile' | 'limits' | 'pin' | 'preview'
>;

export interface StudioNode extends Node {
  journal?: StudioJournal;
  /** @throws E_INPUT when the studio's settings are wrong */
  openStudio(): Studio;
}

/** A studio in use. */
export interface StudioLease<S = NodeStudio> {
  studio: S;
  /** Idempotent; resolves when a studio without users is closed. */
  release(): Promise<void>;
}

/** The id of the shared studio in routes; ids of nodes are longer. */
export const SHARED = 'shared';

let shared: { studio: Studio; users: number } | undefined;

/**
 * The studio that a node names, or the shared one with default settings when it names none.
 * @throws E_INPUT when the config node is missing, disabled or wrongly set
 */
export function leaseStudio(RED: NodeAPI, configNodeId: unknown): StudioLease {
  if (typeof configNodeId !== 'string' || configNodeId === '') return leaseShared(RED);
  const holder = studioNode(RED, configNodeId);
  if (holder) return { studio: holder.openStudio(), release: async () => undefined };
  throw new LipwireError(
    'E_INPUT',
    `Expected the studio ${configNodeId} that this node names but it is missing or disabled; ` +
      'choose another one, or none, in the dialog of the node.',
  );
}

/** The studio with default settings, for nodes that name none. */
export function leaseShared(RED: NodeAPI): StudioLease<Studio> {
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

/** The config node of an id; undefined where it is missing, disabled or of another type. */
export function studioNode(RED: NodeAPI, id: string): StudioNode | undefined {
  const node = RED.nodes.getNode(id) as Partial<StudioNode> | null;
  return typeof node?.openStudio === 'function' ? (node as StudioNode) : undefined;
}

/**
 * Leases a studio for some work.
 * @param id of a config node, or {@link SHARED}
 * @returns undefined for an unknown studio
 * @throws E_INPUT when the studio's settings are wrong
 */
export async function withStudio<T>(
  RED: NodeAPI,
  id: string,
  work: (studio: Studio) => Promise<T>,
): Promise<T | undefined> {
  if (id !== SHARED) {
    const node = studioNode(RED, id);
    return node && work(node.openStudio());
  }
  const { studio, release } = leaseShared(RED);
  try {
    return await work(studio);
  } finally {
    await release();
  }
}

const voices = new WeakMap<Studio, { asked: number; answer: Promise<Voices> }>();

/** Milliseconds that the voices of a studio with servers are remembered; others have them for good. */
const REMEMBERED = 30_000;

/** The voices of a studio. @throws as {@link Studio.voices} */
export function voicesOf(studio: Studio): Promise<Voices> {
  const known = voices.get(studio);
  const hasServers = Object.keys(studio.settings.servers).length > 0;
  if (known && (!hasServers || performance.now() - known.asked < REMEMBERED)) return known.answer;
  const answer = studio.voices().catch((error: unknown) => {
    voices.delete(studio);
    throw error;
  });
  voices.set(studio, { asked: performance.now(), answer });
  return answer;
}

/** A studio's log, into Node-RED's. */
export function studioLog(RED: NodeAPI): (level: 'debug' | 'warn', text: string) => void {
  return (level, text) => RED.log[level](`[lipwire] ${text}`);
}
