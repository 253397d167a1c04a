import assert from 'node:assert/strict';
import type { StreamPayload } from '../../src/contract';
import { example, lighter, named } from '../support/flows';
import { sharedNodeRed, type FlowNode, type NodeRed } from '../support/node-red';
import { smallAvatar } from '../support/portrait';

describe('A published stream', function () {
  this.timeout(120_000);
  let flow: FlowNode[];
  let nodeRed: NodeRed;
  let stream: StreamPayload;
  let base: string;

  before(async () => {
    nodeRed = await sharedNodeRed();
    flow = lighter(example('08'), await smallAvatar(nodeRed.home));
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'sentence').id);
    const [seen] = await probe.wait(1);
    stream = seen.msg.payload as StreamPayload;
    base = nodeRed.url + stream.url.replace(/master\.m3u8$/, '');
  });

  function get(name: string, options: RequestInit = {}): Promise<Response> {
    return fetch(base + name, options);
  }

  /** The first media file that the playlists lead to. */
  async function firstSegment(): Promise<string> {
    const rendition = /^(?!#)\S+\.m3u8$/m.exec(await (await get('master.m3u8')).text())![0];
    const playlist = await (await get(rendition)).text();
    const segment = /^(?!#)\S+$/m.exec(playlist)![0];
    return new URL(segment, new URL(rendition, 'http://x/')).pathname.slice(1);
  }

  it('has the right types, may be read from other sites, and is not guessed at', async () => {
    const types = {
      'master.m3u8': 'application/vnd.apple.mpegurl',
      'video.mp4': 'video/mp4',
      'poster.jpg': 'image/jpeg',
      [await firstSegment()]: 'video/iso.segment',
    };
    for (const [name, type] of Object.entries(types)) {
      const response = await get(name);
      await response.arrayBuffer();
      assert.equal(response.status, 200, name);
      assert.equal(response.headers.get('content-type'), type, name);
      assert.equal(response.headers.get('access-control-allow-origin'), '*', name);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff', name);
      assert.ok(response.headers.get('etag'), name);
    }
  });

  it('answers ranges, and says when one is not there', async () => {
    const part = await get('video.mp4', { headers: { range: 'bytes=4-7' } });
    assert.equal(part.status, 206);
    assert.match(part.headers.get('content-range') ?? '', /^bytes 4-7\/\d+$/);
    assert.equal(await part.text(), 'ftyp');
    const beyond = await get('video.mp4', { headers: { range: 'bytes=999999999-' } });
    assert.equal(beyond.status, 416);
    assert.match(beyond.headers.get('content-range') ?? '', /^bytes \*\/\d+$/);
  });

  it('answers HEAD, OPTIONS and If-None-Match, and refuses to be changed', async () => {
    const head = await get('video.mp4', { method: 'HEAD' });
    assert.ok(Number(head.headers.get('content-length')) > 1000);
    // Without a Cache-Control of its own, fetch asks for a fresh copy.
    const same = { 'if-none-match': head.headers.get('etag')!, 'cache-control': 'max-age=0' };
    assert.equal((await get('video.mp4', { headers: same })).status, 304);
    assert.equal((await get('video.mp4', { method: 'OPTIONS' })).status, 204);
    const refused = await get('video.mp4', { method: 'POST', body: 'x' });
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.get('allow'), 'GET, HEAD, OPTIONS');
  });

  it('has a player page that may load from its own place only', async () => {
    const page = await get('watch?kiosk');
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.ok(!/unsafe|http|\*/.test(policy), policy);
    const html = await page.text();
    for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      if (file.startsWith('data:')) continue;
      assert.ok(!/^(https?:)?\//.test(file), file);
      assert.equal((await get(file)).status, 200, file);
    }
  });

  it('describes itself to the player', async () => {
    const facts = (await (await get('stream.json')).json()) as Record<string, unknown>;
    assert.equal(facts['title'], named(flow, 'sentence').payload);
    assert.equal(facts['playlist'], 'master.m3u8');
    assert.equal(facts['video'], 'video.mp4');
    assert.ok(Number(facts['width']) > 0);
  });

  it('serves nothing beside its own files', async () => {
    const paths = [
      '',
      'nothing.mp4',
      '..%2f..%2fpackage.json',
      '../../../package.json',
      '%2e%2e/%2e%2e/etc/passwd',
      'index.html',
      'artifact.json',
      'poster.jpg/..',
      'master.m3u8%00',
      '__proto__',
      'constructor',
    ];
    for (const name of paths) assert.equal((await get(name)).status, 404, name);
    const other = `${nodeRed.url}/lipwire/news/0123456789abcdef/master.m3u8`;
    assert.equal((await fetch(other)).status, 404);
  });

  it('has the same address when the same video is published again', async () => {
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'sentence').id);
    const [seen] = await probe.wait(1);
    assert.equal((seen.msg.payload as StreamPayload).url, stream.url);
  });

  it('is gone when its node is', async () => {
    assert.equal((await get('master.m3u8')).status, 200);
    await nodeRed.deploy(flow.filter(({ type }) => type !== 'lipwire-hls-export'));
    assert.equal((await get('master.m3u8')).status, 404);
    assert.equal((await get('watch')).status, 404);
  });
});
