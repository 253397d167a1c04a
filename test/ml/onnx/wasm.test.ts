import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { decodeS3fd, s3fdInput, suppressOverlaps } from '../../../src/face/s3fd/detect';
import { decodeYunet, runYunet } from '../../../src/face/yunet/detect';
import { storedNetwork } from '../../../src/ml/tfjs/convert';
import { openNetwork, type Network, type Tensor } from '../../../src/ml/onnx/session';
import { psnr } from '../../../src/ml/onnx/devices';
import { writeModel, type OnnxGraph } from '../../../src/ml/onnx/writer';
import { int8Decoder, rangedValues } from '../../../src/lipsync/wav2lip/int8';
import { s3fdGraph, s3fdTable } from '../../../src/face/s3fd/graph';
import { wav2lipGraph, WAV2LIP_PORTS } from '../../../src/lipsync/wav2lip/network-graph';
import { wav2lipTable, wav2lipWeights } from '../../../src/lipsync/wav2lip/network-table';
import type { ValueRange } from '../../../src/ml/onnx/quantise';
import { needFixture } from '../../support/fixtures';
import { noise } from '../../support/noise';
import { readNpy } from '../../support/npy';
import {
  S3FD_GAIN,
  seededFace,
  seededMel,
  seededTensors,
  WAV2LIP_GAIN,
} from '../../support/seeded-tensors';

type Tensors = Record<string, Tensor>;

/** One step of 8-bit colour, for pictures of 0…1. */
const STEP = 1 / 255;
const KEEP = { top: 40, bottom: 96, left: 16, right: 80 };

/** Does the same on the native runtime's CPU and in WebAssembly. */
async function both<T>(
  model: Uint8Array,
  work: (network: Network) => Promise<T>,
): Promise<[native: T, wasm: T]> {
  const results: T[] = [];
  for (const device of ['cpu', 'wasm']) {
    const network = await openNetwork(model, { device });
    try {
      assert.equal(network.device, device);
      results.push(await work(network));
    } finally {
      await network.release();
    }
  }
  return results as [T, T];
}

