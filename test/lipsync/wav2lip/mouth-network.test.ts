import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  closeMouthNetworks,
  KEPT,
  openMouthNetwork,
  WINDOW_VALUES,
} from '../../../src/lipsync/wav2lip';
import { openNetwork, writeModel } from '../../../src/onnx';
import { wav2lipGraph, wav2lipTable, wav2lipWeights } from '../../../src/onnx/networks';
import type { OnnxGraph, OnnxPort } from '../../../src/onnx/writer';
import { noise } from '../../support/noise';
import { seededFace, seededTensors, WAV2LIP_GAIN } from '../../support/seeded-tensors';

const FRAMES = 3;

describe('a Wav2Lip network that is opened', function () {
  this.timeout(60_000);
  let folder: string;
  const whole = wav2lipGraph(wav2lipWeights(seededTensors(wav2lipTable(), WAV2LIP_GAIN)));
  const mels = noise(FRAMES * WINDOW_VALUES, -4, 4);
  before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-mouth-'))));
  after(async () => {
    await closeMouthNetworks();
    await rm(folder, { recursive: true });
  });

  /** The pictures of the plain graph, one frame at a time. */
  async function expected(graph: OnnxGraph): Promise<Float32Array[]> {
    const network = await openNetwork(writeModel(graph));
    const pictures: Float32Array[] = [];
    for (let i = 0; i < FRAMES; i++) {
      const data = mels.subarray(i * WINDOW_VALUES, (i + 1) * WINDOW_VALUES);
      const mel = { data, shape: [1, 1, 80, 16] };
      const results = await network.run({
        mel,
        face: { data: seededFace(), shape: [1, 6, 96, 96] },
      });
      pictures.push(results['output']!.data);
    }
    await network.release();
    return pictures;
  }

  async function opened(graph: OnnxGraph, name: string) {
    const file = path.join(folder, `${name}.onnx`);
    await writeFile(file, writeModel(graph));
    const sha256 = Buffer.from(name).toString('hex').padEnd(64, '0');
    return openMouthNetwork({ path: file, sha256 }, KEPT, { modelsFolder: folder, threads: 2 });
  }

  it('gives the kept part of what the plain graph gives, in a batch, and shares it', async () => {
    const network = await opened(whole, 'split');
    assert.deepEqual([network.size, network.keep, network.device], [96, KEPT, 'cpu']);
    const pictures = await (await network.face(seededFace()))(mels, FRAMES);
    const [rows, columns] = [KEPT.bottom - KEPT.top, KEPT.right - KEPT.left];
    assert.equal(pictures.length, FRAMES * 3 * rows * columns);
    const wanted = await expected(whole);
    pictures.forEach((value, i) => {
      const [frame, rest] = [Math.floor(i / (3 * rows * columns)), i % (3 * rows * columns)];
      const [c, at] = [Math.floor(rest / (rows * columns)), rest % (rows * columns)];
      const row = KEPT.top + Math.floor(at / columns);
      const other = wanted[frame]![(c * 96 + row) * 96 + KEPT.left + (at % columns)]!;
      assert.ok(Math.abs(value - other) < 1 / 255, `${i}: ${value} and ${other}`);
    });
    const face = seededFace();
    // One and the same face for every frame, handed over for each.
    const inputs = Float32Array.from({ length: FRAMES * 6 * 96 * 96 }, (_, i) => {
      return face[i % (6 * 96 * 96)]!;
    });
    const each = await network.faces(inputs, mels, FRAMES);
    each.forEach((value, i) => assert.ok(Math.abs(value - pictures[i]!) < 1e-5, `${i}`));
    assert.equal(await opened(whole, 'split'), network);
    const graphs = (await readdir(folder)).filter((name) => /-v\d+\.onnx$/.test(name));
    assert.equal(graphs.length, 2);
  });

  it('runs an export of its own kind as it is, also one of a single frame at a time', async () => {
    // Another last operator: its weights cannot serve our graphs.
    const nodes = whole.nodes.map((node) =>
      node.operator === 'Sigmoid' ? { ...node, operator: 'Tanh' } : node,
    );
    const single = (ports: readonly OnnxPort[]): OnnxPort[] =>
      ports.map(({ name, shape }) => ({ name, shape: [1, ...shape.slice(1)] }));
    const open = { ...whole, nodes };
    const fixed = { ...open, inputs: single(whole.inputs), outputs: single(whole.outputs) };
    const wanted = await expected(open);
    for (const [name, graph] of Object.entries({ open, fixed })) {
      const network = await opened(graph, name);
      assert.deepEqual(network.keep, { top: 0, bottom: 96, left: 0, right: 96 });
      const pictures = await (await network.face(seededFace()))(mels, FRAMES);
      assert.equal(pictures.length, FRAMES * 3 * 96 * 96);
      pictures.forEach((value, i) => {
        const other = wanted[Math.floor(i / (3 * 96 * 96))]![i % (3 * 96 * 96)]!;
        assert.ok(Math.abs(value - other) < 1e-4, `${name} ${i}: ${value} and ${other}`);
      });
      const faces = new Float32Array(FRAMES * 6 * 96 * 96);
      faces.set(seededFace(), (FRAMES - 1) * 6 * 96 * 96);
      const last = (await network.faces(faces, mels, FRAMES)).subarray(-3 * 96 * 96);
      last.forEach((value, i) => assert.ok(Math.abs(value - wanted[FRAMES - 1]![i]!) < 1e-4));
    }
  });
});
