import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Express } from 'express';
import type { NodeAPI } from 'node-red';
import { serveStreams } from '../../nodes/hls-export/serve';
import { publicationOf, StreamRegistry } from '../../nodes/hls-export/publication';
import type { HlsFiles } from '../../src/hls/stage';

const express = createRequire(__filename)('express') as () => Express;

const KEY = 'abcdef0123456789'.repeat(4);
const BASE = `/lipwire/${KEY.slice(0, 16)}`;
const CONTENT = 'every byte of the video'.repeat(1000);

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

describe('The route of published streams, asked by somebody who wants more', () => {
  let folder: string;
  let video: string;
  let server: Server;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-serve-'));
    const artifact = path.join(folder, KEY);
    await mkdir(path.join(artifact, '480p'), { recursive: true });
    for (const name of ['master.m3u8', 'poster.jpg', '480p/0.m4s', 'artifact.json', 'notes.txt']) {
      await writeFile(path.join(artifact, name), name);
    }
    await writeFile(path.join(folder, 'secret.mp4'), 'secret');
    await writeFile(path.join(folder, 'secret.json'), 'secret');
    await symlink(path.join(folder, 'secret.mp4'), path.join(artifact, 'link.mp4'));
    video = path.join(folder, 'mine.mp4');
    await writeFile(video, CONTENT);
    const hls = {
      kind: 'hls',
      folder: artifact,
      playlist: path.join(artifact, 'master.m3u8'),
      poster: path.join(artifact, 'poster.jpg'),
      duration: 1,
      renditions: [],
      segments: 1,
    } as HlsFiles;
    const registry = new StreamRegistry();
    registry.add(await publicationOf(hls, video, 'lipwire'), 'test');
    const httpNode = express();
    serveStreams({ httpNode, settings: {} } as unknown as NodeAPI, registry);
    server = httpNode.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  /** Asks for a path exactly as it is written: `fetch` would tidy it up first. */
  function ask(
    target: string,
    { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { port } = server.address() as AddressInfo;
    const options = { host: '127.0.0.1', port, path: target, method, headers, agent: false };
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        const { statusCode = 0, headers: given } = response;
        response.on('end', () => resolve({ status: statusCode, headers: given, body }));
      });
      asked.on('error', reject).end();
    });
  }

  it('gives what was published', async () => {
    assert.equal((await ask(`${BASE}/480p/0.m4s`)).body, '480p/0.m4s');
    assert.equal((await ask(`${BASE}/video.mp4`)).body, CONTENT);
  });

  it('gives nothing else, however the path is written', async () => {
    const names = [
      '../secret.json',
      '480p/../../secret.json',
      '..%2fsecret.json',
      '%2e%2e/secret.json',
      '%2e%2e%2fsecret.json',
      '%252e%252e%252fsecret.json',
      '..%5csecret.json',
      '..\\secret.json',
      '..%c0%afsecret.json',
      '/etc/passwd',
      '%2fetc%2fpasswd',
      'master.m3u8%00.jpg',
      'video.mp4/',
      'video.mp4/../notes.txt',
      'video.mp4;.txt',
      'VIDEO.MP4',
      'link.mp4',
      'notes.txt',
      'artifact.json',
      '480p',
      '480p/',
      'constructor',
      '__proto__',
      '%',
      '%ff',
    ];
    for (const name of names) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE']) {
        const { status, body } = await ask(`${BASE}/${name}`, { method });
        assert.equal(status, 404, `${method} ${name}`);
        assert.ok(!/secret|root:|notes/.test(body.replace(/Cannot .*/, '')), name);
      }
    }
  });

  it('answers ranges that are there, and no others', async () => {
    const ranged = (range: string): Promise<Answer> =>
      ask(`${BASE}/video.mp4`, { headers: { range } });
    assert.deepEqual(
      [(await ranged('bytes=0-4')).status, (await ranged('bytes=0-4')).body],
      [206, 'every'],
    );
    assert.equal((await ranged('bytes=-5')).body, CONTENT.slice(-5));
    assert.equal((await ranged('bytes=99999999-')).status, 416);
    assert.equal((await ranged('bytes=5-1')).body.includes('secret'), false);
    const many = `bytes=${Array.from({ length: 500 }, (_, i) => `${i}-${i + 1}`).join(',')}`;
    for (const range of [
      'bytes=-0',
      'bytes=a-b',
      'lines=0-1',
      'bytes=-99999999999999999999',
      many,
    ]) {
      const { status, body } = await ranged(range);
      assert.ok([200, 206, 416].includes(status), range.slice(0, 40));
      assert.ok(body.length <= CONTENT.length, range.slice(0, 40));
    }
    const head = await ask(`${BASE}/video.mp4`, { method: 'HEAD' });
    assert.deepEqual([head.headers['content-length'], head.body], [`${CONTENT.length}`, '']);
  });

  it('answers a thousand at once, also beside those who never read', async () => {
    const { port } = server.address() as AddressInfo;
    const target = { host: '127.0.0.1', port, path: `${BASE}/video.mp4`, agent: false };
    const slow = Array.from({ length: 20 }, () => request(target).on('error', () => undefined));
    for (const each of slow) each.end();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => ask(`${BASE}/video.mp4`)));
    assert.ok(answers.every(({ status, body }) => status === 200 && body === CONTENT));
    for (const each of slow) each.destroy();
  });

  it('gives no file that took the place of the video since', async () => {
    await rename(video, `${video}.old`);
    assert.equal((await ask(`${BASE}/video.mp4`)).status, 404);
    await symlink(path.join(folder, 'secret.mp4'), video);
    const { status, body, headers } = await ask(`${BASE}/video.mp4`);
    assert.deepEqual([status, body.includes('secret')], [404, false]);
    assert.equal(headers['cache-control'], undefined);
    await rm(video);
    await rename(`${video}.old`, video);
    assert.equal((await ask(`${BASE}/video.mp4`)).body, CONTENT);
  });
});
