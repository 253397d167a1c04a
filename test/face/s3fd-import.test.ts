import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LipwireError } from '../../src/contract';
import { storedS3fd, s3fdGraph, s3fdTable } from '../../src/face/s3fd/graph';
import { openNetwork } from '../../src/ml/onnx/session';
import { writeModel } from '../../src/ml/onnx/writer';
import { floats, legacyCheckpoint } from '../support/checkpoints';
import { S3FD_GAIN, seededTensors } from '../support/seeded-tensors';

describe('S3FD from a checkpoint', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('becomes the graph of its weights, once, and is kept', async () => {
    const tensors = seededTensors(s3fdTable(), S3FD_GAIN);
    const saved = new Map(
      [...tensors].map(([name, { shape, data }]) => [name, floats(shape, data)]),
    );
    const file = { path: path.join(folder, 'seeded.pth'), sha256: 'ab'.repeat(32) };
    await writeFile(file.path, legacyCheckpoint(saved));
    const modelsFolder = path.join(folder, 'models');
    const said: string[] = [];
    const options = { modelsFolder, onPreparing: (what: string) => void said.push(what) };
    const bytes = await storedS3fd(file, options);
    assert.deepEqual(await readdir(modelsFolder), ['s3fd-abababababababab-v1.onnx']);
    assert.deepEqual(await storedS3fd(file, options), bytes);
    assert.deepEqual(said, ['converting s3fd']);
    const shape = [1, 3, 40, 48];
    const data = Float32Array.from({ length: 3 * 40 * 48 }, (_, i) => (i * 31) % 200);
    const outputs = async (model: Buffer) => {
      const network = await openNetwork(model);
      const found = await network.run({ picture: { data, shape } });
      await network.release();
      return found;
    };
    assert.deepEqual(await outputs(bytes), await outputs(writeModel(s3fdGraph(tensors))));
  });

  it('of another network is refused by the name of a tensor', async () => {
    const file = { path: path.join(folder, 'other.pth'), sha256: 'cd'.repeat(32) };
    const other = new Map([['conv1_1.weight', floats([1, 1], new Float32Array(1))]]);
    await writeFile(file.path, legacyCheckpoint(other));
    await assert.rejects(storedS3fd(file, { modelsFolder: folder }), (error: unknown) => {
      assert.ok(error instanceof LipwireError, String(error));
      assert.equal(error.code, 'E_MODEL_INVALID');
      assert.match(error.message, /S3FD/);
      return true;
    });
  });
});
