/** The voices that there are, for the dialog of tts. Reading permission needed; changes nothing. */
import type { NodeAPI } from 'node-red';
import type { Studio } from '../../src/runtime/studio';
import type { Voices } from '../../src/runtime/types';
import { jsonAnswer } from '../shared/admin-routes';
import { withStudio } from './sidebar/studios';

let known: Promise<Voices> | undefined;

/** Registers `GET /lipwire-studio/:id/voices`; the id `shared` is the studio of nodes without one. */
export function serveVoices(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission('lipwire-studio.read');
  const list = jsonAnswer((request) => withStudio(RED, String(request.params['id']), voicesOf));
  RED.httpAdmin.get('/lipwire-studio/:id/voices', mayRead, list);
}

/**
 * They come with a package, so that every studio has the same, and one engine is asked once.
 * @throws as {@link Studio.voices}
 */
export function voicesOf(studio: Studio): Promise<Voices> {
  known ??= studio.voices().catch((error: unknown) => {
    known = undefined;
    throw error;
  });
  return known;
}
