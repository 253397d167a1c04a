import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { objectSource, resolveParameters, type ParameterTable } from '../../src/contract';
import { fileTaker, userFolder } from './files';
import type { Job } from './job';
import type { StageNodeConfig, StageNodeParts, StageRequest } from './stage-types';
import type { NodeStudio } from './studios';
import { settingsFor } from './typed-settings';
import { STAGES, type StageName, type StageParameters } from '../../src/stages';

/** Where a job is to be done. */
export interface RequestPlace<S extends StageName> {
  RED: NodeAPI;
  node: Node;
  stage: S;
  config: StageNodeConfig;
  parts: StageNodeParts<S>;
  studio: NodeStudio;
  /** Called before something is fetched from the web, which may take long. */
  stepAside(): void;
}

/**
 * One job with all that the node's own functions need.
 * @throws E_INPUT naming the message property or the setting that is wrong
 */
export async function requestOf<S extends StageName>(
  { RED, node, stage, config, parts, studio, stepAside }: RequestPlace<S>,
  job: Job,
): Promise<StageRequest<S>> {
  const { msg } = job;
  const table = STAGES[stage].parameters as ParameterTable;
  const parameters = resolveParameters(table, [
    objectSource('msg.', msg),
    ...(parts.sources?.(msg) ?? []),
    await settingsFor(RED, node, config, table, msg),
  ]) as StageParameters<S>;
  const files = fileTaker(userFolder(RED), {
    keepFile: (bytes) => studio.keepFile(bytes),
    fetchFile: (address, field) => {
      stepAside();
      return studio.fetchFile(address, field, job.signal);
    },
    mostBytes: studio.limits.bytes,
  });
  return { msg, messages: job.deliveries.map((each) => each.msg), parameters, files, studio };
}

/** `msg.priority`, where it is a number: higher runs first. */
export function priorityOf(msg: NodeMessage): number {
  const given = msg['priority'];
  const priority = typeof given === 'string' ? Number(given) : given;
  return typeof priority === 'number' && Number.isFinite(priority) ? priority : 0;
}
