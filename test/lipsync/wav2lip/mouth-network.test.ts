import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  closeMouthNetworks,
  openMouthNetwork,
  type MouthNetworkOptions,
  type OpenMouthNetwork,
} from '../../../src/lipsync/wav2lip/mouth-network';
import { KEPT } from '../../../src/lipsync/wav2lip/aligned-crop';
import { WINDOW_VALUES } from '../../../src/lipsync/wav2lip/windows';
import { openNetwork } from '../../../src/ml/onnx/session';
import { psnr } from '../../../src/ml/onnx/devices';
import { writeModel, type OnnxGraph, type OnnxPort } from '../../../src/ml/onnx/writer';
import { wav2lipGraph } from '../../../src/lipsync/wav2lip/network-graph';
import { wav2lipTable, wav2lipWeights } from '../../../src/lipsync/wav2lip/network-table';
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
      pictures.push(results['output'].data);
    }
    await network.release();
    return pictures;
  }

  async function opened(
    graph: OnnxGraph,
    name: string,
    options: Partial<MouthNetworkOptions> = {},
  ): Promise<OpenMouthNetwork> {
    const file = path.join(folder, `${name}.onnx`);
    await writeFile(file, writeModel(graph), { flag: 'wx' }).catch(() => undefined);
    const sha256 = Buffer.from(name).toString('hex').padEnd(64, '0');
    return openMouthNetwork({ path: file, sha256 }, KEPT, {
      modelsFolder: folder,
      threads: 2,
      device: 'cpu',
      ...options,
    });
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
      const other = wanted[frame][(c * 96 + row) * 96 + KEPT.left + (at % columns)];
      assert.ok(Math.abs(value - other) < 1 / 255, `${i}: ${value} and ${other}`);
    });
    const face = seededFace();
    // One and the same face for every frame, handed over for each.
    const inputs = Float32Array.from({ length: FRAMES * 6 * 96 * 96 }, (_, i) => {
      return face[i % (6 * 96 * 96)];
    });
    const each = await network.faces(inputs, mels, FRAMES);
    each.forEach((value, i) => assert.ok(Math.abs(value - pictures[i]) < 1e-5, `${i}`));
    const again = await opened(whole, 'split');
    assert.deepEqual(await (await again.face(seededFace()))(mels, FRAMES), pictures);
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
        const other = wanted[Math.floor(i / (3 * 96 * 96))][i % (3 * 96 * 96)];
        assert.ok(Math.abs(value - other) < 1e-4, `${name} ${i}: ${value} and ${other}`);
      });
      const faces = new Float32Array(FRAMES * 6 * 96 * 96);
      faces.set(seededFace(), (FRAMES - 1) * 6 * 96 * 96);
      const last = (await network.faces(faces, mels, FRAMES)).subarray(-3 * 96 * 96);
      last.forEach((value, i) => assert.ok(Math.abs(value - wanted[FRAMES - 1][i]) < 1e-4));
    }
  });

  describe('in 8 bits', () => {
    const named = (graph: OnnxGraph, name: string, options: Partial<MouthNetworkOptions>) =>
      opened(graph, name, { precision: 'int8', ...options });

    it('gives nearly what fp32 gives, the same on any number of threads and in any batch', async () => {
      const exact = await (await (await opened(whole, 'split')).face(seededFace()))(mels, FRAMES);
      const network = await named(whole, 'split', {});
      assert.deepEqual(
        [network.precision, network.device, network.psnr],
        ['int8', 'cpu', undefined],
      );
      const speak = await network.face(seededFace());
      const pictures = await speak(mels, FRAMES);
      assert.notDeepEqual(pictures, exact);
      // The seeded network's pictures are all of nearly one grey, so the difference says little.
      const agreement = psnr(exact, pictures);
      assert.ok(agreement > 50, `${agreement}`);
      assert.ok(network.psnr! > 50, `${network.psnr}`);
      const last = mels.subarray((FRAMES - 1) * WINDOW_VALUES);
      const alone = await speak(last, 1);
      assert.deepEqual(alone, pictures.subarray(-alone.length));
      const faces = new Float32Array(2 * 6 * 96 * 96);
      for (let i = 0; i < 2; i++) faces.set(seededFace(), i * 6 * 96 * 96);
      const single = await named(whole, 'split', { threads: 1 });
      const each = await single.faces(faces, mels, 2);
      assert.deepEqual(each, pictures.subarray(0, each.length));
    });

    it('measures a face once and keeps that beside the model; another face is measured anew', async () => {
      const ranges = async () =>
        (await readdir(folder)).filter((name) => name.startsWith('wav2lip-int8-'));
      const told: string[] = [];
      const onPreparing = (what: string): unknown => told.push(what);
      const [first] = await ranges();
      const before = await readFile(path.join(folder, first), 'utf8');
      await closeMouthNetworks();
      await (await named(whole, 'split', { onPreparing })).face(seededFace());
      assert.deepEqual(told, []);
      assert.deepEqual(await ranges(), [first]);
      // A damaged file is measured again, to the same numbers.
      await writeFile(path.join(folder, first), before.slice(0, 999));
      await closeMouthNetworks();
      await (await named(whole, 'split', { onPreparing })).face(seededFace());
      assert.deepEqual(told, ['the 8-bit model for this face']);
      assert.equal(await readFile(path.join(folder, first), 'utf8'), before);
    });

    it('is refused where it comes out too far from fp32', async () => {
      const [first] = (await readdir(folder)).filter((name) => name.startsWith('wav2lip-int8-'));
      const file = path.join(folder, first);
      const kept = JSON.parse(await readFile(file, 'utf8')) as { psnr: number };
      await writeFile(file, JSON.stringify({ ...kept, psnr: 34.9 }));
      await closeMouthNetworks();
      const network = await named(whole, 'split', {});
      await assert.rejects(network.face(seededFace()), {
        code: 'E_MODEL_INVALID',
        message: /agree with fp32 to 35 dB but it does to 34\.9 dB only; choose fp32/,
      });
    });

    it('is refused for a model that is run as it is, and on a GPU; half precision on the CPU', async () => {
      const nodes = whole.nodes.map((node) =>
        node.operator === 'Sigmoid' ? { ...node, operator: 'Tanh' } : node,
      );
      await assert.rejects(named({ ...whole, nodes }, 'other', {}), {
        code: 'E_MODEL_INVALID',
        message: /weights can be taken.*it computes something else.*choose fp32/,
      });
      await assert.rejects(named(whole, 'split', { device: 'webgpu' }), {
        code: 'E_INPUT',
        message: /fp32 or fp16 on the device webgpu/,
      });
      await assert.rejects(named(whole, 'split', { precision: 'fp16' }), {
        code: 'E_INPUT',
        message: /GPU for the precision fp16.*choose fp32 or int8/,
      });
    });
  });
});
