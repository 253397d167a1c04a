/** Settings of stitch that are about collecting, not about the video. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { objectSource, resolveParameters, type ParameterTable } from '../../src/contract';
import { comesFromElsewhere, settingsFor, type NodeSettings } from '../shared/typed-settings';
import type { Rules } from './collector';

export const COLLECTING = {
  /** Seconds without a new clip after which a text is given up; 0: never. */
  waitLimit: {
    type: 'number',
    default: 600,
    min: 0,
    max: 86_400,
    unit: 's',
    icon: 'fa-hourglass-half',
  },
  /** When a segment failed: fail the text, leave the segment out, or wait for another clip of it. */
  onFailure: {
    type: 'choice',
    default: 'fail',
    of: ['fail', 'skip', 'wait'],
    since: 2,
    icon: 'fa-chain-broken',
  },
} as const satisfies ParameterTable;

/**
 * What holds for a message: at once, or later where a setting has to be looked up elsewhere.
 * @throws E_INPUT naming the property or setting that is wrong
 */
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
