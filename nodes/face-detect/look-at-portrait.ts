import { existsSync } from 'node:fs';
import type { Node, NodeAPI } from 'node-red';
import { inputError, type FacePayload, resolveParameters } from '../../src/contract';
import { fileTaker, userFolder } from '../shared/files';
import { takePortrait } from '../shared/inputs';
import { lastResults } from '../shared/previews/last-results';
import type { StageNodeConfig } from '../shared/stage-node';
import { leaseStudio, type NodeStudio } from '../shared/studios';
import { settingsFor } from '../shared/typed-settings';
import { readPortrait, readReference } from './portrait';
import { withEnvironment, withoutExpressions } from './unsaved-settings';
import { faceDetect } from '../../src/face/stage';

/** Milliseconds in which a portrait has to come from the web. */
const WEB_PATIENCE = 20_000;

interface Question {
  node: string;
  asker: string;
  config: StageNodeConfig;
}

/**
 * Finds the faces of the portrait that the settings of a dialog choose.
 * @throws what the stage throws; its sentences are shown in place of the picture
 */
export async function lookAtPortrait(
  RED: NodeAPI,
  asked: Record<string, unknown>,
): Promise<object> {
  const { node: id, asker, config } = questionIn(asked);
  // Where the node is not deployed yet, there is no context to look settings up in.
  const node = (RED.nodes.getNode(id) as Node | null) ?? ({ id } as Node);
  const settings = await withEnvironment(RED, node, withoutExpressions(config));
  const { studio, release } = leaseStudio(RED, settings.studio);
  try {
    const input = await portraitOf(RED, node, settings, studio);
    if (!input) return { awaited: true };
    const own = await settingsFor(RED, node, settings, faceDetect.parameters, {});
    const parameters = resolveParameters(faceDetect.parameters, [own]);
    return await studio.preview('portrait', { input, parameters, asker: `${id} ${asker}` });
  } finally {
    await release();
  }
}

/** Nothing where it comes with a message and none has come yet. */
async function portraitOf(
  RED: NodeAPI,
  node: Node,
  config: StageNodeConfig,
  studio: NodeStudio,
): Promise<{ kind: 'file'; file: string; reference?: string } | undefined> {
  const files = fileTaker(userFolder(RED), {
    keepFile: (bytes) => studio.keepFile(bytes),
    fetchFile: (address, field) =>
      studio.fetchFile(address, field, AbortSignal.timeout(WEB_PATIENCE)),
    mostBytes: studio.limits.bytes,
  });
  const last = lastResults.get(node.id);
  const seen = last?.stage === 'face-detect' ? (last.result as FacePayload).source.file : undefined;
  const isAwaited = config['portraitType'] === 'msg';
  // The last one may have gone with the workspace.
  if (isAwaited && !(seen && existsSync(seen))) return undefined;
  const { value, field } = isAwaited
    ? { value: seen, field: 'the last portrait' }
    : await readPortrait(RED, node, config, {});
  const portrait = await takePortrait(value, field, files);
  const given = await readReference(RED, node, config, {});
  if (!given) return portrait;
  const { file: reference } = await takePortrait(given.value, given.field, files);
  return { ...portrait, reference };
}

/** @throws E_INPUT */
function questionIn({ node, asker, config }: Record<string, unknown>): Question {
  const isShort = (value: unknown): value is string =>
    typeof value === 'string' && value.length <= 100;
  if (!isShort(node)) throw inputError('node', 'the id of a node', node);
  if (!isShort(asker)) throw inputError('asker', 'a text of at most 100 characters', asker);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw inputError('config', 'the settings of the node', config);
  }
  return { node, asker, config: config as StageNodeConfig };
}
