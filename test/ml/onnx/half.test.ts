import assert from 'node:assert/strict';
import { halfPrecision, halves, writeModel } from '../../../src/ml/onnx/writer';
import { openNetwork } from '../../../src/ml/onnx/session';
import { psnr } from '../../../src/ml/onnx/devices';
import { wav2lipGraph } from '../../../src/lipsync/wav2lip/network-graph';
import { wav2lipTable, wav2lipWeights } from '../../../src/lipsync/wav2lip/network-table';
import { halfToNumber } from '../../../src/ml/onnx/writer';
import { seededFace, seededTensors, WAV2LIP_GAIN } from '../../support/seeded-tensors';

describe('half precision', function () {
  this.timeout(60_000);

  it('rounds to the nearest number, ties to even, as IEEE 754 asks', () => {
    const cases: [number, number][] = [
      [0, 0],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65519, 0x7bff],
      [65520, 0x7c00],
      [-1e9, 0xfc00],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [1.5 * 2 ** -24, 0x0002],
      [2 ** -26, 0x0000],
      [Infinity, 0x7c00],
    ];
    for (const [number, bits] of cases) {
      assert.equal(halves(Float32Array.of(number))[0], bits, `${number}`);
    }
    assert.ok(Number.isNaN(halfToNumber(halves(Float32Array.of(NaN))[0])));
  });

  it('of every half is the half itself', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const number = halfToNumber(bits);
      if (Number.isFinite(number)) assert.equal(halves(Float32Array.of(number))[0], bits);
    }
  });

  it('computes the same network to 50 dB, with float32 on both ends', async () => {
    const weights = wav2lipWeights(seededTensors(wav2lipTable(), WAV2LIP_GAIN));
    const graph = wav2lipGraph(weights, { part: 'face-encoder' });
    const face = { data: seededFace(), shape: [1, 6, 96, 96] };
    const outputs: Float32Array[] = [];
    const sizes: number[] = [];
    for (const one of [graph, halfPrecision(graph)]) {
      const bytes = writeModel(one);
      const network = await openNetwork(bytes, { threads: 2 });
      outputs.push((await network.run({ face }))['feature_2'].data);
      sizes.push(bytes.length);
      await network.release();
    }
    const agreement = psnr(outputs[0], outputs[1]);
    assert.ok(agreement > 50, `${agreement}`);
    assert.notDeepEqual(outputs[0], outputs[1]);
    assert.ok(sizes[1] < 0.51 * sizes[0]);
  });
});
