/**
 * What the dialog of face-detect asks for: the faces of a portrait with settings that are not saved
 * yet, and a place for a portrait from the browser. Both make work, or files: writing permission.
 */
import type { NodeAPI, Node } from 'node-red';
import { jsonAnswer, jsonBody } from '../shared/admin-routes';
import { userFolder, fileTaker } from '../shared/files';
import { existsSync } from 'node:fs';
import { inputError, type FacePayload, resolveParameters, describe } from '../../src/contract';
import { takePortrait } from '../shared/inputs';
import { lastResults } from '../shared/last-results';
import type { StageNodeConfig } from '../shared/stage-node';
import { leaseStudio, type NodeStudio } from '../shared/studios';
import { settingsFor } from '../shared/typed-settings';
import { readPortrait, readReference } from './portrait';
import { faceDetect } from '../../src/face/stage';
import path from 'node:path';
import type { Request } from 'express';
import { keepPortrait } from '../../src/runtime/uploads';

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

interface Question {
  node: string;
  asker: string;
  config: StageNodeConfig;
}

/**
 * Finds the faces of the portrait that the settings of a dialog choose.
 * @throws what the stage throws; its sentences are shown in place of the picture
 */
async function lookAtPortrait(RED: NodeAPI, asked: Record<string, unknown>): Promise<object> {
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

/** Settings as they stand in an open dialog: nobody saved them, and no node has read them. */

const ENVIRONMENT = /^\$\{[^}]+\}$/;

/**
 * With the defaults in place of expressions. They are about messages, and one that is half typed, or
 * came with an imported flow that nobody deployed, could keep Node-RED's only thread for ever.
 */
function withoutExpressions(config: StageNodeConfig): StageNodeConfig {
  const isExpression = (name: string): boolean => config[`${name}Type`] === 'jsonata';
  const entries = Object.entries(config).filter(
    ([name, value]) => !isExpression(name) && !(name.endsWith('Type') && value === 'jsonata'),
  );
  return Object.fromEntries(entries) as unknown as StageNodeConfig;
}

/** Settings that are an environment variable as a whole, as Node-RED gives them to a node. */
async function withEnvironment(
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

/** Under the user directory, so that a path in a flow stays valid when it moves. */
const FOLDER = ['lipwire', 'portraits'];

/**
 * Keeps a portrait from the browser. The file itself is the body, its name in the query. Nothing is
 * replaced without `replace=true`.
 */
async function uploadPortrait(request: Request, userDir: string): Promise<object> {
  // A page of another site cannot send this type without being asked about it first.
  if (!request.is('application/octet-stream')) {
    throw inputError('Content-Type', 'application/octet-stream', request.headers['content-type']);
  }
  const { name: fileName, replace } = request.query;
  if (typeof fileName !== 'string' || fileName === '' || fileName.length > 1000) {
    throw inputError('name', 'the name of a file', describe(fileName));
  }
  const abort = new AbortController();
  request.once('aborted', () => abort.abort());
  const length = Number(request.headers['content-length']);
  const { name, isThere } = await keepPortrait(path.join(userDir, ...FOLDER), {
    content: request as AsyncIterable<Uint8Array>,
    fileName,
    ...(Number.isSafeInteger(length) && { bytes: length }),
    replace: replace === 'true',
    signal: abort.signal,
  });
  return { path: [...FOLDER, name].join('/'), isThere };
}
