/** Whether FFmpeg is there, and which devices: for the dialogs. Reading permission needed. */
import type { NodeAPI } from 'node-red';
import { jsonAnswer } from '../shared/admin-routes';
import { withStudio } from './sidebar/studios';

/** Registers `GET /lipwire-studio/:id/equipment`; the id `shared` is the studio of nodes without one. */
export function serveEquipment(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission('lipwire-studio.read');
  const tell = jsonAnswer((request) =>
    withStudio(RED, String(request.params['id']), (studio) => studio.equipment()),
  );
  RED.httpAdmin.get('/lipwire-studio/:id/equipment', mayRead, tell);
}
