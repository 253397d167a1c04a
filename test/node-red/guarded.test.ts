import assert from 'node:assert/strict';
import type { StreamPayload } from '../../src/contract';
import { example, lighter, named, withText } from '../support/flows';
import { NodeRed, until } from '../support/node-red';
import { smallAvatar } from '../support/portrait';

/** `secret`, hashed by bcrypt as Node-RED's settings want it. */
const HASH = '$2b$04$l/daqJbsKmcNzXWqz8yZFuAry8u.P8xeDCjgiJXbtTTFsVGKzmCga';

/** Below the studio of these tests, and below the sidebar. */
const STUDIO_ROUTES = [
  'GET diagnostics',
  'GET doctor',
  'GET models',
  'GET voices',
  'GET equipment',
  ...['pull', 'add', 'verify', 'cancel', 'remove', 'upload'].map((name) => `POST models/${name}`),
];
const SIDEBAR_ROUTES = [
  ...['jobs', 'studios', 'studios/a-studio', 'studios/a-studio/report'].map(
    (name) => `GET ${name}`,
  ),
  'POST cancel',
];
const ROUTES = [
  ...STUDIO_ROUTES.map((route) => route.replace(' ', ' lipwire-studio/a-studio/')),
  ...SIDEBAR_ROUTES.map((route) => route.replace(' ', ' lipwire-sidebar/')),
  'POST lipwire-tts/listen',
  'POST lipwire-tts/test',
  'GET lipwire-preview/nodes/a-node',
  'POST lipwire-preview/portrait',
  'POST lipwire-preview/portraits',
];

