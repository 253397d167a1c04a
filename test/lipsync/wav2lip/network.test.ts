import assert from 'node:assert/strict';
import { openNetwork, type Network, type Tensor } from '../../../src/ml/onnx/session';
import { writeModel } from '../../../src/ml/onnx/writer';
import {
  featureName,
  wav2lipGraph,
  type Wav2LipGraphOptions,
} from '../../../src/lipsync/wav2lip/network-graph';
import {
  WAV2LIP_96,
  wav2lipTable,
  wav2lipWeights,
} from '../../../src/lipsync/wav2lip/network-table';
import type { NetworkWeights, Tensors } from '../../../src/ml/onnx/layers';
import type { Region } from '../../../src/lipsync/wav2lip/regions';
import {
  fnv1a,
  seeded,
  seededFace,
  seededMel,
  seededTensors,
  WAV2LIP_GAIN,
} from '../../support/seeded-tensors';

/** [tensor, shape, mean, largest magnitude, first, last] of a double-precision run. */
const GOLDEN: [string, number[], number, number, number, number][] = [
  ['audio_encoder', [512, 1, 1], 0.04217619, 0.3295809, 0.03471188, 0.032995],
  ['face_encoder_blocks.0', [16, 96, 96], 0.1615232, 1.550242, 0.3113685, 0.04145278],
  ['face_encoder_blocks.1', [32, 48, 48], 0.1436797, 1.030814, 0.1121744, 0.1518417],
  ['face_encoder_blocks.2', [64, 24, 24], 0.1201351, 0.8423348, 0, 0.2437996],
  ['face_encoder_blocks.3', [128, 12, 12], 0.1030469, 0.7607892, 0.007952746, 0],
  ['face_encoder_blocks.4', [256, 6, 6], 0.06885199, 0.5620823, 0, 0.06646434],
  ['face_encoder_blocks.5', [512, 3, 3], 0.04836415, 0.3152941, 0.003829917, 0.0007557506],
  ['face_encoder_blocks.6', [512, 1, 1], 0.02385527, 0.1545951, 0, 0.02825392],
  ['face_decoder_blocks.0', [512, 1, 1], 0.02904772, 0.1967458, 0.08309191, 0],
  ['face_decoder_blocks.1', [512, 3, 3], 0.04043018, 0.2742371, 0.03303285, 0.0950112],
  ['face_decoder_blocks.2', [512, 6, 6], 0.05533085, 0.341475, 0.003433725, 0.1251728],
  ['face_decoder_blocks.3', [384, 12, 12], 0.05525213, 0.4252712, 0, 0],
  ['face_decoder_blocks.4', [256, 24, 24], 0.06309577, 0.480651, 0.09421566, 0],
  ['face_decoder_blocks.5', [128, 48, 48], 0.07973412, 0.4535199, 0.04341982, 0],
  ['face_decoder_blocks.6', [64, 96, 96], 0.07812674, 0.5911735, 0, 0],
  ['output_block.0', [32, 96, 96], 0.04235427, 0.4272006, 0.03141934, 0],
  ['output_block.1', [3, 96, 96], -0.01418069, 0.1355677, 0.05454288, -0.003250282],
  ['output', [3, 96, 96], 0.4964558, 0.5297543, 0.5136323, 0.4991874],
];

/** [plane, row, column, value] of the output. */
const POINTS: [number, number, number, number][] = [
  [0, 0, 0, 0.51363234],
  [0, 48, 48, 0.51813892],
  [1, 10, 20, 0.4785372],
  [1, 70, 33, 0.48641791],
  [2, 95, 95, 0.49918743],
  [2, 60, 50, 0.47822984],
];

const FACE = { data: seededFace(), shape: [1, 6, 96, 96] };

/**
 * `count` mel windows; the first is the golden one. The others are loud beyond measure, because the
 * seeded network hardly listens: 4 would change its output by 5e-6.
 */
function mels(count: number): Tensor {
  const data = new Float32Array(count * 1280);
  for (let i = 0; i < count; i++)
    data.set(i ? seeded(`mel ${i}`, 1280, 20_000) : seededMel(), i * 1280);
  return { data, shape: [count, 1, 80, 16] };
}

