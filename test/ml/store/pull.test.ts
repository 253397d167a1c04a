import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ModelStore, type ModelStoreOptions } from '../../../src/ml/store/store';
import type { ModelProgress } from '../../../src/ml/store/tasks';
import type { StoreModel } from '../../../src/ml/store/manifest';
import {
  CUT_AFTER,
  cutOff,
  file,
  FileServer,
  onnxFile,
  published,
  redirect,
  stall,
  status,
  temporaryFolder,
  type Answer,
} from './support';

const PATIENCE = { stall: 5000, retries: 2, pause: 1 };
const IMPATIENT = { ...PATIENCE, stall: 400 };

describe('pulling a model', () => {
  const content = onnxFile(3000);
  let server: FileServer;
  let folder: string;
  let remove: () => Promise<void>;

  before(async () => {
    server = await new FileServer().open();
  });
  after(() => server.close());
  beforeEach(async () => {
    ({ folder, remove } = await temporaryFolder());
  });
  afterEach(async () => {
    await remove();
  });

  function store(
    more: Partial<StoreModel> = {},
    options: Partial<ModelStoreOptions> = {},
  ): ModelStore {
    const model = published(content, { sources: [server.url()], ...more });
    return new ModelStore({ folder, models: [model], patience: PATIENCE, ...options });
  }

  const place = (): string => path.join(folder, 'lips.onnx');
  const isThere = async (): Promise<boolean> => (await readdir(folder)).includes('lips.onnx');

  async function expectPulled(models = store()): Promise<void> {
    const status = await models.pull('lips');
    assert.equal(status.valid, true);
    assert.equal(status.by, 'pull');
    assert.deepEqual(await readFile(place()), content);
    assert.deepEqual(await partial(), []);
  }

  /** What is left of downloads. */
  const partial = (): Promise<string[]> => readdir(path.join(folder, '.lipwire', 'partial'));

  async function expectRefused(pattern: RegExp, code: string, models = store()): Promise<void> {
    await assert.rejects(models.pull('lips'), (error: Error & { code?: string }) => {
      assert.match(error.message, pattern);
      assert.equal(error.code, code);
      return true;
    });
    assert.equal(await isThere(), false);
  }

  it('brings the file whole, tells how far it is, and closes its connection', async () => {
    server.answer(file(content));
    const seen: ModelProgress[] = [];
    await store().pull('lips', { onProgress: (progress) => seen.push({ ...progress }) });
    assert.deepEqual(await readFile(place()), content);
    assert.deepEqual(seen.at(-1), {
      doing: 'checking',
      done: content.length,
      total: content.length,
    });
    const downloaded = seen.filter(({ doing }) => doing === 'downloading').map(({ done }) => done);
    assert.deepEqual(
      downloaded,
      [...downloaded].sort((a, b) => a - b),
    );
    assert.equal(downloaded.at(-1), content.length);
    await pause(20);
    assert.equal(server.openConnections, 0);
  });

  it('asks nobody when the model is there already', async () => {
    await writeFile(place(), content);
    server.answer(file(content));
    const status = await store().pull('lips');
    assert.equal(status.by, 'found');
    assert.equal(server.requests.length, 0);
  });

  it('goes on where a connection was cut, and only if the file is still the same', async () => {
    server.answer(cutOff(content, 1000), file(content));
    await expectPulled();
    assert.deepEqual(server.requests, [
      { url: '/lips.onnx' },
      { url: '/lips.onnx', range: 'bytes=1000-', ifRange: '"one"' },
    ]);
  });

  it('goes on with what an earlier attempt left', async () => {
    server.answer(cutOff(content, 2000), status(404));
    await expectRefused(/status 404/, 'E_MODEL_MISSING');
    assert.equal((await store().list())[0]?.partialBytes, 2000);
    server.answer(file(content));
    await expectPulled();
    assert.equal(server.requests[0]?.range, 'bytes=2000-');
  });

  it('starts again when the server has another version by now', async () => {
    server.answer(cutOff(onnxFile(3000), 1000, '"old"'), file(content, '"new"'));
    await expectPulled();
    assert.equal(server.requests[1]?.ifRange, '"old"');
  });

  it('starts again when the server ignores ranges', async () => {
    const whole: Answer = (_request, response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      response.end(content);
    };
    server.answer(cutOff(content, 1000), whole);
    await expectPulled();
    assert.equal(server.requests.length, 2);
  });

  it('starts again when the server ignores If-Range and continues another version', async () => {
    const careless: Answer = (request, response) =>
      file(content, '"new"')(
        Object.assign(request, { headers: { range: request.headers.range } }),
        response,
      );
    server.answer(cutOff(onnxFile(3000), 1000, '"old"'), careless);
    await expectPulled();
    assert.equal(server.requests.length, 3);
    assert.equal(server.requests[2]?.range, undefined);
  });

  it('starts again when parts without a version do not fit together', async () => {
    const anonymous =
      (bytes: Buffer): Answer =>
      (request, response) => {
        response.removeHeader('ETag');
        const start = Number(/(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
        response.writeHead(start > 0 ? 206 : 200, {
          'Content-Length': bytes.length - start,
          ...(start > 0 && { 'Content-Range': `bytes ${start}-${bytes.length - 1}/*` }),
        });
        response.end(bytes.subarray(start));
      };
    const cut: Answer = (_request, response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      response.write(onnxFile(3000).subarray(0, 1000), () =>
        setTimeout(() => response.destroy(), CUT_AFTER),
      );
    };
    server.answer(cut, anonymous(content));
    await expectPulled();
    assert.deepEqual(
      server.requests.map(({ range }) => range),
      [undefined, 'bytes=1000-', undefined],
    );
  });

  it('starts again when the server answers with another range than asked', async () => {
    const shifted: Answer = (_request, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 0-9/${content.length}` });
      response.end(content.subarray(0, 10));
    };
    server.answer(cutOff(content, 1000), shifted, file(content));
    await expectPulled();
    assert.equal(server.requests[2]?.range, undefined);
  });

  it('starts again when the server knows no such range', async () => {
    server.answer(cutOff(content, 1000), status(416), file(content));
    await expectPulled();
  });

  it('gives a source up that keeps stalling, and keeps what came', async () => {
    server.answer(stall(content, 1500));
    const models = store({}, { patience: IMPATIENT });
    await expectRefused(/nothing came for 0\.\d s/, 'E_MODEL_MISSING', models);
    assert.ok(server.requests.length > PATIENCE.retries);
    assert.equal((await store().list())[0]?.partialBytes, 1500);
  });

  it('gives a source up that never answers', async () => {
    server.answer(() => undefined);
    const models = store({}, { patience: IMPATIENT });
    await expectRefused(/nothing came for/, 'E_MODEL_MISSING', models);
  });

  it('tries the next source when one is down, is missing the file or stalls', async () => {
    const dead = await new FileServer().open();
    const gone = dead.url();
    await dead.close();
    server.answer(status(500), status(500), status(500), status(403), file(content));
    await expectPulled(
      store({ sources: [gone, server.url('/a'), server.url('/b'), server.url('/c')] }),
    );
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      ['/a', '/a', '/a', '/b', '/c'],
    );
  });

  it('does not continue one source with the bytes of another', async () => {
    server.answer(cutOff(onnxFile(3000), 1000), status(404), file(content));
    await expectPulled(store({ sources: [server.url('/a'), server.url('/b')] }));
    assert.equal(server.requests.at(-1)?.range, undefined);
  });

  it('never shows a file with other bytes', async () => {
    server.answer(file(onnxFile(3000)));
    await expectRefused(/another SHA-256/, 'E_MODEL_INVALID');
    assert.deepEqual(await partial(), []);
  });

  it('refuses a file whose announced size is another one before reading it', async () => {
    server.answer(file(Buffer.concat([content, content])));
    await expectRefused(/has \d+ bytes and not \d+/, 'E_MODEL_MISSING');
    assert.deepEqual(await partial(), []);
  });

  it('cuts a server off that sends without end', async () => {
    let isCut = false;
    const endless: Answer = (_request, response) => {
      response.on('close', () => (isCut = true));
      response.writeHead(200);
      const more = (): void => {
        if (!isCut) response.write(content, () => setImmediate(more));
      };
      more();
    };
    server.answer(endless);
    await expectRefused(/sends more than \d+ bytes/, 'E_MODEL_INVALID');
    await pause(20);
    assert.equal(isCut, true);
    assert.deepEqual(await partial(), []);
  });

  it('does not take a shorter file for the whole one', async () => {
    const short: Answer = (_request, response) => {
      response.writeHead(200);
      response.end(content.subarray(0, 500));
    };
    server.answer(short);
    await expectRefused(/cut off/, 'E_MODEL_MISSING');
  });

  it('refuses compressed answers', async () => {
    server.answer((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' });
      response.end(content);
    });
    await expectRefused(/as gzip/, 'E_MODEL_MISSING');
  });

  it('follows redirects, relative ones too', async () => {
    server.answer(redirect('/elsewhere', 301), redirect(server.url('/there'), 307), file(content));
    await expectPulled();
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      ['/lips.onnx', '/elsewhere', '/there'],
    );
  });

  it('ends a loop of redirects', async () => {
    server.answer(redirect('/lips.onnx'));
    await expectRefused(/redirects more than 5 times/, 'E_MODEL_MISSING');
    assert.equal(server.requests.length, 6);
  });

  for (const [what, location] of [
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:text/plain,x'],
    ['a server in the network without https', 'http://example.org/lips.onnx'],
    ['a name that only looks like this machine', 'http://localhost.example.org/lips.onnx'],
    ['an address with a password', 'https://me:secret@example.org/lips.onnx'],
    ['nowhere', ''],
  ] as const) {
    it(`does not follow a redirect to ${what}`, async () => {
      server.answer(redirect(location));
      await expectRefused(/is not https|password|nowhere/, 'E_MODEL_MISSING');
      assert.equal(server.requests.length, 1);
    });
  }

  it('stops when it is cancelled, and goes on the next time', async () => {
    server.answer(stall(content, 1500));
    const abort = new AbortController();
    const pulling = store().pull('lips', {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await assert.rejects(pulling, { code: 'E_CANCELLED' });
    assert.equal(await isThere(), false);
    assert.deepEqual(await readdir(path.join(folder, '.lipwire', 'locks')), []);
    server.answer(file(content));
    await expectPulled();
    assert.notEqual(server.requests[0]?.range, undefined);
  });

  it('goes on after the process that downloaded was killed', async () => {
    server.answer(stall(content, 1500));
    const model = published(content, { sources: [server.url()] });
    const code = `
      const { ModelStore } = require(${JSON.stringify(path.resolve(__dirname, '../../../src/ml/store/store.ts'))});
      const [folder, model] = JSON.parse(process.env.TEST_STORE);
      const store = new ModelStore({ folder, models: [model] });
      void store.pull(model.id, { onProgress: ({ done }) => console.log(done) });`;
    const child = spawn(process.execPath, [...process.execArgv, '-e', code], {
      env: { ...process.env, TEST_STORE: JSON.stringify([folder, model]) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // What it printed has been received; it is written a moment later.
    await once(child.stdout, 'data');
    while ((await store().list())[0]?.partialBytes === 0) await pause(5);
    await assert.rejects(store().pull('lips'), { code: 'E_BUSY' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    server.answer(file(content));
    await expectPulled();
    assert.match(server.requests[0]?.range ?? '', /^bytes=\d+-$/);
  }).timeout(20_000);

  it('does nothing when it was cancelled before', async () => {
    server.answer(file(content));
    const signal = AbortSignal.abort();
    await assert.rejects(store().pull('lips', { signal }), { code: 'E_CANCELLED' });
    assert.equal(server.requests.length, 0);
  });

  it('does not start when the disk has no room', async () => {
    server.answer(file(content));
    await expectRefused(/free some space/, 'E_DISK', store({}, { freeBytes: async () => 1000 }));
    assert.equal(server.requests.length, 0);
  });

  it('refuses a second download of the same model while one is under way', async () => {
    let release = (): void => undefined;
    server.answer((request, response) => {
      release = () => file(content)(request, response);
    });
    const first = store().pull('lips');
    while (server.requests.length === 0) await pause(5);
    await assert.rejects(store().pull('lips'), { code: 'E_BUSY' });
    await assert.rejects(store().remove('lips'), { code: 'E_BUSY' });
    release();
    assert.equal((await first).valid, true);
    assert.equal(server.requests.length, 1);
  });

  it('does not download what it could not check', async () => {
    server.answer(file(content));
    const unchecked = published(content, { sources: [server.url()] });
    delete unchecked.bytes;
    delete unchecked.sha256;
    const models = new ModelStore({ folder, models: [unchecked], patience: PATIENCE });
    await expectRefused(/lipwire models add lips\.onnx/, 'E_MODEL_MISSING', models);
    assert.equal(server.requests.length, 0);
  });

  it('names the models there are when asked for another', async () => {
    await assert.rejects(store().pull('../lips'), /one of the models lips but received/);
  });

  it("leaves a user's other file of that name alone", async () => {
    await writeFile(place(), 'my own notes');
    server.answer(file(content));
    await assert.rejects(store().pull('lips'), { code: 'E_PATH' });
    assert.equal(await readFile(place(), 'utf8'), 'my own notes');
  });

  it('replaces a file of its own that was damaged', async () => {
    server.answer(file(content));
    await expectPulled();
    const noon = new Date(2020, 1, 1, 12);
    await utimes(place(), noon, noon);
    assert.equal((await store().verify('lips'))[0]?.by, 'pull');
    const broken = Buffer.from(content);
    broken[100] = broken[100] ^ 1;
    // As a bad disk does it: size and time of change stay.
    await writeFile(place(), broken);
    await utimes(place(), noon, noon);
    const [status] = await store().verify('lips');
    assert.equal(status?.valid, false);
    await expectPulled();
  });

  it('does not write through links that somebody put into the folder', async () => {
    const { folder: elsewhere, remove: removeElsewhere } = await temporaryFolder();
    try {
      await symlink(elsewhere, path.join(folder, '.lipwire'));
      server.answer(file(content));
      await assert.rejects(store().pull('lips'), { code: 'E_PATH' });
      await rm(path.join(folder, '.lipwire'));
      const target = path.join(elsewhere, 'precious');
      await writeFile(target, 'precious');
      await mkdir(path.join(folder, '.lipwire', 'partial'), { recursive: true });
      await symlink(target, path.join(folder, '.lipwire', 'partial', 'lips.onnx.part'));
      await assert.rejects(store().pull('lips'));
      assert.equal(await readFile(target, 'utf8'), 'precious');
    } finally {
      await removeElsewhere();
    }
  });
});
