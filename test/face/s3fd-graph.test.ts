import assert from 'node:assert/strict';
import { openNetwork } from '../../src/ml/onnx/session';
import { writeModel } from '../../src/ml/onnx/writer';
import { checkTensors } from '../../src/ml/onnx/layers';
import { s3fdGraph, s3fdTable } from '../../src/face/s3fd/graph';
import { S3FD_GAIN, seeded, seededTensors } from '../support/seeded-tensors';

/** [output, shape, mean, largest magnitude, first, last] of a double-precision run. */
const GOLDEN: [string, number[], number, number, number, number][] = [
  ['scores1', [2, 40, 40], 0.3052969, 1.684825, 0.233284, 1.194451],
  ['boxes1', [4, 40, 40], 0.06595047, 1.348228, 0.41813, -0.2314628],
  ['scores2', [2, 20, 20], -0.2707767, 0.5979067, -0.2799633, -0.08464283],
  ['boxes2', [4, 20, 20], 0.05182777, 0.6092802, 0.04367067, 0.1538218],
  ['scores3', [2, 10, 10], 0.1535603, 0.4059878, -0.009056814, 0.02840915],
  ['boxes3', [4, 10, 10], -0.07202935, 0.5209742, 0.1458883, -0.003252839],
  ['scores4', [2, 9, 9], -0.3981687, 3.645032, 0.01913825, 0.06601256],
  ['boxes4', [4, 9, 9], 0.763643, 3.683103, 0.04399319, 0.08288868],
  ['scores5', [2, 5, 5], 0.0007248167, 0.563185, -0.3452483, 0.1117451],
  ['boxes5', [4, 5, 5], -0.006644862, 0.7500471, -0.1527201, -0.2270573],
  ['scores6', [2, 3, 3], 0.02128412, 0.2043706, 0.2043706, -0.01101019],
  ['boxes6', [4, 3, 3], -0.01950033, 0.1906047, -0.1063458, 0.1392064],
];

describe('S3FD as an ONNX graph', function () {
  this.timeout(60_000);

  it('computes every golden tensor to 1e-5 of its size, and takes pictures of any size', async () => {
    const tensors = seededTensors(s3fdTable(), S3FD_GAIN);
    const network = await openNetwork(writeModel(s3fdGraph(tensors)), { threads: 2 });
    try {
      const data = seeded('img', 3 * 160 * 160, 100);
      const found = await network.run({ picture: { data, shape: [1, 3, 160, 160] } });
      for (const [name, shape, mean, largest, first, last] of GOLDEN) {
        const tensor = found[name];
        assert.deepEqual(tensor.shape, [1, ...shape], name);
        const values = tensor.data;
        const total = values.reduce((sum, v) => sum + v, 0);
        const size = values.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
        for (const [actual, expected] of [
          [total / values.length, mean],
          [size, largest],
          [values[0], first],
          [values.at(-1)!, last],
        ] as const) {
          assert.ok(
            Math.abs(actual - expected) <= 1e-5 * largest,
            `${name}: ${actual}, ${expected}`,
          );
        }
      }
      const shape = [1, 3, 96, 130];
      const other = await network.run({ picture: { data: new Float32Array(3 * 96 * 130), shape } });
      assert.deepEqual(other['scores1'].shape, [1, 2, 24, 32]);
    } finally {
      await network.release();
    }
  });

  it('names a tensor that is not as it should be', () => {
    const shapes = new Map(s3fdTable());
    checkTensors('S3FD', s3fdTable(), shapes);
    shapes.delete('conv4_3_norm.weight');
    assert.throws(() => checkTensors('S3FD', s3fdTable(), shapes), /conv4_3_norm\.weight/);
  });
});
