import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LipwireError } from '../../../src/contract';
import { knownModel, locateModel } from '../../../src/ml/tfjs/packaged';
import { convertTfjsModel } from '../../../src/ml/tfjs/convert';
import { readFlexMap } from '../../../src/ml/tflite/flatbuffer';
import { readPackedModel } from '../../../src/ml/tflite/packed';
import { readTfliteModel } from '../../../src/ml/tflite/tflite-model';

const isInvalid = (error: unknown): boolean =>
  error instanceof LipwireError && error.code === 'E_MODEL_INVALID';

describe('TensorFlow Lite models', () => {
  let data: string;
  let loader: string;
  before(async () => {
    [data, loader] = (await locateModel(knownModel('attention-mesh'))).files;
  });

  const counts = (nodes: readonly { op: string }[]): Record<string, number> => {
    const found: Record<string, number> = {};
    for (const { op } of nodes) found[op] = (found[op] ?? 0) + 1;
    return found;
  };

  it('are read as the TensorFlow graph that they were made of', async () => {
    const { nodes, outputs } = await readPackedModel(
      [data, loader],
      'face_landmark_with_attention.tflite',
    );
    const { Const, ...found } = counts(nodes);
    assert.ok(Const > 0);
    assert.deepEqual(found, {
      Placeholder: 1,
      Conv2D: 80,
      DepthwiseConv2dNative: 66,
      Prelu: 73,
      AddV2: 66,
      MaxPool: 16,
      Pad: 9,
      Reshape: 13,
      Mul: 6,
      StridedSlice: 1,
      Landmarks2TransformMatrix: 3,
      TransformTensorBilinear: 3,
      TransformLandmarks: 5,
    });
    assert.equal(outputs.length, 7);
  });

  it('a file that is cut, damaged or another one is E_MODEL_INVALID', async () => {
    const whole = await readFile(data);
    const network = whole.subarray(0, 2_495_952);
    const read = (bytes: Buffer) => () => convertTfjsModel(readTfliteModel(bytes, 'mesh'));
    for (const share of [0, 4, 0.001, 0.01, 0.1, 0.5, 0.9, 0.999]) {
      const length = share < 1 ? Math.floor(share * network.length) : share;
      assert.throws(read(Buffer.from(network.subarray(0, length))), isInvalid, `${share}`);
    }
    assert.throws(read(Buffer.from('{"format": "graph-model"}')), isInvalid);
    const wild = Buffer.from(network);
    wild.fill(0xff, 8, 64);
    assert.throws(read(wild), isInvalid);
  });

  it('a package that lists another place, or none, is E_MODEL_INVALID', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
    try {
      const script = path.join(folder, 'loader.js');
      const text = await readFile(loader, 'utf8');
      for (const changed of [
        '',
        text.replaceAll('with_attention', 'without'),
        text.replace(/"start": 0, "end": \d+/, '"start": 0, "end": 99999999'),
      ]) {
        await writeFile(script, changed);
        await assert.rejects(
          readPackedModel([data, script], 'face_landmark_with_attention.tflite'),
          isInvalid,
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('Options of custom operators (FlexBuffers)', () => {
  it('are read as numbers and lists of numbers', () => {
    // {a: -3, b: 1.5 (float32), c: [1, 300] (16 bit each)}, written by hand.
    const keys = Buffer.from('a\0b\0c\0', 'latin1');
    const list = Buffer.alloc(6);
    list.writeUInt16LE(2, 0);
    list.writeUInt16LE(1, 2);
    list.writeUInt16LE(300, 4);
    const head = Buffer.concat([keys, list]);
    // The vector of keys: its length, then offsets back to each key.
    const keyVector = Buffer.from([3, 0, 0, 0]);
    const keyStart = head.length + 1;
    [0, 2, 4].forEach((at, i) => keyVector.writeUInt8(keyStart + i - at, 1 + i));
    const before = Buffer.concat([head, keyVector]);
    // The map, 4 bytes each: offset to the keys, their width, its length, values, then types.
    const map = Buffer.alloc(4 * 6 + 3);
    map.writeUInt32LE(before.length - keyStart, 0);
    map.writeUInt32LE(1, 4);
    map.writeUInt32LE(3, 8);
    map.writeInt32LE(-3, 12);
    map.writeFloatLE(1.5, 16);
    map.writeUInt32LE(before.length + 20 - (keys.length + 2), 20);
    map.set([(1 << 2) | 2, (3 << 2) | 2, (12 << 2) | 1], 24);
    const body = Buffer.concat([before, map]);
    const root = Buffer.from([body.length - (before.length + 12), (9 << 2) | 2, 1]);
    const read = readFlexMap(Buffer.concat([body, root]));
    assert.deepEqual(
      [...read],
      [
        ['a', -3],
        ['b', 1.5],
        ['c', [1, 300]],
      ],
    );
  });

  it('that are no map are refused', () => {
    assert.throws(() => readFlexMap(Buffer.from([7, 1 << 2, 1])), RangeError);
  });
});
