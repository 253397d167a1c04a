/**
 * What the dialog of face-detect asks for: the faces of a portrait with settings that are not saved
 * yet, and a place for a portrait from the browser. Both make work, or files: writing permission.
 */
import type { NodeAPI } from 'node-red';
import { jsonAnswer, jsonBody } from '../shared/admin-routes';
import { userFolder } from '../shared/files';
import { lookAtPortrait } from './look-at-portrait';
import { uploadPortrait } from './upload-portrait';

/** Registers the admin routes. */
export function servePortraits(RED: NodeAPI): void {
  const mayWrite = RED.auth.needsPermission('lipwire-preview.write');
  const look = jsonAnswer((request) => lookAtPortrait(RED, jsonBody(request)));
  RED.httpAdmin.post('/lipwire-preview/portrait', mayWrite, look);
  const take = jsonAnswer((request) => uploadPortrait(request, userFolder(RED)));
  RED.httpAdmin.post('/lipwire-preview/portraits', mayWrite, take);
}
