/**
 * The admin routes of the dialog's buttons Listen and Test. The one runs a stage, the other asks a
 * server, and so both need writing permission.
 */
import type { Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { inputError, objectSource, resolveParameters } from '../../src/contract';
import { sampleSentence } from '../../src/tts/samples';
import type { Studio } from '../../src/runtime/studio';
import type { Voices } from '../../src/runtime/types';
import { jsonAnswer, jsonBody, sendError, sendMedia, textIn } from '../shared/admin-routes';
import { leaseShared, type StudioLease, SHARED, withStudio, voicesOf } from '../shared/studios';
import { tts } from '../../src/tts/stage';

const ROUTE = '/lipwire-tts/listen';

/** Before all that flows have queued. */
const PRIORITY = 1000;

/** Milliseconds that the shared studio stays open for the next sample. */
const WARM = 60_000;

/** `${NAME}`: an environment variable, whose value is not to be spoken. */
const ENVIRONMENT = /\$\{[^}]+\}/;

type Body = Record<string, unknown>;

/** `POST /lipwire-tts/listen`: settings of the dialog in JSON in, a WAV file out. */
export function serveListen(RED: NodeAPI): void {
  const mayWrite = RED.auth.needsPermission('lipwire-tts.write');
  RED.httpAdmin.post(ROUTE, mayWrite, (request, response) => listen(RED, request, response));
  const test = jsonAnswer((request) => {
    const body = jsonBody(request);
    const engine = textIn(body, 'engine');
    return withStudio(RED, studioIn(body), (studio) => studio.testEngine(engine));
  });
  RED.httpAdmin.post('/lipwire-tts/test', mayWrite, test);
}

async function listen(RED: NodeAPI, request: Request, response: Response): Promise<void> {
  const abort = new AbortController();
  // The listener clicked again, or closed the dialog.
  response.once('close', () => abort.abort());
  try {
    const body = jsonBody(request);
    const id = studioIn(body);
    if (id === SHARED) keepWarm(RED);
    const file = await withStudio(RED, id, (each) => speak(each, body, abort.signal));
    await sendMedia(response, file);
  } catch (error) {
    if (!response.writableEnded && !response.destroyed) sendError(response, error);
  }
}

let cooling: NodeJS.Timeout | undefined;
let warm: StudioLease | undefined;

/** Without another user the studio's worker would start anew for every sample. */
function keepWarm(RED: NodeAPI): void {
  warm ??= leaseShared(RED);
  clearTimeout(cooling);
  cooling = setTimeout(() => {
    void warm?.release();
    warm = undefined;
  }, WARM);
  cooling.unref();
}

/** @throws E_INPUT */
function studioIn({ studio }: Body): string {
  if (typeof studio === 'string' && studio !== '') return studio;
  throw inputError('studio', 'the id of a studio, or shared', studio);
}

/** @returns the path of a WAV file in the workspace */
async function speak(studio: Studio, body: Body, signal: AbortSignal): Promise<string> {
  const settings = Object.entries(body).filter(
    ([, value]) => !(typeof value === 'string' && ENVIRONMENT.test(value)),
  );
  const dialog = objectSource('the setting ', Object.fromEntries(settings));
  const parameters = resolveParameters(tts.parameters, [
    objectSource('', { lead: 0, pause: 0.2 }),
    dialog,
  ]);
  const { editor } = body;
  const language = languageOf(parameters, await voicesOf(studio), editor);
  const text = sampleSentence(language);
  const input = { kind: 'text', text, ...(!parameters.voice && { language }) } as const;
  const { file } = await studio.run('tts', input, parameters, { signal, priority: PRIORITY });
  return file;
}

/** The language of the sample: the voice's, the setting's, or the editor's. */
function languageOf(
  { voice, language }: { voice: string; language: string },
  { voices }: Voices,
  editor: unknown,
): string {
  const name = voice.replace(/\+.*$/, '').trim().toLowerCase();
  const found = voices.find(({ id, name: own, identifier }) =>
    [id, own, identifier].some((each) => each.toLowerCase() === name),
  );
  if (name) return found?.languages[0] ?? name;
  if (language) return language;
  return typeof editor === 'string' && /^[a-z]{2,3}\b/i.test(editor) ? editor : 'en';
}
