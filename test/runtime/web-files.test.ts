import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeWav } from '../../src/av/wav';
import { resolveParameters } from '../../src/contract';
import type { RunObserver } from '../../src/runtime/run-events';
import type { StudioOptions } from '../../src/runtime/types';
import { testServer, type TestServer } from '../net/support';
import { names, testStudio, withCode } from './support';
import { loudnorm } from '../../src/loudness/stage';

const LOUD = resolveParameters(loudnorm.parameters, []);
const SOUND = Buffer.from(
  encodeWav({ sampleRate: 16_000, channels: [new Float32Array(1600).fill(0.1)] }),
);

describe('a studio and the web', () => {
  let folder: string;
  let workspace: string;
  let server: TestServer;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-web-'));
    workspace = path.join(folder, 'workspace');
    server = await testServer((request, response) => {
      if (request.url === '/page') return response.end('<html>A page</html>');
      response.setHeader('ETag', '"1"');
      const isKnown = request.headers['if-none-match'] === '"1"';
      return isKnown ? response.writeHead(304).end() : response.end(SOUND);
    });
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  async function withStudio<T>(
    options: StudioOptions,
    use: (studio: ReturnType<typeof testStudio>) => Promise<T>,
  ): Promise<T> {
    const studio = testStudio(workspace, { webRules: server.rules, ...options });
    try {
      return await use(studio);
    } finally {
      await studio.close();
      assert.deepEqual(await names(workspace, 'tmp'), []);
    }
  }

  it('asks nobody unless its setting says so, and names the setting', async () => {
    await withStudio({}, async (studio) => {
      await assert.rejects(studio.fetchFile(server.url('/a.wav?key=x'), 'msg.payload'), (error) => {
        assert.ok(withCode('E_INPUT')(error));
        assert.match((error as Error).message, /msg\.payload .*web addresses.*--allow-web/);
        return !(error as Error).message.includes('key');
      });
      assert.deepEqual(server.asked, []);
    });
  });

  it('asks no private network, also where it accepts web addresses', async () => {
    await withStudio({ acceptWeb: true }, async (studio) => {
      const own = testStudio(workspace, { acceptWeb: true });
      try {
        for (const address of [server.url('/a.wav', '127.0.0.1'), 'http://localhost/a.wav']) {
          await assert.rejects(own.fetchFile(address, 'x'), withCode('E_INPUT'), address);
        }
      } finally {
        await own.close();
      }
      await assert.rejects(
        studio.fetchFile(server.url('/a.wav', 'a.inside'), 'x'),
        withCode('E_INPUT'),
      );
      assert.deepEqual(server.asked, []);
    });
  });

  it('keeps what it got by its content, so that the same bytes are the same artifact', async () => {
    await withStudio({ acceptWeb: true }, async (studio) => {
      const one = await studio.fetchFile(server.url('/one.wav'), 'msg.payload');
      assert.match(path.relative(workspace, one), /^inputs[\\/][0-9a-f]{64}\.wav$/);
      assert.deepEqual(await readFile(one), SOUND);
      const two = await studio.fetchFile(server.url('/two.wav', 'other.example'), 'msg.payload');
      assert.equal(two, one);
      const cached: boolean[] = [];
      const observe: RunObserver = (event) =>
        event.type === 'done' && cached.push(event.report.cached);
      for (const file of [one, two]) {
        await studio.run('loudnorm', { kind: 'file', file }, LOUD, { observe });
      }
      assert.deepEqual(cached, [false, true]);
    });
  });

  it('has what has not changed sent once, and again where its file is gone', async () => {
    await withStudio({ acceptWeb: true }, async (studio) => {
      const address = server.url('/three.wav');
      const file = await studio.fetchFile(address, 'msg.payload');
      assert.equal(await studio.fetchFile(address, 'msg.payload'), file);
      await rm(file);
      assert.equal(await studio.fetchFile(address, 'msg.payload'), file);
      assert.deepEqual(await readFile(file), SOUND);
    });
  });

  it('refuses what is no picture, sound or video, and what is too large', async () => {
    await withStudio({ acceptWeb: true, limits: { bytes: 2000 } }, async (studio) => {
      const page = studio.fetchFile(server.url('/page'), 'msg.portrait');
      await assert.rejects(page, /no format that is known; give the address of the file itself/);
      const large = studio.fetchFile(server.url('/a.wav'), 'msg.portrait');
      await assert.rejects(large, /larger than the studio takes/);
    });
  });

  it('stops asking when it is closed', async () => {
    const silent = await testServer(() => undefined);
    const studio = testStudio(workspace, { webRules: silent.rules, acceptWeb: true });
    try {
      const waiting = studio.fetchFile(silent.url('/a.wav'), 'msg.payload');
      const ended = assert.rejects(waiting, withCode('E_CANCELLED'));
      while (silent.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await studio.close();
      await ended;
    } finally {
      await studio.close();
      await silent.close();
    }
  });
});
