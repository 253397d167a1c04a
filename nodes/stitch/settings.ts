/** Settings of stitch for collecting. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { objectSource, resolveParameters, type ParameterTable } from '../../src/contract';
import { comesFromElsewhere, settingsFor, type NodeSettings } from '../shared/typed-settings';
import type { Rules } from './collector';

export const COLLECTING = {
  /** Seconds without a new clip until a text is given up; 0: never. */
  waitLimit: {
    type: 'number',
    default: 600,
    min: 0,
    max: 86_400,
    unit: 's',
    icon: 'fa-hourglass-half',
  },
  onFailure: {
    type: 'choice',
    default: 'fail',
    of: ['fail', 'skip', 'wait'],
    since: 2,
    icon: 'fa-chain-broken',
  },
} as const satisfies ParameterTable;

/** The rules for a message; a promise where a setting has to be evaluated. @throws E_INPUT naming the setting */
export function rulesFor(
  RED: NodeAPI,
  node: Node,
  config: NodeSettings,
  msg: NodeMessage,
): Rules | Promise<Rules> {
  const own = objectSource('msg.', msg);
  if (!comesFromElsewhere(config, COLLECTING)) {
    return resolveParameters(COLLECTING, [own, objectSource('the setting ', config)]);
  }
  return settingsFor(RED, node, config, COLLECTING, msg).then((settings) =>
    resolveParameters(COLLECTING, [own, settings]),
  );
}
