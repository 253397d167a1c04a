import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ModelStore, type ModelStatus } from '../../../src/ml/store/store';
import { legacyCheckpoint, onnxFile, published, sha256, temporaryFolder, zipFile } from './support';

describe('the model store', () => {
  const lips = onnxFile();
  const original = legacyCheckpoint();
  const models = [
    published(original, { id: 'lips', format: 'pytorch', file: 'lips.pth' }),
    published(lips, { id: 'lips_onnx', file: 'lips.onnx' }),
    published(onnxFile(), { id: 'eyes', network: 'eyes', file: 'eyes.onnx', commercialUse: true }),
  ];
  let folder: string;
  let outside: string;
  let store: ModelStore;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const made = await temporaryFolder();
    folder = path.join(made.folder, 'models');
    outside = path.join(made.folder, 'outside');
    await mkdir(outside);
    store = new ModelStore({ folder, models });
    remove = made.remove;
  });
  afterEach(() => remove());

  /** A file outside of the models folder. */
  async function given(name: string, content: Buffer): Promise<string> {
    const file = path.join(outside, name);
    await writeFile(file, content);
    return file;
  }

  /** A file that the user put into the models folder. */
  async function dropped(name: string, content: Buffer | string): Promise<string> {
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  }

  const listed = async (name: string): Promise<ModelStatus | undefined> =>
    (await store.list()).find((model) => model.name === name);
  const visible = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name !== '.lipwire');

  describe('listing', () => {
    it('works without a folder, and makes none', async () => {
      const list = await store.list();
      assert.deepEqual(
        list.map(({ name, installed, valid }) => [name, installed, valid]),
        [
          ['lips', false, null],
          ['lips_onnx', false, null],
          ['eyes', false, null],
        ],
      );
      await assert.rejects(readdir(folder), { code: 'ENOENT' });
    });

    it('shows files that the user put there, known ones as unchecked until they are verified', async () => {
      await dropped('LIPS.ONNX', lips);
      await dropped('my own.pth', original);
      await dropped('notes.txt', 'not a model');
      await dropped('blazeface-0123456789abcdef-v1.onnx', onnxFile());
      await dropped('bad.onnx', 'not a model');
      assert.equal((await listed('lips_onnx'))?.valid, null);
      assert.equal((await listed('my-own'))?.commercialUse, null);
      assert.match((await listed('bad'))?.problem ?? '', /no ONNX model/);
      assert.equal((await store.list()).length, 5);
      await store.verify();
      assert.equal((await listed('lips_onnx'))?.valid, true);
      const copy = await listed('my-own');
      assert.deepEqual(
        [copy?.valid, copy?.by, copy?.known, copy?.commercialUse],
        [true, 'found', true, false],
      );
    });

    it('tells two files of one name apart', async () => {
      await dropped('mine.onnx', onnxFile());
      await dropped('mine.pth', legacyCheckpoint());
      const own = (await store.list()).slice(3);
      assert.deepEqual(
        own.map(({ name }) => name),
        ['mine', 'mine.pth'],
      );
      assert.equal((await store.find('mine.pth')).format, 'pytorch-legacy');
      assert.equal((await store.find('mine.onnx')).format, 'onnx');
    });
  });

  describe('finding', () => {
    it('says what to do when a model is missing', async () => {
      await assert.rejects(store.find('lips'), {
        code: 'E_MODEL_MISSING',
        message: /lipwire models pull lips.*lipwire models add lips\.pth/,
      });
      await assert.rejects(store.find('../../etc/passwd'), { code: 'E_MODEL_MISSING' });
    });

    it('takes any file with the same weights, the one that was named first', async () => {
      await dropped('lips.onnx', lips);
      assert.equal((await store.find('lips')).path, path.join(folder, 'lips.onnx'));
      await dropped('lips.pth', original);
      const found = await store.find('lips');
      assert.equal(found.path, path.join(folder, 'lips.pth'));
      assert.deepEqual(
        [found.sha256, found.format, found.kind],
        [sha256(original), 'pytorch-legacy', 'wav2lip-96'],
      );
    });

    it('knows a published file by its content, whatever it is called', async () => {
      await dropped('Download (1).pth', original);
      const found = await store.find('lips');
      assert.equal(found.name, 'lips');
      assert.equal(found.path, path.join(folder, 'Download (1).pth'));
      assert.equal(found.commercialUse, false);
      assert.equal((await store.find('download-1')).licence, 'research only');
    });

    it("takes another version of a published file as the user's own, also by the old name", async () => {
      const other = legacyCheckpoint();
      await dropped('lips.pth', other);
      const found = await store.find('lips');
      assert.deepEqual([found.name, found.known, found.sha256], ['lips.pth', false, sha256(other)]);
      assert.deepEqual([found.kind, found.commercialUse], [null, null]);
      assert.equal((await listed('lips'))?.installed, false);
      assert.equal((await listed('lips.pth'))?.valid, true);
      await dropped('Copy.pth', original);
      assert.equal((await store.find('lips')).known, true);
      assert.equal((await store.find('lips.pth')).known, false);
    });

    it('refuses a file that is no model, and one that was cut off or damaged in the store', async () => {
      await dropped('eyes.onnx', 'no model');
      await assert.rejects(store.find('eyes'), {
        code: 'E_MODEL_INVALID',
        message: /no ONNX model/,
      });
      await dropped('lips.onnx', lips.subarray(0, 300));
      await assert.rejects(store.find('lips_onnx'), { code: 'E_MODEL_MISSING' });
      await assert.rejects(store.find('lips.onnx'), { code: 'E_MODEL_INVALID' });
    });

    it('works in a folder that can only be read', async function () {
      if (process.platform === 'win32') return this.skip();
      await dropped('lips.onnx', lips);
      await chmod(folder, 0o555);
      try {
        assert.equal((await store.find('lips')).sha256, sha256(lips));
        assert.equal((await store.find('lips')).sha256, sha256(lips));
      } finally {
        await chmod(folder, 0o755);
      }
    });

    it('reads a file again only when it has changed', async () => {
      const file = await dropped('mine.onnx', lips);
      assert.equal((await store.find('mine')).sha256, sha256(lips));
      const other = onnxFile();
      await writeFile(file, other);
      assert.equal((await store.find('mine')).sha256, sha256(other));
    });

    it('is cancelled while it reads', async () => {
      await dropped('lips.onnx', lips);
      const signal = AbortSignal.abort();
      await assert.rejects(store.find('lips', { signal }), { code: 'E_CANCELLED' });
    });
  });

  describe('adding', () => {
    it('puts a published model in its place, whatever the file was called', async () => {
      const seen: number[] = [];
      const file = await given('whatever.bin', original);
      const status = await store.add(file, { onProgress: ({ done }) => seen.push(done) });
      assert.deepEqual([status.name, status.valid, status.by], ['lips', true, 'add']);
      assert.deepEqual(await readFile(path.join(folder, 'lips.pth')), original);
      assert.equal(seen.at(-1), original.length);
      assert.deepEqual(await readdir(path.join(folder, '.lipwire', 'partial')), []);
    });

    it("keeps the user's own model under its name made safe, with the ending of its content", async () => {
      const own = zipFile();
      const status = await store.add(await given('My Wav2Lip é.onnx', own));
      assert.deepEqual(
        [status.name, status.file, status.kind],
        ['my-wav2lip-e', 'my-wav2lip-e.pth', 'own'],
      );
      assert.equal((await store.find('my-wav2lip-e')).format, 'pytorch-zip');
      assert.equal(status.commercialUse, null);
    });

    it('does not let an own model pass for a published one or replace another', async () => {
      const own = legacyCheckpoint();
      const hash = sha256(own).slice(0, 8);
      assert.equal((await store.add(await given('lips.pth', own))).name, `lips-${hash}`);
      await store.add(await given('mine.onnx', onnxFile()));
      const second = onnxFile();
      const status = await store.add(await given('mine.onnx', second));
      assert.equal(status.name, `mine-${sha256(second).slice(0, 8)}`);
      assert.equal((await visible()).length, 3);
    });

    it('keeps one copy of the same content', async () => {
      await store.add(await given('a.pth', original));
      const own = onnxFile();
      await store.add(await given('b.onnx', own));
      await store.add(await given('c.onnx', own));
      await store.add(await given('d.pth', original));
      assert.deepEqual(await visible(), ['b.onnx', 'lips.pth']);
    });

    it('takes a file that lies in the folder already as it is', async () => {
      const file = await dropped('mine.onnx', onnxFile());
      assert.equal((await store.add(file)).name, 'mine');
      assert.deepEqual(await visible(), ['mine.onnx']);
    });

    it('refuses what is no model, no file or not there', async () => {
      const cases = [
        [await given('film.mp4', Buffer.from('....ftypisom')), 'E_MODEL_INVALID'],
        [outside, 'E_PATH'],
        [path.join(outside, 'nothing.pth'), 'E_PATH'],
      ] as const;
      for (const [file, code] of cases) await assert.rejects(store.add(file), { code });
      assert.deepEqual(await visible(), []);
    });

    it('takes an upload, and refuses one that was cut off', async () => {
      const upload = {
        stream: Readable.from([lips.subarray(0, 99), lips.subarray(99)]),
        fileName: 'x',
      };
      assert.equal((await store.add({ ...upload, bytes: lips.length })).name, 'lips_onnx');
      const half = { stream: Readable.from([original]), fileName: 'x', bytes: original.length + 1 };
      await assert.rejects(store.add(half), { code: 'E_MODEL_INVALID', message: /only \d+ came/ });
      assert.deepEqual(await visible(), ['lips.onnx']);
    });

    it('stops an upload that does not say its size before the disk is full', async () => {
      let taken = 0;
      async function* endless(): AsyncGenerator<Buffer> {
        for (const chunk = Buffer.alloc(16 * 1024 * 1024); ; taken += chunk.length) yield chunk;
      }
      const free = async (): Promise<number> => 200 * 1024 * 1024 - taken;
      const filling = new ModelStore({ folder, models, freeBytes: free });
      const upload = { stream: Readable.from(endless()), fileName: 'x' };
      await assert.rejects(filling.add(upload), { code: 'E_DISK' });
      assert.ok(taken < 200 * 1024 * 1024, String(taken));
      assert.deepEqual(await readdir(path.join(folder, '.lipwire', 'partial')), []);
    });

    it('leaves nothing behind when it is cancelled or the disk is full', async () => {
      const abort = new AbortController();
      const onProgress = (): void => abort.abort();
      const file = await given('a.onnx', onnxFile(600_000));
      await assert.rejects(store.add(file, { signal: abort.signal, onProgress }), {
        code: 'E_CANCELLED',
      });
      const full = new ModelStore({ folder, models, freeBytes: async () => 0 });
      await assert.rejects(full.add(file), { code: 'E_DISK' });
      assert.deepEqual(await visible(), []);
      assert.deepEqual(await readdir(path.join(folder, '.lipwire', 'partial')), []);
    });
  });

  describe('verifying', () => {
    it('finds a file that was damaged without a trace', async () => {
      const own = onnxFile();
      await store.add(await given('mine.onnx', own));
      const file = path.join(folder, 'mine.onnx');
      const noon = new Date(2020, 1, 1, 12);
      await utimes(file, noon, noon);
      await store.verify('mine');
      own[50] = own[50] ^ 255;
      await writeFile(file, own);
      await utimes(file, noon, noon);
      assert.equal((await listed('mine'))?.valid, true);
      const [status] = await store.verify('mine');
      assert.equal(status?.valid, false);
      assert.equal((await listed('mine'))?.valid, false);
      await assert.rejects(store.find('mine'), { code: 'E_MODEL_INVALID' });
      await store.remove('mine');
      assert.deepEqual(await visible(), []);
    });

    it('checks all that is there and tells how far it is', async () => {
      await dropped('lips.onnx', lips);
      await dropped('mine.pth', original);
      const seen: number[] = [];
      const checked = await store.verify(undefined, {
        onProgress: ({ done, total }) => seen.push(done / total),
      });
      assert.deepEqual(
        checked.map(({ name, valid }) => [name, valid]),
        [
          ['lips_onnx', true],
          ['mine', true],
        ],
      );
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      );
      assert.equal(seen.at(-1), 1);
    });

    it('fails for a model that is not there', async () => {
      await assert.rejects(store.verify('eyes'), { code: 'E_MODEL_MISSING' });
      await assert.rejects(store.verify('nothing'), { code: 'E_MODEL_MISSING' });
    });
  });

  describe('removing', () => {
    it('deletes what was added, by name or file name', async () => {
      await store.add(await given('a.pth', original));
      await store.add(await given('b.onnx', onnxFile()));
      await store.remove('lips.pth');
      await store.remove('b');
      assert.deepEqual(await visible(), []);
      await assert.rejects(store.remove('lips'), { code: 'E_MODEL_MISSING' });
    });

    it('leaves alone what the user put there, or put in its place since', async () => {
      await dropped('lips.onnx', lips);
      await assert.rejects(store.remove('lips_onnx'), { code: 'E_PATH' });
      await store.add(await given('mine.onnx', onnxFile()));
      await dropped('mine.onnx', onnxFile(900));
      await assert.rejects(store.remove('mine'), { code: 'E_PATH' });
      assert.deepEqual(await visible(), ['lips.onnx', 'mine.onnx']);
    });

    it('never deletes outside of its folder, through links, names or records', async () => {
      const precious = await given('precious.onnx', lips);
      await store.add(await given('b.onnx', onnxFile()));
      for (const name of [
        '../outside/precious.onnx',
        '../outside/precious',
        precious,
        '.lipwire',
        '.',
        '',
      ]) {
        await assert.rejects(store.remove(name), { code: 'E_MODEL_MISSING' });
      }
      await symlink(precious, path.join(folder, 'lips.onnx'));
      await assert.rejects(store.remove('lips_onnx'), { code: 'E_PATH' });
      const receipts = path.join(folder, '.lipwire', 'receipts');
      const [receipt] = await readdir(receipts);
      const file = path.join(receipts, receipt);
      const record = JSON.parse(await readFile(file, 'utf8')) as { file: string };
      await writeFile(file, JSON.stringify({ ...record, file: '../outside/precious.onnx' }));
      await assert.rejects(store.remove('b'), { code: 'E_PATH' });
      assert.deepEqual(await readFile(precious), lips);
    });
  });
});
