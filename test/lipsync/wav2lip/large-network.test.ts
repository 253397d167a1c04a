import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { closeMouthNetworks, openMouthNetwork } from '../../../src/lipsync/wav2lip/mouth-network';
import { KEPT } from '../../../src/lipsync/wav2lip/aligned-crop';
import { StillFace, StillRenderer, type StillOptions } from '../../../src/lipsync/wav2lip/render';
import { WINDOW_VALUES } from '../../../src/lipsync/wav2lip/windows';
import { SoundAnalyzer, type SoundFeatures } from '../../../src/lipsync/sound';
import { frameRate } from '../../../src/contract';
import { openNetwork } from '../../../src/ml/onnx/session';
import { writeModel } from '../../../src/ml/onnx/writer';
import {
  WAV2LIP_256,
  wav2lipTable,
  wav2lipWeights,
} from '../../../src/lipsync/wav2lip/network-table';
import { wav2lipGraph } from '../../../src/lipsync/wav2lip/network-graph';
import { floats, zipCheckpoint } from '../../support/checkpoints';
import { drawnFace } from '../../support/drawn-face';
import { noise } from '../../support/noise';
import { seededTensors, WAV2LIP_GAIN } from '../../support/seeded-tensors';

const SIZE = 256;
const KEEP = { top: 117, bottom: 256, left: 32, right: 224 };

describe('Wav2Lip of 256 pixels', function () {
  this.timeout(120_000);
  let folder: string;
  const options = () => ({ modelsFolder: folder, threads: 2, device: 'cpu' });
  before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-large-'))));
  after(async () => {
    await closeMouthNetworks();
    await rm(folder, { recursive: true });
  });

  it('has the parameters of the export in circulation, and maps that halve to one pixel', () => {
    const { layers, features } = WAV2LIP_256;
    const folded = layers.reduce(
      (sum, { inputs, outputs, kernel }) => sum + inputs * outputs * kernel ** 2 + outputs,
      0,
    );
    // wav2lip_256.onnx has 214 402 122 bytes; names and nodes take what those of 96 pixels take.
    assert.ok(214_402_122 - 4 * folded > 60_000 && 214_402_122 - 4 * folded < 100_000);
    assert.deepEqual(
      features.map(({ size }) => size),
      [256, 128, 64, 32, 16, 8, 4, 1],
    );
  });

  it('is recognised in a checkpoint, and gives the kept part of what the plain graph gives', async () => {
    const tensors = seededTensors(wav2lipTable(WAV2LIP_256), WAV2LIP_GAIN);
    const saved = [...tensors].map(([name, { shape, data }]) => [name, floats(shape, data)]);
    const file = path.join(folder, 'large.pth');
    await writeFile(file, zipCheckpoint({ state_dict: Object.fromEntries(saved) }));
    const face = noise(6 * SIZE * SIZE);
    const mels = noise(WINDOW_VALUES, -4, 4);
    const plain = await openNetwork(writeModel(wav2lipGraph(wav2lipWeights(tensors))), {
      threads: 2,
    });
    const { output } = await plain.run({
      mel: { data: mels, shape: [1, 1, 80, 16] },
      face: { data: face, shape: [1, 6, SIZE, SIZE] },
    });
    await plain.release();
    const network = await openMouthNetwork({ path: file, sha256: '2'.repeat(64) }, KEPT, options());
    assert.deepEqual([network.size, network.keep], [SIZE, KEEP]);
    const picture = await (await network.face(face))(mels, 1);
    const [rows, columns] = [KEEP.bottom - KEEP.top, KEEP.right - KEEP.left];
    assert.equal(picture.length, 3 * rows * columns);
    picture.forEach((value, i) => {
      const [plane, at] = [Math.floor(i / rows / columns), i % (rows * columns)];
      const row = KEEP.top + Math.floor(at / columns);
      const other = output.data[(plane * SIZE + row) * SIZE + KEEP.left + (at % columns)];
      assert.ok(Math.abs(value - other) < 1 / 255, `${i}: ${value} and ${other}`);
    });
  });

  it('paints mouths on a portrait', async () => {
    const { picture, landmarks } = drawnFace(300, 340, 0.1);
    const file = { path: path.join(folder, 'large.pth'), sha256: '2'.repeat(64) };
    const network = await openMouthNetwork(file, KEPT, options());
    const still: StillOptions = {
      ...{ picture, landmarks, box: [40, 40, 260, 300], network, batch: 2 },
      ...{ rate: frameRate(25), frameCount: 2, offset: 0, blend: 'soft' },
      ...{ pads: { top: 0, bottom: 0, left: 0, right: 0 }, silenceGate: false },
      ...{ blinks: false, headMotion: false, features: silence(), windows: windows(2) },
    };
    const face = new StillFace(still);
    const engine = new StillRenderer(still, face);
    const frames: Buffer[] = [];
    for await (const frame of engine.frames(new AbortController().signal)) {
      frames.push(Buffer.from(frame));
    }
    assert.equal(frames.length, 2);
    const { x, y, width, height } = face.region;
    const changed = frames[0].filter((value, i) => {
      const [row, rest] = [Math.floor(i / (3 * width)), i % (3 * width)];
      return value !== picture.data[((y + row) * picture.width + x) * 3 + rest];
    }).length;
    assert.ok(changed > 0.1 * width * height, `${changed} of ${3 * width * height}`);
  });
});

async function* windows(count: number): AsyncGenerator<Float32Array> {
  for (let i = 0; i < count; i++) yield noise(WINDOW_VALUES, -4, 4, i + 1);
}

function silence(): SoundFeatures {
  const analyzer = new SoundAnalyzer(16_000);
  analyzer.push(new Float32Array(16_000));
  return analyzer.finish();
}