function worst(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

/** A frame of `count` faces that differ, and as many sounds. */
function spoken(count: number): { mel: Tensor; face: Tensor } {
  const mel = { data: noise(count * 1280, -4, 4), shape: [count, 1, 80, 16] };
  mel.data.set(seededMel());
  const data = noise(count * 6 * 96 * 96, 0, 1);
  data.set(seededFace());
  return { mel, face: { data, shape: [count, 6, 96, 96] } };
}

describe('WebAssembly computes what machine code computes:', function () {
  this.timeout(120_000);
  let modelsFolder: string;
  before(async () => (modelsFolder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'))));
  after(() => rm(modelsFolder, { recursive: true }));

  const weights = wav2lipWeights(seededTensors(wav2lipTable(), WAV2LIP_GAIN));
  const encoder = writeModel(wav2lipGraph(weights, { part: 'face-encoder', keep: KEEP }));
  const { mel, face } = spoken(2);
  const spokenBy = async (network: Network, features: Tensors): Promise<Float32Array> =>
    (await network.run({ [WAV2LIP_PORTS.mel]: mel, ...features }))[WAV2LIP_PORTS.output].data;

  it('Wav2Lip’s pictures, to much less than a step of colour', async () => {
    const [native, wasm] = await both(writeModel(wav2lipGraph(weights)), (network) =>
      spokenBy(network, { [WAV2LIP_PORTS.face]: face }),
    );
    assert.ok(psnr(native, new Float32Array(native.length)) < 30, 'there is a picture');
    assert.ok(worst(native, wasm) < STEP / 100, `${worst(native, wasm) / STEP} steps`);
  });

  it('Wav2Lip’s pictures in 8 bits', async () => {
    const [features, same] = await both(encoder, (network) =>
      network.run({ [WAV2LIP_PORTS.face]: face }),
    );
    for (const [name, { data }] of Object.entries(features)) {
      assert.ok(worst(data, same[name].data) < STEP, name);
    }
    const ranges = await rangesOf(features);
    const decoder = int8Decoder(weights, KEEP, ranges);
    const [native, wasm] = await both(writeModel(decoder), (network) =>
      spokenBy(network, features),
    );
    assert.ok(worst(native, wasm) <= STEP, `${worst(native, wasm) / STEP} steps`);
  });

  /** What every value of the decoder reaches, on these faces and sounds. */
  async function rangesOf(features: Tensors): Promise<Map<string, ValueRange>> {
    const names = rangedValues(weights);
    const graph = wav2lipGraph(weights, { part: 'decoder', keep: KEEP });
    const taps = names.map((name) => ({ name, shape: ['n', 'c', 'h', 'w'] }));
    const tapped: OnnxGraph = { ...graph, outputs: [...graph.outputs, ...taps] };
    const network = await openNetwork(writeModel(tapped), { device: 'cpu' });
    const found = await network.run({ [WAV2LIP_PORTS.mel]: mel, ...features });
    await network.release();
    const all = { ...features, ...Object.fromEntries(names.map((name) => [name, found[name]])) };
    return new Map(
      Object.entries(all).map(([name, { data }]) => {
        const least = data.reduce((low, value) => Math.min(low, value), 0);
        const most = data.reduce((high, value) => Math.max(high, value), 0);
        return [name, { least, most }];
      }),
    );
  }

  it('S3FD’s faces', async () => {
    const size = { width: 90, height: 70 };
    const data = Uint8Array.from({ length: 90 * 70 * 3 }, (_, i) => (i * 37) % 256);
    const picture = { data: s3fdInput({ ...size, data }), shape: [1, 3, 70, 90] };
    const model = writeModel(s3fdGraph(seededTensors(s3fdTable(), S3FD_GAIN)));
    const [native, wasm] = await both(model, async (network) =>
      suppressOverlaps(decodeS3fd(await network.run({ picture }))),
    );
    assert.ok(native.length > 0);
    assert.equal(wasm.length, native.length);
    native.forEach(({ box, score }, i) => {
      assert.ok(Math.abs(score - wasm[i].score) < 1e-3, `score ${i}`);
      box.forEach((side, j) => assert.ok(Math.abs(side - wasm[i].box[j]) < 0.05, `box ${i}`));
    });
  });

  it('YuNet’s faces', async function () {
    const model = await readFile(needFixture(this, 'models/face_detection_yunet_2023mar.onnx'));
    const input = needFixture(this, 'golden/yunet/model_input_raw.npy.gz');
    const pixels = readNpy(input).data as Float32Array;
    const [native, wasm] = await both(model, async (network) =>
      decodeYunet(await runYunet(network, pixels), 0.5),
    );
    assert.ok(native.length > 0);
    assert.equal(wasm.length, native.length);
    native.forEach(({ box, score }, i) => {
      assert.ok(Math.abs(score - wasm[i].score) < 1e-4, `score ${i}`);
      box.forEach((side, j) => assert.ok(Math.abs(side - wasm[i].box[j]) < 0.05, `box ${i}`));
    });
  });

  for (const name of ['blazeface', 'facemesh', 'attention-mesh', 'faceres']) {
    it(`${name}’s numbers`, async () => {
      const { bytes } = await storedNetwork(name, { modelsFolder });
      const [native, wasm] = await both(bytes, (network) => {
        const { name: input, shape } = network.inputs[0] as {
          name: string;
          shape: readonly number[];
        };
        const count = shape.reduce((product, size) => product * size, 1);
        return network.run({ [input]: { data: noise(count, 0, 1), shape } });
      });
      for (const [output, { data }] of Object.entries(native)) {
        const most = data.reduce((high, value) => Math.max(high, Math.abs(value)), 0.01);
        const off = worst(data, wasm[output].data) / most;
        assert.ok(off < 1e-4, `${output} is off by ${off} of ${most}`);
      }
    });
  }

  it('and a file that is no network is refused in the same words', async () => {
    for (const device of ['cpu', 'wasm']) {
      await assert.rejects(openNetwork(Buffer.from('nonsense'), { device }), {
        code: 'E_MODEL_INVALID',
        message: /ONNX Runtime can run/,
      });
    }
  });
});
