import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LipwireError } from '../../src/contract';
import { downloadFromWeb, type WebRequest } from '../../src/net/download';
import { withoutSecrets } from '../../src/net/rules';
import { testServer, type TestServer } from './support';

const BODY = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');

const ANSWERS: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  '/face.png': (response) => response.setHeader('ETag', '"v1"').end(BODY),
  '/tagged.png': (response, { headers }) => {
    response.statusCode = headers['if-none-match'] === '"v1"' ? 304 : 200;
    response.end(headers['if-none-match'] ? undefined : BODY);
  },
  '/moved': (response) => response.writeHead(302, { Location: '/face.png' }).end(),
  '/inside': (response) => response.writeHead(301, { Location: 'http://a.inside/x' }).end(),
  '/number': (response) => response.writeHead(307, { Location: 'http://10.0.0.7/x' }).end(),
  '/password': (response) => response.writeHead(302, { Location: '//a:b@x.example/x' }).end(),
  '/nowhere': (response) => response.writeHead(302).end(),
  '/file': (response) => response.writeHead(302, { Location: 'file:///etc/passwd' }).end(),
  '/missing': (response) => response.writeHead(404).end('no'),
  '/large': (response) => response.writeHead(200, { 'Content-Length': 1e9 }).write(BODY),
  '/endless': (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1000)));
    };
    response.on('drain', more);
    more();
  },
  '/zipped': (response) => response.setHeader('Content-Encoding', 'gzip').end(BODY),
  '/cut': (response) => {
    response.writeHead(200, { 'Content-Length': 5000 });
    response.write(BODY, () => response.destroy());
  },
  '/silent': () => undefined,
  '/switch': ({ socket }) =>
    socket?.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n',
    ),
  '/slow': (response) => void response.writeHead(200).write(BODY),
};

describe('a download from an address that somebody gave', () => {
  let server: TestServer;
  let folder: string;
  let count = 0;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-web-'));
    server = await testServer((request, response) => {
      ANSWERS[request.url?.replace(/\?.*/, '') ?? '']?.(response, request);
    });
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const file = (): string => path.join(folder, `${(count += 1)}`);
  const get = (address: string, more: Partial<WebRequest> = {}, to = file()) =>
    downloadFromWeb(address, to, {
      field: 'msg.portrait',
      rules: server.rules,
      mostBytes: 10_000,
      timeFactor: 1,
      signal: new AbortController().signal,
      ...more,
    });
  const fails = async (
    address: string,
    code: string,
    says: RegExp,
    more: Partial<WebRequest> = {},
  ): Promise<void> => {
    await assert.rejects(get(address, more), (error: unknown) => {
      assert.ok(error instanceof LipwireError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, says);
      assert.match(error.message, /^Expected .* for msg\.portrait but .*; .*\.$/);
      return true;
    });
  };

  it('is the file, byte for byte, and what is told of it', async () => {
    const to = file();
    const came = await get(server.url('/face.png?key=1'), {}, to);
    assert.deepEqual(await readFile(to), BODY);
    assert.equal(came?.bytes, BODY.length);
    assert.equal(came?.etag, '"v1"');
    assert.deepEqual(came?.head, BODY);
    assert.match(came?.sha256 ?? '', /^[0-9a-f]{64}$/);
  });

  it('follows redirects, and looks each name up once, for the connection itself', async () => {
    server.resolved.length = 0;
    await get(server.url('/moved', 'a.example'));
    assert.deepEqual(server.resolved, ['a.example', 'a.example']);
    assert.deepEqual(server.asked.slice(-2), ['a.example/moved', 'a.example/face.png']);
  });

  it('goes to the address that was checked, whatever the name means a moment later', async () => {
    let times = 0;
    // A server of names that gives another address the second time.
    const resolve: WebRequest['rules']['resolve'] = async () => {
      times += 1;
      return [{ address: times === 1 ? '127.0.0.1' : '10.0.0.7', family: 4 }];
    };
    await get(server.url('/face.png', 'rebind.example'), { rules: { ...server.rules, resolve } });
    assert.equal(times, 1);
  });

  it('sends nothing to a private network, neither by name, by number, nor by redirect', async () => {
    const before = server.asked.length;
    for (const host of ['a.inside', 'mixed.example', '10.0.0.7', '[::1]']) {
      await fails(server.url('/face.png', host), 'E_INPUT', /a private network/);
    }
    assert.equal(server.asked.length, before);
    for (const to of ['/inside', '/number', '/password', '/file']) {
      await fails(server.url(to), 'E_INPUT', /private|port|password|neither https/);
    }
    assert.equal(server.asked.length, before + 4);
  });

  it('ends after five redirects, and with whatever is no file', async () => {
    const before = server.asked.length;
    await fails(server.url('/nowhere'), 'E_PATH', /more than 5 times/);
    assert.equal(server.asked.length, before + 6);
    await fails(server.url('/missing'), 'E_PATH', /status 404/);
    await fails(server.url('/zipped'), 'E_PATH', /gzip/);
    await fails(server.url('/cut'), 'E_PATH', /cut off/);
    await fails(server.url('/switch'), 'E_PATH', /cut off/);
    const closed = { ...server.rules, mayUsePort: () => true };
    await fails('http://gone.example:1/', 'E_PATH', /takes no connections/, { rules: closed });
  });

  it('ends as soon as it is too large, by what is said and by what comes', async () => {
    await fails(server.url('/large'), 'E_INPUT', /larger than the studio takes/);
    await fails(server.url('/endless'), 'E_INPUT', /larger than the studio takes/);
  });

  it('ends when it takes too long, whether nothing comes or too little', async () => {
    for (const to of ['/silent', '/slow']) {
      await fails(server.url(to), 'E_TIMEOUT', /within 0\.\d+ s/, { timeFactor: 0.001 });
    }
  });

  it('ends when it is cancelled', async () => {
    const abort = new AbortController();
    const waiting = get(server.url('/slow'), { signal: abort.signal });
    setTimeout(() => abort.abort(new LipwireError('E_CANCELLED', 'Enough.')), 20);
    await assert.rejects(waiting, /Enough/);
  });

  it('is not sent again where the server knows that it is the same', async () => {
    assert.equal(await get(server.url('/tagged.png'), { etag: '"v1"' }), undefined);
    assert.ok(await get(server.url('/tagged.png')));
  });

  it('never replaces a file, and shows no secrets in its errors', async () => {
    const to = file();
    await get(server.url('/face.png'), {}, to);
    await assert.rejects(get(server.url('/face.png'), {}, to), { code: 'EEXIST' });
    const shown = withoutSecrets('https://me:pass@h.example/a?token=1#x');
    assert.equal(shown, 'https://h.example/a');
    await assert.rejects(
      get(server.url('/missing?token=secret')),
      (error: Error) => !error.message.includes('secret'),
    );
    assert.ok((await readdir(folder)).length > 0);
  });
});
