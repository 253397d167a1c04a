import assert from 'node:assert/strict';
import { writeModel, type OnnxGraph, type OnnxNode } from '../../../../src/ml/onnx/writer';
import type { Tensor } from '../../../../src/ml/onnx/session';
import { bindWav2Lip, liftWeights } from '../../../../src/lipsync/wav2lip/model-file';
import {
  WAV2LIP_96,
  wav2lipTable,
  wav2lipWeights,
} from '../../../../src/lipsync/wav2lip/network-table';
import { wav2lipGraph } from '../../../../src/lipsync/wav2lip/network-graph';
import type { NetworkWeights, Tensors, LayerWeights } from '../../../../src/ml/onnx/layers';
import { readModel } from '../../../../src/ml/onnx/read';
import { seededTensors, WAV2LIP_GAIN } from '../../../support/seeded-tensors';

/** The order of the convolutions in our own graph. */
const { audioEncoder, faceEncoder, decoder, output } = WAV2LIP_96;
const ORDER = [...faceEncoder.flat(), ...audioEncoder, ...decoder.flat(), ...output];

describe('weights lifted out of an ONNX export', function () {
  this.timeout(60_000);
  let tensors: Tensors;
  let weights: NetworkWeights;
  before(() => {
    tensors = seededTensors(wav2lipTable(), WAV2LIP_GAIN);
    weights = wav2lipWeights(tensors);
  });

  function lift(graph: OnnxGraph): NetworkWeights | undefined {
    const model = readModel(writeModel(graph));
    return liftWeights(model, bindWav2Lip(model));
  }

  function assertSame(lifted: NetworkWeights | undefined): void {
    assert.ok(lifted);
    for (const [name, { weight, bias }] of weights) {
      const other: LayerWeights = lifted.get(name)!;
      assert.ok(Buffer.from(other.weight.buffer).equals(Buffer.from(weight.buffer)), name);
      assert.deepEqual(other.bias, bias, name);
    }
  }

  /** The graph with batch norm in layers of its own, as exporters that do not fold leave it. */
  function unfolded(): OnnxGraph {
    const graph = wav2lipGraph(weights);
    const constants = [...graph.constants];
    const place = new Map(constants.map(({ name }, i) => [name, i]));
    let layer = 0;
    const nodes = graph.nodes.flatMap((node): OnnxNode[] => {
      if (!node.operator.startsWith('Conv')) return [node];
      const { key, norm } = ORDER[layer++];
      const [input, weightName, biasName] = node.inputs as [string, string, string];
      const data = (name: string): Tensor => tensors.get(name)!;
      constants[place.get(weightName)!] = { name: weightName, ...data(`${key}.weight`) };
      constants[place.get(biasName)!] = { name: biasName, ...data(`${key}.bias`) };
      if (!norm) return [node];
      const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((p) => `${norm}.${p}`);
      for (const name of parts) constants.push({ name, ...data(name) });
      const raw = `${node.outputs[0]} raw`;
      return [
        { ...node, inputs: [input, weightName, biasName], outputs: [raw] },
        {
          operator: 'BatchNormalization',
          inputs: [raw, ...parts],
          outputs: node.outputs,
          attributes: { epsilon: { type: 'float', value: 1e-5 } },
        },
      ];
    });
    return { ...graph, nodes, constants };
  }

  it('are those that went in', () => assertSame(lift(wav2lipGraph(weights))));

  it('are folded where the export has batch norm in layers of its own', () => {
    const lifted = lift(unfolded());
    assert.ok(lifted);
    for (const [name, { weight, bias }] of weights) {
      const other = lifted.get(name)!;
      // ONNX keeps epsilon as a single-precision number, so the last bit may differ.
      assert.ok(
        weight.every((v, i) => Math.abs(v - other.weight[i]) < 1e-6),
        name,
      );
      assert.ok(
        bias.every((v, i) => Math.abs(v - other.bias[i]) < 1e-6),
        name,
      );
    }
  });

  it('are not taken from a network that is built otherwise', () => {
    const graph = wav2lipGraph(weights);
    const change = (at: number, node: Partial<OnnxNode>): OnnxGraph => ({
      ...graph,
      nodes: graph.nodes.map((old, i) => (i === at ? { ...old, ...node } : old)),
    });
    const at = graph.nodes.findIndex(({ operator }) => operator === 'Conv');
    const { attributes } = graph.nodes[at];
    const dilated = { ...attributes, dilations: { type: 'integers', value: [2, 2] } } as const;
    assert.equal(lift(change(at, { attributes: dilated })), undefined);
    assert.equal(lift(change(at, { operator: 'QLinearConv' })), undefined);
  });
});
