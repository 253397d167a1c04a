import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Express, NextFunction, Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import studioModule from '../../nodes/studio/node';
import { serveModels } from '../../nodes/studio/models';
import { ModelStore, type ModelStatus } from '../../src/ml/store/store';
import type { ModelTask } from '../../src/ml/store/tasks';
import { helper } from '../support/node-helper';
import { file, FileServer, onnxFile, published, stall, temporaryFolder } from '../ml/store/support';

const express = createRequire(__filename)('express') as { (): Express; json(): never };

interface Listing {
  folder: string;
  models: ModelStatus[];
  tasks: ModelTask[];
}

describe('the admin routes of the model store', () => {
  const content = onnxFile();
  let source: FileServer;
  let admin: Server;
  let base: string;
  let folder: string;
  let remove: () => Promise<void>;
  /** Who may do what; both are allowed unless a test says otherwise. */
  let permissions = new Set<string>();

  before(async () => {
    source = await new FileServer().open();
    const app = express();
    app.use(express.json());
    const needsPermission = (scope: string) => {
      return (_request: Request, response: Response, next: NextFunction) =>
        permissions.has(scope) ? next() : void response.status(401).end();
    };
    const node = { openStudio: () => ({ settings: {} }) };
    const RED = {
      httpAdmin: app,
      auth: { needsPermission },
      nodes: { getNode: (id: string) => (id === 'studio' ? node : null) },
      settings: { userDir: '/' },
    } as unknown as NodeAPI;
    const open = async (): Promise<ModelStore> => {
      const models = [published(content, { sources: [source.url()] })];
      return new ModelStore({ folder, models, patience: { stall: 5000, retries: 0, pause: 1 } });
    };
    serveModels(RED, open);
    admin = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => admin.once('listening', resolve));
    base = `http://127.0.0.1:${(admin.address() as AddressInfo).port}/lipwire-studio/studio/models`;
  });
  after(async () => {
    await source.close();
    admin.closeAllConnections();
    await new Promise((resolve) => admin.close(resolve));
  });
  beforeEach(async () => {
    permissions = new Set(['lipwire-studio.read', 'lipwire-studio.write']);
    ({ folder, remove } = await temporaryFolder());
  });
  afterEach(() => remove());

  async function list(): Promise<Listing> {
    return (await (await fetch(base)).json()) as Listing;
  }

  function post(action: string, body: unknown): Promise<globalThis.Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${base}/${action}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async function taskEnded(name: string): Promise<ModelTask> {
    for (;;) {
      const task = (await list()).tasks.find((each) => each.name === name);
      if (task && task.state !== 'running') return task;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  it('lists models with what an editor needs to show', async () => {
    const { models, tasks } = await list();
    assert.equal(models[0]?.name, 'lips');
    assert.equal(models[0]?.installed, false);
    assert.equal(models[0]?.commercialUse, false);
    assert.deepEqual(tasks, []);
  });

  it('downloads in the background and tells how far it is when it is asked', async () => {
    source.answer(file(content));
    const started = (await (await post('pull', { name: 'lips' })).json()) as ModelTask;
    assert.equal(started.state, 'running');
    const ended = await taskEnded('lips');
    assert.equal(ended.state, 'done');
    assert.equal(ended.progress?.done, content.length);
    assert.equal((await list()).models[0]?.valid, true);
  });

  it('says why a download failed', async () => {
    source.answer(file(onnxFile()));
    await post('pull', { name: 'lips' });
    const { state, error } = await taskEnded('lips');
    assert.equal(state, 'failed');
    assert.equal(error?.code, 'E_MODEL_INVALID');
  });

  it('cancels a download', async () => {
    source.answer(stall(content, 100));
    await post('pull', { name: 'lips' });
    while (source.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const answer = await (await post('cancel', { name: 'lips' })).json();
    assert.deepEqual(answer, { cancelled: true });
    assert.equal((await taskEnded('lips')).state, 'cancelled');
  });

  it('takes a file as an upload, checks and removes it', async () => {
    const response = await fetch(`${base}/upload?name=${encodeURIComponent('../My Löwe.onnx')}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(onnxFile()),
    });
    const status = (await response.json()) as ModelStatus;
    assert.equal(status.file, 'my-lowe.onnx');
    await post('verify', { name: 'my-lowe' });
    assert.equal((await taskEnded('my-lowe')).state, 'done');
    assert.deepEqual(await (await post('remove', { name: 'my-lowe' })).json(), { removed: true });
    assert.equal((await list()).models.length, 1);
  });

  it('answers an upload that is no model with the reason', async () => {
    const response = await fetch(`${base}/upload?name=a.onnx`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: 'no model',
    });
    assert.equal(response.status, 400);
    const { error } = (await response.json()) as { error: { code: string } };
    assert.equal(error.code, 'E_MODEL_INVALID');
  });

  it('takes a file of the server by its path', async () => {
    const other = await temporaryFolder();
    try {
      const own = path.join(other.folder, 'own.onnx');
      await writeFile(own, onnxFile());
      await post('add', { file: own });
      assert.equal((await taskEnded('own.onnx')).state, 'done');
      assert.deepEqual(await readFile(path.join(folder, 'own.onnx')), await readFile(own));
    } finally {
      await other.remove();
    }
  });

  it('refuses what a page of another site could send without being asked about it', async () => {
    source.answer(file(content));
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      for (const action of ['pull', 'add', 'verify', 'remove', 'cancel', 'upload?name=a.onnx']) {
        const response = await fetch(`${base}/${action}`, {
          method: 'POST',
          headers: { 'content-type': type },
          body: '{"name":"lips","file":"/x"}',
        });
        assert.equal(response.status, 400, `${action} with ${type}`);
      }
    }
    assert.equal(source.requests.length, 0);
  });

  it('changes nothing by GET', async () => {
    for (const action of ['pull', 'add', 'verify', 'remove', 'cancel', 'upload']) {
      assert.equal((await fetch(`${base}/${action}?name=lips`)).status, 404);
    }
  });

  it('needs the permission to read for listing and to write for all else', async () => {
    permissions = new Set(['lipwire-studio.read']);
    assert.equal((await fetch(base)).status, 200);
    for (const action of ['pull', 'add', 'verify', 'remove', 'cancel', 'upload']) {
      assert.equal((await post(action, { name: 'lips' })).status, 401);
    }
    permissions = new Set(['lipwire-studio.write']);
    assert.equal((await fetch(base)).status, 401);
  });

  it('answers with a status that fits the error', async () => {
    assert.equal((await post('pull', {})).status, 400);
    assert.equal((await post('remove', { name: 'nothing' })).status, 404);
    assert.equal((await post('add', { file: 'http://localhost/a.onnx' })).status, 400);
    assert.equal((await fetch(base.replace('/studio/', '/other/'))).status, 404);
  });
});

describe('the model store of a studio node', () => {
  let folder: string;
  let remove: () => Promise<void>;

  before(async () => {
    ({ folder, remove } = await temporaryFolder());
    await helper.startServer();
  });
  after(async () => {
    await helper.unload();
    await helper.stopServer();
    await remove();
  });

  it('works in Node-RED with the folder that the node names', async () => {
    await writeFile(path.join(folder, 'mine.onnx'), onnxFile());
    const node = { id: 'studio', type: 'lipwire-studio', models: folder };
    await helper.load([studioModule], [node]);
    const route = '/lipwire-studio/studio/models';
    const listing = (await helper.request().get(route)).body as Listing;
    assert.equal(listing.folder, folder);
    assert.ok(listing.models.some(({ name, by }) => name === 'mine' && by === 'found'));
    const admin = helper.request() as unknown as {
      post(path: string): { send(body: object): Promise<{ status: number; body: unknown }> };
    };
    const answer = await admin.post(`${route}/remove`).send({ name: 'mine' });
    assert.equal(answer.status, 400);
    assert.match(JSON.stringify(answer.body), /E_PATH.*delete the file yourself/);
  });
});