describe('Node-RED with roots, users and passwords of its own', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let stream: StreamPayload;
  const tokens: Record<string, string> = {};

  before(async () => {
    const user = (username: string, permissions: string): object => {
      return { username, permissions, password: HASH };
    };
    nodeRed = await NodeRed.start({
      settings: {
        httpAdminRoot: '/admin',
        httpNodeRoot: '/endpoint',
        httpNodeAuth: { user: 'viewer', pass: HASH },
        adminAuth: { type: 'credentials', users: [user('writer', '*'), user('reader', 'read')] },
      },
    });
    for (const [name, scope] of Object.entries({ writer: '*', reader: 'read' })) {
      const login = { client_id: 'node-red-admin', grant_type: 'password', password: 'secret' };
      const answer = await asked('POST', 'auth/token', { ...login, username: name, scope });
      tokens[name] = ((await answer.json()) as { access_token: string }).access_token;
    }
    const flow = lighter(withText(example('08'), 'Who is there?'), await smallAvatar(nodeRed.home));
    const place = { z: flow[0].id, x: 1, y: 1 };
    const publisher = flow.find(({ type }) => type === 'lipwire-hls-export')!;
    publisher.wires = [['keep']];
    const keep = "global.set('stream', msg.payload);";
    const flows = [
      ...flow,
      { id: 'a-studio', type: 'lipwire-studio' },
      { id: 'keep', type: 'function', ...place, func: keep, outputs: 0, wires: [] },
    ];
    const started = nodeRed.log.length;
    await asked('POST', 'flows', { flows }, 'writer', { 'Node-RED-API-Version': 'v2' });
    await until(() => nodeRed.log.slice(started).includes('Started flows'));
    await asked('POST', `inject/${named(flow, 'sentence').id}`, {}, 'writer');
    await until(async () => {
      const kept = await asked('GET', 'context/global/stream', undefined, 'writer');
      const { msg } = (await kept.json()) as { msg?: string };
      if (msg?.startsWith('{')) stream = JSON.parse(msg) as StreamPayload;
      return stream !== undefined;
    });
  });
  after(() => nodeRed?.stop());

  function asked(
    method: string,
    route: string,
    body?: object,
    user?: string,
    more: Record<string, string> = {},
  ): Promise<Response> {
    const headers = { 'content-type': 'application/json', ...more };
    if (user) Object.assign(headers, { authorization: `Bearer ${tokens[user]}` });
    const sent = body && { body: JSON.stringify(body) };
    return fetch(`${nodeRed.url}/admin/${route}`, { method, headers, ...sent });
  }

  for (const route of ROUTES) {
    it(`lets only whom it may concern ask for ${route}`, async () => {
      const [method, name] = route.split(' ') as [string, string];
      const ask = async (user?: string): Promise<number> => {
        const body = method === 'POST' ? {} : undefined;
        return (await asked(method, name, body, user)).status;
      };
      assert.equal(await ask(), 401);
      assert.equal(await ask('reader'), method === 'GET' ? 200 : 401);
      // Nothing was asked for: the permission was enough, the request was not.
      assert.equal(await ask('writer'), method === 'GET' ? 200 : 400);
    });
  }

  it('shows results and clears workspaces only for whom it may concern', async () => {
    const sidebar = async (method: string, name: string, user?: string): Promise<Response> => {
      const body = method === 'POST' ? {} : undefined;
      return asked(method, `lipwire-sidebar/${name}`, body, user);
    };
    const board = (await (await sidebar('GET', 'jobs', 'reader')).json()) as {
      ended: { id: string; media?: string }[];
    };
    const made = board.ended.find(({ media }) => media === 'video')!;
    const result = `jobs/${made.id}/result`;
    assert.equal((await sidebar('GET', result)).status, 401);
    const video = await sidebar('GET', result, 'reader');
    assert.deepEqual([video.status, video.headers.get('content-type')], [200, 'video/mp4']);
    await video.body?.cancel();
    for (const name of ['jobs/0/result', 'jobs/..%2F1/result', 'studios/nobody']) {
      assert.equal((await sidebar('GET', name, 'reader')).status, 404, name);
    }
    const clear = 'studios/a-studio/clear';
    assert.equal((await sidebar('GET', clear, 'writer')).status, 404);
    assert.equal((await sidebar('POST', clear)).status, 401);
    assert.equal((await sidebar('POST', clear, 'reader')).status, 401);
    assert.equal((await sidebar('POST', clear, 'writer')).status, 200);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const form = await asked('POST', 'lipwire-sidebar/cancel', {}, 'writer', headers);
    assert.equal(form.status, 400);
  });

  it('shows previews, and sends exactly the files of results, to whom it may concern', async () => {
    const ids = example('08').filter(({ type }) => /^lipwire-/.test(type));
    for (const { id, type } of ids) {
      const media = `lipwire-preview/nodes/${id}/media`;
      assert.equal((await asked('GET', media)).status, 401, type);
      const headers = { range: 'bytes=0-99' };
      const sent = await asked('GET', media, undefined, 'reader', headers);
      const hasFile = ['tts', 'loudnorm', 'wav2lip', 'stitch'].includes(type.slice(8));
      assert.equal(sent.status, hasFile ? 206 : 404, type);
      if (hasFile) assert.equal((await sent.arrayBuffer()).byteLength, 100);
      const facts = await asked('GET', `lipwire-preview/nodes/${id}`, undefined, 'reader');
      const text = await facts.text();
      assert.ok(!text.includes(nodeRed.home), `a path: ${text.slice(0, 200)}`);
    }
    for (const name of ['nobody/media', '..%2F..%2Fetc%2Fpasswd/media', '__proto__/media']) {
      const { status } = await asked('GET', `lipwire-preview/nodes/${name}`, undefined, 'reader');
      assert.equal(status, 404, name);
    }
  });

  it('publishes under its HTTP root, to whoever knows the password', async () => {
    assert.match(stream.url, /^\/endpoint\/lipwire\/news\/[0-9a-f]{16}\/master\.m3u8$/);
    const authorization = `Basic ${Buffer.from('viewer:secret').toString('base64')}`;
    for (const url of [stream.url, stream.watchUrl]) {
      assert.equal((await fetch(nodeRed.url + url)).status, 401);
      assert.equal((await fetch(nodeRed.url + url, { headers: { authorization } })).status, 200);
      const elsewhere = url.replace('/endpoint', '');
      assert.equal((await fetch(nodeRed.url + elsewhere)).status, 404);
    }
  });

  it('finds the script of the dialogs under its admin root', async () => {
    const script = 'resources/@lipwire/node-red-lipwire/nodes/tts.js';
    assert.equal((await asked('GET', script)).status, 200);
  });
});