function closeTo(actual: number, expected: number, scale: number, what: string): void {
  // The golden numbers are given to seven digits.
  assert.ok(Math.abs(actual - expected) <= 1e-5 * scale, `${what}: ${actual}, not ${expected}`);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

/** Part of pictures N × 3 × 96 × 96. */
function part(whole: Float32Array, { top, bottom, left, right }: Region): Float32Array {
  const rows: number[] = [];
  for (let plane = 0; plane < whole.length; plane += 96 * 96) {
    for (let y = top; y < bottom; y++) {
      rows.push(...whole.subarray(plane + y * 96 + left, plane + y * 96 + right));
    }
  }
  return Float32Array.from(rows);
}

describe('Wav2Lip as an ONNX graph', function () {
  this.timeout(60_000);
  let tensors: Tensors;
  let weights: NetworkWeights;
  before(() => {
    tensors = seededTensors(wav2lipTable(), WAV2LIP_GAIN);
    weights = wav2lipWeights(tensors);
  });

  async function use<T>(
    options: Wav2LipGraphOptions,
    run: (network: Network) => Promise<T>,
    taps: string[] = [],
  ): Promise<T> {
    const graph = wav2lipGraph(weights, options);
    const outputs = [
      ...graph.outputs,
      ...taps.map((name) => ({ name, shape: ['n', 'c', 'h', 'w'] })),
    ];
    const network = await openNetwork(writeModel({ ...graph, outputs }), { threads: 2 });
    try {
      return await run(network);
    } finally {
      await network.release();
    }
  }

  const runWhole = (count: number): Promise<Float32Array> =>
    use({}, async (network) => {
      const { mel, face } = { mel: mels(count), face: repeat(FACE, count) };
      return (await network.run({ mel, face }))['output'].data;
    });

  function repeat({ data, shape: [, ...rest] }: Tensor, count: number): Tensor {
    const repeated = new Float32Array(data.length * count);
    for (let i = 0; i < count; i++) repeated.set(data, i * data.length);
    return { data: repeated, shape: [count, ...rest] };
  }

  it('is tested with the weights and inputs that the golden values belong to', () => {
    assert.equal(fnv1a('mel'), 3417136529);
    assert.equal(fnv1a('face'), 292255708);
    assert.equal(fnv1a('face_encoder_blocks.0.0.conv_block.0.weight'), 591746912);
    [2.3336761, 0.2845506, 3.5221055].forEach((v, i) => closeTo(seededMel()[i], v, 1, 'mel'));
    [0.6450454, 0.3846031, 0.7256519].forEach((v, i) => closeTo(FACE.data[i], v, 1, 'face'));
    const first = tensors.get('face_encoder_blocks.0.0.conv_block.0.weight')!.data;
    [-0.04456299, -0.03990535, 0.01392162].forEach((v, i) => closeTo(first[i], v, 0.01, 'weight'));
  });

  it('has 36 298 035 parameters and the checkpoint’s 352 tensors, less its counters', () => {
    const counters = WAV2LIP_96.layers.filter(({ norm }) => norm !== undefined).length;
    assert.equal(wav2lipTable().size + counters, 352);
    const trained = [...wav2lipTable()].filter(([name]) => !name.includes('running_'));
    const count = trained.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
    assert.equal(count, 36_298_035);
  });

  it('computes every golden tensor to 1e-5 of its size', async () => {
    const { audioEncoder, faceEncoder, decoder, output } = WAV2LIP_96;
    const blocks = [audioEncoder, ...faceEncoder, ...decoder, [output[0]], [output[1]]];
    // The output of a block is that of its last layer.
    const tapOf = new Map(GOLDEN.map(([name], i) => [name, blocks[i]?.at(-1)!.name ?? name]));
    const taps = [...tapOf.values()].filter((name) => name !== 'output');
    await use(
      {},
      async (network) => {
        const found = await network.run({ mel: mels(1), face: FACE });
        for (const [name, shape, mean, largest, first, last] of GOLDEN) {
          const tensor = found[tapOf.get(name)!];
          assert.deepEqual(tensor.shape, [1, ...shape], name);
          const { data } = tensor;
          closeTo(data.reduce((sum, v) => sum + v, 0) / data.length, mean, largest, `${name} mean`);
          const size = data.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
          closeTo(size, largest, largest, `${name} size`);
          closeTo(data[0], first, largest, `${name} first`);
          closeTo(data.at(-1)!, last, largest, `${name} last`);
        }
        for (const [plane, y, x, value] of POINTS) {
          const at = (plane * 96 + y) * 96 + x;
          closeTo(found['output'].data[at], value, 0.5, `output ${plane}, ${y}, ${x}`);
        }
      },
      taps,
    );
  });

  it('takes any number of frames at once', async () => {
    const many = await runWhole(3);
    const one = await runWhole(1);
    assert.ok(largestDifference(many.subarray(0, one.length), one) < 1e-5);
    const other = largestDifference(many.subarray(one.length, 2 * one.length), one);
    assert.ok(other > 1e-4, `another window gives nearly the same: ${other}`);
  });

  for (const keep of [
    undefined,
    { top: 44, bottom: 96, left: 12, right: 84 },
    { top: 37, bottom: 71, left: 31, right: 58 },
    { top: 0, bottom: 96, left: 95, right: 96 },
    { top: 0, bottom: 1, left: 0, right: 1 },
  ]) {
    const what = keep ? `keeping ${Object.values(keep).join(', ')}` : 'keeping all';
    it(`in two halves, ${what}, equals the whole graph there`, async () => {
      const features = await use({ part: 'face-encoder', keep }, (network) =>
        network.run({ face: FACE }),
      );
      const output = await use({ part: 'decoder', keep }, async (network) => {
        const inputs = Object.fromEntries(
          Array.from({ length: 7 }, (_, i) => [featureName(i), features[featureName(i)]]),
        );
        return (await network.run({ mel: mels(2), ...inputs }))['output'].data;
      });
      const whole = await runWhole(2);
      const wanted = keep ? part(whole, keep) : whole;
      assert.ok(largestDifference(output, wanted) < 1e-5, `${largestDifference(output, wanted)}`);
      if (!keep) return;
      const cut = await use({ keep }, async (network) => {
        const { data } = (await network.run({ mel: mels(2), face: repeat(FACE, 2) }))['output'];
        return data;
      });
      assert.ok(largestDifference(cut, wanted) < 1e-5);
    });
  }

  it('refuses to keep what is outside the picture', () => {
    for (const keep of [
      { top: 0, bottom: 97, left: 0, right: 96 },
      { top: 5, bottom: 5, left: 0, right: 96 },
      { top: 0.5, bottom: 5, left: 0, right: 96 },
    ]) {
      assert.throws(() => wav2lipGraph(weights, { keep }), { code: 'E_INPUT' });
    }
  });

  it('names the tensor that a checkpoint lacks, has too many, or has in another shape', () => {
    const missing = new Map(tensors);
    missing.delete('output_block.1.bias');
    assert.throws(() => wav2lipWeights(missing), /output_block\.1\.bias.* missing/);
    const more = new Map(tensors).set('extra.weight', { shape: [1], data: new Float32Array(1) });
    assert.throws(() => wav2lipWeights(more), {
      code: 'E_MODEL_INVALID',
      message: /extra\.weight/,
    });
    const shape = [512, 512, 1, 1];
    const key = 'audio_encoder.11.conv_block.0.weight';
    const other = new Map(tensors).set(key, { shape, data: new Float32Array(512 * 512) });
    assert.throws(() => wav2lipWeights(other), /512×256×3×3.*512×512×1×1/);
    const counted = new Map(tensors).set('audio_encoder.0.conv_block.1.num_batches_tracked', {
      shape: [],
      data: new Float32Array(1),
    });
    assert.equal(wav2lipWeights(counted).size, WAV2LIP_96.layers.length);
  });
});
