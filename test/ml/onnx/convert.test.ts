import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LipwireError } from '../../../src/contract';
import { convertTfjsModel } from '../../../src/ml/tfjs/convert';
import { openNetwork, executionProvider } from '../../../src/ml/onnx/session';
import { halfToNumber } from '../../../src/ml/onnx/writer';
import { readTfjsModel, decodeWeights } from '../../../src/ml/tfjs/tfjs-model';
import { loadRuntime } from '../../../src/ml/onnx/runtime';
import { integers, model, tensor } from './support';

const invalid = (pattern: RegExp) => (error: unknown) =>
  error instanceof LipwireError && error.code === 'E_MODEL_INVALID' && pattern.test(error.message);

describe('the converter refuses what it cannot express, naming it', () => {
  it('an operator that it does not know', () => {
    const tfjs = model([1, 4], {}, [{ name: 'soft', op: 'Softmax', input: ['x'] }]);
    assert.throws(() => convertTfjsModel(tfjs), invalid(/soft \(Softmax\)/));
  });

  it('an activation that it does not know', () => {
    const attr = {
      padding: { s: Buffer.from('SAME').toString('base64') },
      strides: integers(1, 1, 1, 1),
      fused_ops: { list: { s: [Buffer.from('Elu').toString('base64')] } },
    };
    const tfjs = model([1, 4, 4, 1], { w: tensor([1, 1, 1, 1], [1]) }, [
      { name: 'y', op: '_FusedConv2D', input: ['x', 'w'], attr },
    ]);
    assert.throws(() => convertTfjsModel(tfjs), invalid(/Elu/));
  });

  it('a constant without weights, a value that nothing defines, and a cycle', () => {
    const noWeights = model([1], { w: tensor([1], [1]) }, [
      { name: 'y', op: 'AddV2', input: ['x', 'w'] },
    ]);
    noWeights.weights.clear();
    assert.throws(() => convertTfjsModel(noWeights), invalid(/weights are missing/));
    const undefinedInput = model([1], {}, [{ name: 'y', op: 'Relu', input: ['nowhere'] }]);
    assert.throws(() => convertTfjsModel(undefinedInput), invalid(/nowhere/));
    const cycle = model([1], {}, [
      { name: 'a', op: 'AddV2', input: ['x', 'b'] },
      { name: 'b', op: 'Relu', input: ['a'] },
    ]);
    assert.throws(() => convertTfjsModel(cycle), invalid(/depends on itself/));
  });

  it('shapes that do not fit each other', () => {
    const tfjs = model([1, 4], { s: tensor([2], [3, 3], true) }, [
      { name: 'y', op: 'Reshape', input: ['x', 's'] },
    ]);
    assert.throws(() => convertTfjsModel(tfjs), invalid(/\[1, 4\] cannot become \[3, 3\]/));
  });
});

describe('weights of TensorFlow.js', () => {
  it('half precision: zero, one, the smallest, the largest, infinity and NaN', () => {
    assert.equal(halfToNumber(0x0000), 0);
    assert.ok(Object.is(halfToNumber(0x8000), -0));
    assert.equal(halfToNumber(0x3c00), 1);
    assert.equal(halfToNumber(0xc000), -2);
    assert.equal(halfToNumber(0x0001), 2 ** -24);
    assert.equal(halfToNumber(0x03ff), 1023 * 2 ** -24);
    assert.equal(halfToNumber(0x7bff), 65504);
    assert.equal(halfToNumber(0x7c00), Infinity);
    assert.ok(Number.isNaN(halfToNumber(0x7e00)));
  });

  it('plain and quantised ones follow one another in the file', () => {
    const bytes = Buffer.alloc(4 + 2 + 2 * 2 + 4 + 2);
    bytes.writeFloatLE(1.5, 0);
    bytes.set([10, 20], 4);
    bytes.writeUInt16LE(1000, 6);
    bytes.writeUInt16LE(65535, 8);
    bytes.writeInt32LE(-7, 10);
    bytes.writeUInt16LE(0x3800, 14);
    const weights = decodeWeights(bytes, [
      { name: 'f', shape: [1], dtype: 'float32' },
      {
        name: 'u8',
        shape: [2],
        dtype: 'float32',
        quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
      },
      {
        name: 'u16',
        shape: [2, 1],
        dtype: 'float32',
        quantization: { dtype: 'uint16', scale: 0.25, min: 2 },
      },
      { name: 'i', shape: [1], dtype: 'int32' },
      { name: 'h', shape: [], dtype: 'float32', quantization: { dtype: 'float16' } },
    ]);
    assert.deepEqual([...(weights.get('f')?.data ?? [])], [1.5]);
    assert.deepEqual([...(weights.get('u8')?.data ?? [])], [4, 9]);
    assert.deepEqual([...(weights.get('u16')?.data ?? [])], [252, 16385.75]);
    assert.deepEqual([...(weights.get('i')?.data ?? [])], [-7]);
    assert.deepEqual([...(weights.get('h')?.data ?? [])], [0.5]);
  });

  it('a file that is too short, or of an unknown type, is refused', () => {
    const spec = { name: 'w', shape: [3], dtype: 'float32' };
    assert.throws(() => decodeWeights(Buffer.alloc(8), [spec]), invalid(/12 bytes .* has 8/));
    const strings = { ...spec, dtype: 'string' };
    assert.throws(() => decodeWeights(Buffer.alloc(99), [strings]), invalid(/string/));
  });

  it('a JSON file that is no graph model is refused', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
    try {
      for (const content of ['{"format": "layers-model"}', 'not JSON', '']) {
        const file = path.join(folder, 'model.json');
        await writeFile(file, content);
        await assert.rejects(readTfjsModel(file), invalid(/graph model/));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('ONNX Runtime', () => {
  it('a file that is no network is refused', async () => {
    await assert.rejects(openNetwork(Buffer.from('nonsense')), invalid(/ONNX Runtime can run/));
  });

  it('devices: auto is the CPU, an unknown one and one that is not there are refused', async () => {
    const runtime = await loadRuntime();
    assert.equal(executionProvider('auto', { kind: 'native', providers: ['cpu'] }), 'cpu');
    assert.equal(executionProvider('cpu', { kind: 'wasm', providers: ['wasm'] }), 'wasm');
    assert.throws(
      () => executionProvider('abacus', runtime),
      (error: unknown) => error instanceof LipwireError && error.code === 'E_INPUT',
    );
    const cpuOnly = { ...runtime, providers: ['cpu'] };
    assert.throws(
      () => executionProvider('cuda', cpuOnly),
      (error: unknown) =>
        error instanceof LipwireError &&
        error.code === 'E_NATIVE' &&
        /offers cpu/.test(error.message),
    );
  });
});
