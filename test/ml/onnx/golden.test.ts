import assert from 'node:assert/strict';
import { rm, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { storedNetwork } from '../../../src/ml/tfjs/convert';
import { openNetwork } from '../../../src/ml/onnx/session';
import { noise } from '../../support/noise';

/**
 * What MediaPipe 0.10.14 gives on a picture of seeded noise: the sum, the sum of magnitudes, and the first,
 * the middle and the last number of each output. `range` is that of the network's input.
 */
const GOLDEN = {
  blazeface: {
    range: [-1, 1],
    outputs: {
      regressors: [67115.06699, 178215.66737, 0.345725, -1.302679, -19.958284],
      classificators: [-3244.02027, 3244.02027, -4.196686, -4.489388, -33.72921],
    },
  },
  facemesh: {
    range: [0, 1],
    outputs: {
      conv2d_21: [87371.45453, 91780.60922, 82.399338, 32.385315, 0.548126],
      conv2d_31: [-10.050027, 10.050027, -10.050027, -10.050027, -10.050027],
    },
  },
  'attention-mesh': {
    range: [0, 1],
    outputs: {
      output_mesh_identity: [91537.77154, 95295.35063, 93.974586, 40.752411, 4.73394],
      output_lips: [17744.36776, 17744.36776, 75.083405, 75.717209, 126.725563],
      output_left_eye: [10249.71876, 10249.71876, 56.221348, 89.057983, 78.396965],
      output_right_eye: [14088.34914, 14088.34914, 126.481529, 89.385399, 78.770569],
      output_left_iris: [725.63247, 725.63247, 65.784126, 75.659744, 82.831612],
      output_right_iris: [985.64379, 985.64379, 116.389984, 77.462822, 84.073868],
      conv_faceflag: [-21.275686, 21.275686, -21.275686, -21.275686, -21.275686],
    },
  },
} as const;

describe('converted face networks agree with MediaPipe', () => {
  let modelsFolder: string;
  before(async () => {
    modelsFolder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
  });
  after(() => rm(modelsFolder, { recursive: true }));

  for (const [name, { range, outputs }] of Object.entries(GOLDEN)) {
    it(`${name}, on seeded noise, within 1e-3 a number`, async () => {
      const { bytes } = await storedNetwork(name, { modelsFolder });
      const network = await openNetwork(bytes);
      const [input] = network.inputs;
      const { name: inputName, shape } = input as { name: string; shape: readonly number[] };
      const length = shape.reduce((product, size) => product * size, 1);
      const [low, high] = range;
      const data = noise(length, 0, 256).map(
        (value) => low + (Math.floor(value) / 255) * (high - low),
      );
      const results = await network.run({ [inputName]: { data, shape } });
      await network.release();
      assert.deepEqual(Object.keys(results).sort(), Object.keys(outputs).sort());
      for (const [output, expected] of Object.entries(outputs)) {
        const values = (results[output] as { data: Float32Array }).data;
        const sum = values.reduce((total, value) => total + value, 0);
        const magnitudes = values.reduce((total, value) => total + Math.abs(value), 0);
        const middle = values[Math.floor(values.length / 2)];
        const actual = [sum, magnitudes, values[0], middle, values.at(-1)] as number[];
        actual.forEach((value, index) => {
          // Both sums may be off by as much as every number may.
          const limit = index < 2 ? 1e-3 * values.length : 1e-3;
          const difference = Math.abs(value - (expected[index] as number));
          assert.ok(difference < limit, `${output}: ${value}, not ${expected[index]}`);
        });
      }
    });
  }
});
