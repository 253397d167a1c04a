/**
 * What the dialog of face-detect asks for: the faces of a portrait with settings that are not saved
 * yet, and a place for a portrait from the browser. Both make work, or files: writing permission.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Request } from 'express';
import type { Node, NodeAPI } from 'node-red';
import { inputError, resolveParameters, type FacePayload } from '../../src/contract';
import { faceDetect } from '../../src/face/stage';
import { keepPortrait } from '../../src/runtime/uploads';
import { jsonAnswer, jsonBody, uploadedFile } from '../shared/admin-routes';
import { fileTaker, userFolder } from '../shared/files';
import { lastResults } from '../shared/last-results';
import type { StageNodeConfig } from '../shared/stage-node';
import { leaseStudio } from '../shared/studios';
import { settingsFor } from '../shared/typed-settings';
import { portraitInput, readPortrait, type GivenPicture } from './portrait';

/** Registers the admin routes. */
export function servePortraits(RED: NodeAPI): void {
  const mayWrite = RED.auth.needsPermission('lipwire-preview.write');
  const look = jsonAnswer((request) => lookAtPortrait(RED, jsonBody(request)));
  RED.httpAdmin.post('/lipwire-preview/portrait', mayWrite, look);
  const take = jsonAnswer((request) => uploadPortrait(request, userFolder(RED)));
  RED.httpAdmin.post('/lipwire-preview/portraits', mayWrite, take);
}

/** Milliseconds in which a portrait has to come from the web. */
const WEB_PATIENCE = 20_000;

/**
 * Finds the faces of the portrait that the settings of a dialog choose.
 * @throws what the stage throws; its sentences are shown in place of the picture
 */
async function lookAtPortrait(RED: NodeAPI, asked: Record<string, unknown>): Promise<object> {
  const { node: id, asker, config } = questionIn(asked);
  // Where the node is not deployed yet, there is no context to look settings up in.
  const node = (RED.nodes.getNode(id) as Node | null) ?? ({ id } as Node);
  const settings = unsaved(RED, node, config);
  const { studio, release } = leaseStudio(RED, settings.studio);
  try {
    const given = await givenPortrait(RED, node, settings);
    if (!given) return { awaited: true };
    const files = fileTaker(userFolder(RED), {
      keepFile: (bytes) => studio.keepFile(bytes),
      fetchFile: (address, field) =>
        studio.fetchFile(address, field, AbortSignal.timeout(WEB_PATIENCE)),
      mostBytes: studio.limits.bytes,
    });
    const input = await portraitInput(RED, node, settings, {}, files, given);
    const own = await settingsFor(RED, node, settings, faceDetect.parameters, {});
    const parameters = resolveParameters(faceDetect.parameters, [own]);
    return await studio.preview('portrait', { input, parameters, asker: `${id} ${asker}` });
  } finally {
    await release();
  }
}

/** Where portraits come with messages, the last one; nothing where none has come yet. */
async function givenPortrait(
  RED: NodeAPI,
  node: Node,
  config: StageNodeConfig,
): Promise<GivenPicture | undefined> {
  if (config['portraitType'] !== 'msg') return readPortrait(RED, node, config, {});
  const last = lastResults.get(node.id);
  const seen = last?.stage === 'face-detect' ? (last.result as FacePayload).source.file : undefined;
  // It may have gone with the workspace.
  return seen && existsSync(seen) ? { value: seen, field: 'the last portrait' } : undefined;
}

/** @throws E_INPUT */
function questionIn({ node, asker, config }: Record<string, unknown>): {
  node: string;
  asker: string;
  config: StageNodeConfig;
} {
  const isShort = (value: unknown): value is string =>
    typeof value === 'string' && value.length <= 100;
  if (!isShort(node)) throw inputError('node', 'the id of a node', node);
  if (!isShort(asker)) throw inputError('asker', 'a text of at most 100 characters', asker);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw inputError('config', 'the settings of the node', config);
  }
  return { node, asker, config: config as StageNodeConfig };
}

/**
 * Settings of an open dialog as a node would get them: environment variables by their values, and the
 * defaults in place of expressions. Those are about messages, and one that is half typed, or came with
 * an imported flow that nobody deployed, could keep Node-RED's only thread for ever.
 */
function unsaved(RED: NodeAPI, node: Node, config: StageNodeConfig): StageNodeConfig {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    if (config[`${name}Type`] === 'jsonata') continue;
    if (name.endsWith('Type') && value === 'jsonata') continue;
    const isVariable = typeof value === 'string' && /^\$\{[^}]+\}$/.test(value);
    settings[name] = isVariable ? RED.util.evaluateNodeProperty(value, 'env', node, {}) : value;
  }
  return settings as unknown as StageNodeConfig;
}

/** Under the user directory, so that a path in a flow stays valid when it moves. */
const FOLDER = ['lipwire', 'portraits'];

/** Keeps a portrait from the browser. Nothing is replaced without `replace=true` in the query. */
async function uploadPortrait(request: Request, userDir: string): Promise<object> {
  const replace = request.query['replace'] === 'true';
  const upload = { ...uploadedFile(request), replace };
  const { name, isThere } = await keepPortrait(path.join(userDir, ...FOLDER), upload);
  return { path: [...FOLDER, name].join('/'), isThere };
}
