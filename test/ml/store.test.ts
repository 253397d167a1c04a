import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LipwireError } from '../../src/contract';
import { knownModel, knownModels, locateModel } from '../../src/ml/tfjs/packaged';
import { isIntact, seal } from '../../src/ml/onnx/cache';
import { storedNetwork } from '../../src/ml/tfjs/convert';
import { openNetwork } from '../../src/ml/onnx/session';

const fails = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof LipwireError && error.code === code && pattern.test(error.message);

describe('the model manifest', () => {
  it('gives size and SHA-256 of the files that the installed package has', async () => {
    for (const model of knownModels()) {
      const { files } = await locateModel(model);
      for (const [index, { path: name, bytes, sha256 }] of model.files.entries()) {
        const content = await readFile(files[index]);
        assert.equal(content.length, bytes, name);
        assert.equal(createHash('sha256').update(content).digest('hex'), sha256, name);
      }
    }
  });

  it('names licence and origin of each model', () => {
    for (const model of knownModels()) {
      assert.match(model.licence, /^(Apache-2\.0|MIT)$/);
      assert.match(model.origin, /^https:\/\//);
      assert.match(model.package.source, /^https:\/\//);
    }
  });

  it('an unknown model is E_MODEL_MISSING and lists the known ones', () => {
    assert.throws(() => knownModel('mona'), fails('E_MODEL_MISSING', /blazeface, facemesh/));
  });
});

describe('the model store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('converts a network once, says so, and leaves one file named after its weights', async () => {
    const said: string[] = [];
    const options = {
      modelsFolder: path.join(folder, 'new'),
      onPreparing: (what: string) => said.push(what),
    };
    const first = await storedNetwork('blazeface', options);
    assert.deepEqual(said, ['converting blazeface']);
    assert.match(
      path.basename(first.file),
      new RegExp(`^blazeface-${first.sha256.slice(0, 16)}-v\\d+\\.onnx$`),
    );
    const { mtimeMs } = await stat(first.file);
    const second = await storedNetwork('blazeface', options);
    assert.equal(said.length, 1);
    assert.equal((await stat(second.file)).mtimeMs, mtimeMs);
    assert.ok(second.bytes.equals(first.bytes));
    assert.deepEqual(await readdir(options.modelsFolder), [path.basename(first.file)]);
  });

  for (const { title, damage } of [
    {
      title: 'one changed byte',
      damage: (bytes: Buffer) => bytes.fill(bytes.readUInt8(5000) ^ 1, 5000, 5001),
    },
    { title: 'a cut end', damage: (bytes: Buffer) => bytes.subarray(0, 300_000) },
    { title: 'nothing in it', damage: () => Buffer.alloc(0) },
  ]) {
    it(`makes a damaged file again: ${title}`, async () => {
      const good = await storedNetwork('blazeface', { modelsFolder: folder });
      await writeFile(good.file, damage(Buffer.from(good.bytes)));
      const again = await storedNetwork('blazeface', { modelsFolder: folder });
      assert.ok(again.bytes.equals(good.bytes));
      assert.ok((await readFile(good.file)).equals(good.bytes));
    });
  }

  it('a sealed file is still a network', async () => {
    const { bytes } = await storedNetwork('blazeface', { modelsFolder: folder });
    assert.ok(isIntact(bytes));
    const network = await openNetwork(bytes);
    assert.equal(network.outputs.length, 2);
    await network.release();
  });

  it('the seal notices bytes that were added, removed or changed anywhere', () => {
    const sealed = seal(Buffer.from('the content of a file'));
    assert.ok(isIntact(sealed));
    assert.ok(!isIntact(Buffer.concat([sealed, Buffer.from('x')])));
    assert.ok(!isIntact(sealed.subarray(1)));
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index] = changed[index] ^ 0x20;
      assert.ok(!isIntact(changed), `byte ${index}`);
    }
  });

  it('a package that is not installed is E_MODEL_MISSING with the command to install it', async () => {
    const resolve = () => {
      throw new Error('Cannot find module');
    };
    await assert.rejects(
      storedNetwork('faceres', { modelsFolder: folder, resolve }),
      fails('E_MODEL_MISSING', /run "npm install @vladmandic\/human@\d+\.\d+\.\d+"/),
    );
    assert.deepEqual(await readdir(folder), []);
  });

  it('a package without the files is E_MODEL_MISSING; damaged files are E_MODEL_INVALID', async () => {
    const root = path.join(folder, 'node_modules', '@mediapipe', 'face_mesh');
    const resolve = () => path.join(root, 'face_mesh.js');
    const options = { modelsFolder: path.join(folder, 'models'), resolve };
    await assert.rejects(
      storedNetwork('blazeface', options),
      fails('E_MODEL_MISSING', /not readable/),
    );
    await mkdir(root, { recursive: true });
    const [data, loader] = (await locateModel(knownModel('blazeface'))).files;
    const put = async (file: string, end?: number) =>
      writeFile(path.join(root, path.basename(file)), (await readFile(file)).subarray(0, end));
    await put(loader);
    await put(data, 1000);
    await assert.rejects(storedNetwork('blazeface', options), fails('E_MODEL_INVALID', /cut off/));
    await assert.rejects(stat(options.modelsFolder));
  });

  it('a models folder that cannot be written is E_PATH and names it', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, 'in the way');
    const modelsFolder = path.join(file, 'models');
    await assert.rejects(
      storedNetwork('blazeface', { modelsFolder }),
      fails('E_PATH', /a-file.models/),
    );
    assert.deepEqual(await readdir(folder), ['a-file']);
  });
});
