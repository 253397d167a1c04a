import assert from 'node:assert/strict';
import { openNetwork } from '../../../../src/ml/onnx/session';
import { writeModel } from '../../../../src/ml/onnx/writer';
import { LayerGraph, type Layer } from '../../../../src/ml/onnx/layers';
import { quantiseWeights, QuantisedGraph } from '../../../../src/ml/onnx/quantise';
import { noise } from '../../../support/noise';

const PLAIN: Layer = {
  name: 'layer',
  key: 'layer',
  kind: 'convolution',
  inputs: 8,
  outputs: 8,
  kernel: 3,
  stride: [1, 1],
  padding: 1,
  outputPadding: 0,
  residual: false,
  activation: true,
};
const UPWARDS = { ...PLAIN, kind: 'transposed', stride: [2, 2], outputPadding: 1 } as const;
const SQUARE = { ...PLAIN, kind: 'transposed', padding: 0, outputs: 5 } as const;

describe('quantised layers', () => {
  /** Runs the layer in both ways on pictures of `side` × `side`; the largest difference, and the size. */
  async function compare(layer: Layer, side: number, least: number): Promise<[number, number]> {
    const size = layer.inputs * layer.outputs * layer.kernel ** 2;
    const weight = noise(size, -0.3, 0.3);
    const weights = new Map([['layer', { weight, bias: noise(layer.outputs, -0.2, 0.2) }]]);
    const data = noise(2 * layer.inputs * side * side, least, 1);
    const x = { data, shape: [2, layer.inputs, side, side] };
    const run = async (graph: LayerGraph): Promise<[Float32Array, readonly number[]]> => {
      const input = { name: 'x', shape: ['n', layer.inputs, side, side] };
      graph.add('Identity', [graph.float(graph.layer(layer, 'x'))], {}, 'y');
      const { nodes, constants } = graph;
      const outputs = ['y'].map((name) => ({ name, shape: ['n', 'c', 'h', 'w'] }));
      const model = writeModel({ name: '', inputs: [input], outputs, nodes, constants });
      const network = await openNetwork(model);
      const { y } = await network.run({ x });
      await network.release();
      return [y.data, y.shape];
    };
    const [wanted, shape] = await run(new LayerGraph(weights));
    const most = wanted.reduce((max, value) => Math.max(max, value), 0);
    const ranges = new Map([
      ['x', { least, most: 1 }],
      ['layer', { least: 0, most }],
      ['layer convolved', { least: -most - 1, most: most + 1 }],
    ]);
    const quantised = new QuantisedGraph(weights, { ranges, weightBits: 8, isFloat: () => false });
    const [found, sameShape] = await run(quantised);
    assert.deepEqual(sameShape, shape);
    return [wanted.reduce((max, v, i) => Math.max(max, Math.abs(v - found[i])), 0), most];
  }

  for (const [what, layer, side, least] of [
    ['a convolution', PLAIN, 7, 0],
    ['a convolution of what may be negative', PLAIN, 7, -1],
    ['a convolution with a residual', { ...PLAIN, residual: true }, 7, 0],
    ['a convolution that makes the picture smaller', { ...PLAIN, stride: [2, 2] }, 9, 0],
    ['a transposed convolution that doubles the picture', UPWARDS, 5, 0],
    ['a transposed convolution of one pixel', SQUARE, 1, 0],
  ] as [string, Layer, number, number][]) {
    it(`${what} is what it is in floating point, to some steps of 255`, async () => {
      const [worst, most] = await compare(layer, side, least);
      assert.ok(worst < (6 * most) / 255, `${worst} of ${most}`);
      assert.ok(worst > 0, 'it was computed in floating point');
    });
  }

  it('rounds weights to steps of each output, 127 or 63 to either side', () => {
    const weight = Float32Array.of(0.5, -1, 0.25, 100, 50, -25);
    for (const [bits, most] of [
      [8, 127],
      [7, 63],
    ] as const) {
      const { values, scales } = quantiseWeights(weight, 2, bits);
      assert.deepEqual([...values].map(Math.abs).slice(1, 4), [most, Math.round(most / 4), most]);
      weight.forEach((value, i) => {
        const step = scales[Math.floor(i / 3)];
        assert.ok(Math.abs(values[i] * step - value) <= step / 2 + 1e-4);
      });
    }
    assert.deepEqual([...quantiseWeights(new Float32Array(2), 1, 8).values], [0, 0]);
  });
});
