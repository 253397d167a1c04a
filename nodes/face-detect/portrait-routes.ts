/**
 * Admin routes of face-detect's dialog: the faces of a portrait with unsaved settings, and uploads of
 * portraits. Both need writing permission.
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

export function servePortraits(RED: NodeAPI): void {
  const mayWrite = RED.auth.needsPermission('lipwire-preview.write');
  const look = jsonAnswer((request) => lookAtPortrait(RED, jsonBody(request)));
  RED.httpAdmin.post('/lipwire-preview/portrait', mayWrite, look);
  const take = jsonAnswer((request) => uploadPortrait(request, userFolder(RED)));
  RED.httpAdmin.post('/lipwire-preview/portraits', mayWrite, take);
}

/** Time limit of a download, in milliseconds. */
const WEB_PATIENCE = 20_000;

/** Finds the faces with the settings of a dialog. @throws what the stage throws */
async function lookAtPortrait(RED: NodeAPI, asked: Record<string, unknown>): Promise<object> {
  const { node: id, asker, config } = questionIn(asked);
  // A node that is not deployed yet has no context.
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

/** Where messages bring portraits, the last one; undefined before the first. */
async function givenPortrait(
  RED: NodeAPI,
  node: Node,
  config: StageNodeConfig,
): Promise<GivenPicture | undefined> {
  if (config['portraitType'] !== 'msg') return readPortrait(RED, node, config, {});
  const last = lastResults.get(node.id);
  const seen = last?.stage === 'face-detect' ? (last.result as FacePayload).source.file : undefined;
  // It may have been swept.
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
 * Settings of an open dialog as a node gets them: environment variables by their values. Expressions
 * give way to defaults: they are about messages, and an unfinished or imported one could block Node-RED.
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

/** Under the user directory, so that paths in flows stay valid when it moves. */
const FOLDER = ['lipwire', 'portraits'];

/** Keeps an upload; replaces a file only with `replace=true` in the query. */
async function uploadPortrait(request: Request, userDir: string): Promise<object> {
  const replace = request.query['replace'] === 'true';
  const upload = { ...uploadedFile(request), replace };
  const { name, isThere } = await keepPortrait(path.join(userDir, ...FOLDER), upload);
  return { path: [...FOLDER, name].join('/'), isThere };
}
