import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { importWav2Lip, type ImportedWav2Lip } from '../../../src/lipsync/wav2lip/model-file';
import { writeModel, type OnnxNode, type OnnxPort } from '../../../src/ml/onnx/writer';
import { wav2lipGraph } from '../../../src/lipsync/wav2lip/network-graph';
import { wav2lipTable, wav2lipWeights } from '../../../src/lipsync/wav2lip/network-table';
import {
  floats,
  legacyCheckpoint,
  zipCheckpoint,
  type SavedTensor,
} from '../../support/checkpoints';
import { seededTensors, WAV2LIP_GAIN } from '../../support/seeded-tensors';

describe('import of a Wav2Lip model', function () {
  this.timeout(60_000);
  const tensors = seededTensors(wav2lipTable(), WAV2LIP_GAIN);
  const weights = wav2lipWeights(tensors);
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-import-'))));
  after(() => rm(folder, { recursive: true }));

  async function imported(bytes: Uint8Array): Promise<ImportedWav2Lip> {
    const file = path.join(folder, 'model');
    await writeFile(file, bytes);
    return importWav2Lip(file);
  }

  function saved(): Record<string, SavedTensor> {
    const entries = [...tensors].map(([name, { shape, data }]) => [
      `module.${name}`,
      floats(shape, data),
    ]);
    return Object.fromEntries(entries) as Record<string, SavedTensor>;
  }

  function assertSame(model: ImportedWav2Lip, from: string): void {
    assert.ok(model.kind === 'weights');
    assert.equal(model.from, from);
    for (const [name, { weight }] of weights) {
      const other: Float32Array = model.weights.get(name)!.weight;
      assert.ok(Buffer.from(other.buffer).equals(Buffer.from(weight.buffer)), name);
    }
  }

  it('takes checkpoints of both formats', async () => {
    assertSame(await imported(zipCheckpoint({ state_dict: saved() })), 'checkpoint');
    assertSame(await imported(legacyCheckpoint({ state_dict: saved() })), 'checkpoint');
  });

  it('takes the weights out of an ONNX export', async () => {
    assertSame(await imported(writeModel(wav2lipGraph(weights))), 'onnx');
  });

  it('takes them out of exports with other names, of one frame at a time, as facefusion’s are', async () => {
    const names: Record<string, string> = { mel: 'source', face: 'target', output: 'frame' };
    const rename = (name: string): string => names[name] ?? name;
    const single = (ports: readonly OnnxPort[]): OnnxPort[] =>
      ports.map(({ name, shape }) => ({ name: rename(name), shape: [1, ...shape.slice(1)] }));
    const graph = wav2lipGraph(weights);
    const nodes = graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }));
    const ports = { inputs: single(graph.inputs).reverse(), outputs: single(graph.outputs) };
    assertSame(await imported(writeModel({ ...graph, ...ports, nodes })), 'onnx');
  });

  it('runs an export as it is when it computes something else between its convolutions', async () => {
    const graph = wav2lipGraph(weights);
    const nodes = graph.nodes.map((node): OnnxNode => {
      return node.operator === 'Sigmoid' ? { ...node, operator: 'Tanh' } : node;
    });
    const model = await imported(writeModel({ ...graph, nodes }));
    assert.ok(model.kind === 'plain');
    assert.match(model.reason, /computes something else/);
    assert.equal(model.ports.size, 96);
  });

  it('names what another network’s checkpoint lacks, and refuses other files', async () => {
    const other = zipCheckpoint({ a: floats([1], Float32Array.of(1)) });
    await assert.rejects(imported(other), /audio_encoder\.0\.conv_block\.0\.weight.*missing/);
    await assert.rejects(imported(Buffer.from('<html>')), { code: 'E_MODEL_INVALID' });
    await assert.rejects(imported(Buffer.alloc(0)), { code: 'E_MODEL_INVALID' });
    await assert.rejects(importWav2Lip(path.join(folder, 'absent')), { code: 'E_PATH' });
  });
});
