/** The studios that the sidebar shows: each that is deployed, and the one that all others share. */
import type { NodeAPI } from 'node-red';
import { openModels } from '../../../src/runtime/models';
import type { Diagnostics } from '../../../src/runtime/types';
import type { Studio } from '../../../src/runtime/studio';
import type { ModelStatus } from '../../../src/ml/store/status';
import { leaseShared } from '../../shared/studios';
import type { StudioNode } from '../studio';

/** Stands for the studio with default settings; ids of nodes are never so short. */
export const SHARED = 'shared';

export interface NamedStudio {
  id: string;
  name: string;
}

/** What a studio says of itself. */
export interface StudioFacts {
  diagnostics: Diagnostics;
  models: ModelStatus[] | null;
}

/** The shared one first. */
export function studiosOf(RED: NodeAPI): NamedStudio[] {
  const found: NamedStudio[] = [];
  RED.nodes.eachNode(({ id, type, name }) => {
    if (type === 'lipwire-studio' && RED.nodes.getNode(id)) found.push({ id, name: name ?? '' });
  });
  return [{ id: SHARED, name: '' }, ...found];
}

/**
 * Does something with a studio, which is given back afterwards.
 * @returns undefined where there is no such studio
 * @throws E_INPUT when the studio's settings are wrong
 */
export async function withStudio<T>(
  RED: NodeAPI,
  id: string,
  work: (studio: Studio) => Promise<T>,
): Promise<T | undefined> {
  if (id === SHARED) {
    const { studio, release } = leaseShared(RED);
    try {
      return await work(studio);
    } finally {
      await release();
    }
  }
  const node = RED.nodes.getNode(id) as Partial<StudioNode> | null;
  return typeof node?.openStudio === 'function' ? work(node.openStudio()) : undefined;
}

/** Versions, folders, state and models. */
export async function factsOf(studio: Studio): Promise<StudioFacts> {
  const [diagnostics, models] = await Promise.all([
    studio.diagnostics(),
    openModels(studio.settings).then(
      (store) => store.list(),
      () => null,
    ),
  ]);
  return { diagnostics, models };
}
