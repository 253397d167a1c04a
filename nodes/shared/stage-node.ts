/**
 * What the seven stage nodes have in common: a message comes, its settings are resolved, the studio
 * runs the stage, the result leaves, and every message is ended exactly once, whatever happens.
 */
import type { Node, NodeAPI } from 'node-red';
import { guarded } from './guarded';
import { upToDate } from './node-settings';
import { StageRunner } from './stage-runner';
import type { NodeContext, StageNodeConfig, StageNodeParts } from './stage-types';
import type { StageName } from '../../src/stages';

export { priorityOf } from './stage-request';
export type { StageNodeConfig } from './stage-types';

/**
 * Registers a stage node's type with Node-RED.
 * @param prepare makes a node's own functions; it must not throw
 */
export function registerStageNode<S extends StageName>(
  RED: NodeAPI,
  stage: S,
  prepare: (context: NodeContext) => StageNodeParts<S>,
): void {
  RED.nodes.registerType(`lipwire-${stage}`, function (this: Node, config: StageNodeConfig) {
    RED.nodes.createNode(this, config);
    const runner = new StageRunner(RED, this, upToDate(config), stage, prepare);
    this.on('input', (msg, send, done) => runner.receive(guarded(this, { msg, send, done })));
    // Two declared parameters: Node-RED counts them to know that it has to wait.
    this.on('close', (removed: boolean, done: () => void) => {
      runner.close(removed).then(done, done);
    });
  });
}
