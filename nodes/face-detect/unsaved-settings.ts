/** Settings as they stand in an open dialog: nobody saved them, and no node has read them. */
import type { Node, NodeAPI } from 'node-red';
import type { StageNodeConfig } from '../shared/stage-node';

const ENVIRONMENT = /^\$\{[^}]+\}$/;

/**
 * With the defaults in place of expressions. They are about messages, and one that is half typed, or
 * came with an imported flow that nobody deployed, could keep Node-RED's only thread for ever.
 */
export function withoutExpressions(config: StageNodeConfig): StageNodeConfig {
  const isExpression = (name: string): boolean => config[`${name}Type`] === 'jsonata';
  const entries = Object.entries(config).filter(
    ([name, value]) => !isExpression(name) && !(name.endsWith('Type') && value === 'jsonata'),
  );
  return Object.fromEntries(entries) as unknown as StageNodeConfig;
}

/** Settings that are an environment variable as a whole, as Node-RED gives them to a node. */
export async function withEnvironment(
  RED: NodeAPI,
  node: Node,
  config: StageNodeConfig,
): Promise<StageNodeConfig> {
  const entries = Object.entries(config).map(([name, value]): [string, unknown] => {
    if (typeof value !== 'string' || !ENVIRONMENT.test(value)) return [name, value];
    return [name, RED.util.evaluateNodeProperty(value, 'env', node, {})];
  });
  return Object.fromEntries(entries) as unknown as StageNodeConfig;
}
