import assert from 'node:assert/strict';
import { rm, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { storedNetwork } from '../../../src/ml/tfjs/convert';
import { openNetwork } from '../../../src/ml/onnx/session';
import { noise } from '../../support/noise';

/**
 * The sum, the sum of magnitudes, and the first, the middle and the last number of each output. Of
 * BlazeFace and FaceMesh what TensorFlow.js 4.22 (CPU) gives on the same weights and the same noise,
 * printed by `node bench/face-networks.mjs --golden`; of the attention mesh what MediaPipe 0.10.14
 * gives on a picture of that noise.
 */
const GOLDEN = {
  blazeface: {
    range: [-1, 1],
    outputs: {
      Identity: [-1532.8499, 1532.8499, -2.5673821, -2.8691926, -2.6183682],
      Identity_1: [-3929.36683, 3929.36683, -4.9766684, -4.7976894, -15.6185417],
      Identity_2: [13927.43359, 30021.42233, 2.3438272, 1.7166193, -6.4629588],
      Identity_3: [72248.7149, 152355.15534, -0.5590721, -1.2472498, -8.9816732],
    },
  },
  facemesh: {
    range: [0, 1],
    outputs: {
      Identity: [23968.09165, 23968.09165, 86.6262054, 76.9718781, 108.0342331],
      Identity_1: [4.350948e-5, 4.350948e-5, 4.350948e-5, 4.350948e-5, 4.350948e-5],
      Identity_2: [87347.98246, 91757.09158, 82.3807755, 32.5014877, 0.5148453],
    },
  },
  'attention-mesh': {
    range: [0, 256],
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

describe('converted face networks agree with TensorFlow.js and MediaPipe', () => {
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
      const { name: inputName, shape } = input as { name: string; shape: number[] };
      const numbers = noise(
        shape.reduce((product, size) => product * size, 1),
        ...range,
      );
      const isPicture = range[1] === 256;
      const data = isPicture ? numbers.map((value) => Math.floor(value) / 255) : numbers;
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
