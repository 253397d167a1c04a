import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Express, NextFunction, Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { serveStudios } from '../../nodes/studio/routes';
import { serveListen } from '../../nodes/tts/listen';
import { resolveParameters } from '../../src/contract';
import { Studio } from '../../src/runtime/studio';
import type { Equipment, Voices } from '../../src/runtime/types';
import { until } from '../support/node-red';
import { tts } from '../../src/tts/stage';

const express = createRequire(__filename)('express') as { (): Express; json(): never };

/** Node-RED's admin side, as far as these routes use it, with a real studio behind it. */
describe('What the dialogs ask of the engine', function () {
  this.timeout(30_000);
  let folder: string;
  let studio: Studio;
  let server: Server;
  let base: string;
  /** Who may do what; all unless a test says otherwise. */
  let permissions = new Set<string>();

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-listen-'));
    studio = new Studio({
      workspace: path.join(folder, 'workspace'),
      ffmpeg: '/nowhere/ffmpeg',
      jobs: 1,
    });
    const app = express();
    app.use(express.json());
    const needsPermission = (scope: string) => {
      return (_request: Request, response: Response, next: NextFunction) =>
        permissions.has(scope) ? next() : void response.status(401).end();
    };
    const node = { openStudio: () => studio };
    const RED = {
      httpAdmin: app,
      auth: { needsPermission },
      nodes: { getNode: (id: string) => (id === 'a-studio' ? node : null) },
    } as unknown as NodeAPI;
    serveListen(RED);
    serveStudios(RED);
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await studio.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    permissions = new Set(['lipwire-studio.read', 'lipwire-tts.write']);
  });

  function listen(settings: object, options: RequestInit = {}): Promise<globalThis.Response> {
    const body = JSON.stringify({ studio: 'a-studio', ...settings });
    const headers = { 'content-type': 'application/json' };
    return fetch(`${base}/lipwire-tts/listen`, { method: 'POST', headers, body, ...options });
  }

  async function codeOf(response: globalThis.Response): Promise<string> {
    return ((await response.json()) as { error: { code: string } }).error.code;
  }

  it('speaks a sample with the settings, once for the same ones', async () => {
    const response = await listen({ voice: 'de', rate: '200', pitch: '${PITCH}', variant: '' });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^audio\/.*wav/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const sound = Buffer.from(await response.arrayBuffer());
    assert.equal(sound.toString('latin1', 0, 4), 'RIFF');
    await (await listen({ voice: 'de', rate: 200 })).arrayBuffer();
    const { runs, hits } = studio.stats.tts;
    assert.deepEqual([runs, hits], [1, 1]);
  });

  it('says what is wrong with a setting', async () => {
    const unknown = await listen({ voice: 'klingonese' });
    assert.equal(unknown.status, 400);
    assert.equal(await codeOf(unknown), 'E_VOICE');
    const fast = await listen({ rate: '9999' });
    assert.equal(fast.status, 400);
    assert.equal(await codeOf(fast), 'E_INPUT');
    assert.equal((await listen({ studio: 'nobody' })).status, 404);
  });

  it('stops when nobody listens any more', async () => {
    const text = 'This takes a while to say, and something else has to wait for it. '.repeat(400);
    const busy = new AbortController();
    const parameters = resolveParameters(tts.parameters, []);
    const long = studio.run('tts', { kind: 'text', text }, parameters, { signal: busy.signal });
    await until(() => studio.engineState.running > 0);
    const abort = new AbortController();
    const asked = listen({ voice: 'fr-fr' }, { signal: abort.signal });
    await until(() => studio.engineState.queued > 0);
    abort.abort();
    await assert.rejects(asked);
    await until(() => studio.engineState.queued === 0);
    assert.equal(studio.engineState.running, 1);
    busy.abort();
    await assert.rejects(long);
  });

  it('lets nobody work who may only read, and no page of another site', async () => {
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];
    for (const type of types) {
      const response = await listen({ voice: 'en-gb' }, { headers: { 'content-type': type } });
      assert.equal(response.status, 400, type);
    }
    assert.equal((await fetch(`${base}/lipwire-tts/listen?voice=en-gb`)).status, 404);
    permissions = new Set(['lipwire-studio.read', 'lipwire-tts.read']);
    assert.equal((await listen({ voice: 'en-gb' })).status, 401);
    permissions = new Set();
    for (const route of ['voices', 'equipment']) {
      assert.equal((await fetch(`${base}/lipwire-studio/a-studio/${route}`)).status, 401);
    }
  });

  it('lists the voices with their names, and the variants', async () => {
    const answer = await fetch(`${base}/lipwire-studio/a-studio/voices`);
    const { voices, variants } = (await answer.json()) as Voices;
    assert.ok(voices.length > 130 && variants.includes('whisper'));
    assert.equal(voices.find(({ id }) => id === 'ar')?.name, 'Arabic');
    assert.equal((await fetch(`${base}/lipwire-studio/nobody/voices`)).status, 404);
  });

  it('tells what is there: every device with its self-check, and what is wrong with FFmpeg', async () => {
    const answer = await fetch(`${base}/lipwire-studio/a-studio/equipment`);
    const { ffmpeg, devices, device } = (await answer.json()) as Equipment;
    assert.equal(device, 'auto');
    assert.equal('error' in ffmpeg && ffmpeg.error.code, 'E_FFMPEG_MISSING');
    assert.ok(Array.isArray(devices));
    const all = ['cpu', 'cuda', 'directml', 'coreml', 'webgpu'];
    assert.deepEqual(devices.map((each) => each.device).sort(), all.sort());
    assert.equal(devices[0]?.device, 'cpu');
    assert.equal(devices[0]?.state, 'usable');
    for (const { state, reason } of devices) if (state === 'failed') assert.ok(reason);
  });
});
