import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { openFfmpeg } from '../../../src/av/ffmpeg/open';
import { closeMouthNetworks } from '../../../src/lipsync/wav2lip/mouth-network';
import { writeWav } from '../../../src/av/wav';
import {
  type ClipPayload,
  type FacePayload,
  type FaceTrack,
  type Progress,
  objectSource,
  resolveParameters,
  type StageContext,
  type StageSettings,
} from '../../../src/contract';
import { ModelStore } from '../../../src/ml/store/store';
import { usableDevices } from '../../../src/ml/onnx/devices';
import { wav2lipTable } from '../../../src/lipsync/wav2lip/network-table';
import { STAGES } from '../../../src/stages';
import { run as runWav2lip } from '../../../src/lipsync/run';
import { floats, legacyCheckpoint, zipCheckpoint } from '../../support/checkpoints';
import { drawnFace } from '../../support/drawn-face';
import { noise } from '../../support/noise';
import { seededTensors, WAV2LIP_GAIN } from '../../support/seeded-tensors';
import { wav2lip } from '../../../src/lipsync/stage';

const RATE = 16_000;
const SAMPLES = 4_800;

describe('the wav2lip stage with a Wav2Lip checkpoint', function () {
  this.timeout(60_000);
  let folder: string;
  let models: string;
  let wav: string;
  let face: FacePayload;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-network-'));
    models = path.join(folder, 'models');
    wav = path.join(folder, 'speech.wav');
    await writeWav(wav, { sampleRate: RATE, channels: [noise(SAMPLES, -0.3, 0.3)] });
    face = await portrait();
    const tensors = seededTensors(wav2lipTable(), WAV2LIP_GAIN);
    const saved = [...tensors].map(([name, { shape, data }]) => [
      `module.${name}`,
      floats(shape, data),
    ]);
    const tree = { state_dict: Object.fromEntries(saved) };
    const store = new ModelStore({ folder: models });
    for (const [name, bytes] of [
      ['Seeded Old.pth', legacyCheckpoint(tree)],
      ['seeded-new.pth', zipCheckpoint(tree)],
    ] as const) {
      const file = path.join(folder, name);
      await writeFile(file, bytes);
      await store.add(file);
      await rm(file);
    }
  });
  after(async () => {
    await closeMouthNetworks();
    await rm(folder, { recursive: true });
  });

  async function portrait(): Promise<FacePayload> {
    const [width, height] = [200, 240];
    const { picture, landmarks } = drawnFace(width, height, 0.2);
    const file = path.join(folder, 'face.png');
    await sharp(picture.data, { raw: { width, height, channels: 3 } }).toFile(file);
    const box: [number, number, number, number] = [40, 40, 160, 200];
    const points = landmarks.map(([x, y]): [number, number, number] => [x, y, 0]);
    const frames = [{ box, score: 1, landmarks: points }];
    const track: FaceTrack = { version: 1, topology: 'facemesh-468', width, height, frames };
    await writeFile(`${file}.json`, JSON.stringify(track));
    const source = { file, type: 'image', width, height } as const;
    const faces = [{ box, score: 1, roll: 0 }];
    return { kind: 'face', source, detector: 'test', faces, selected: 0, track: `${file}.json` };
  }

  async function render(
    values: object,
    { sound = wav, ...settings }: Partial<StageSettings> & { sound?: string } = {},
  ) {
    const updates: Progress[] = [];
    const context: StageContext = {
      signal: new AbortController().signal,
      folder: await mkdtemp(path.join(folder, 'job-')),
      settings: {
        ffmpegPath: '',
        modelsFolder: models,
        device: 'cpu',
        acceptNonCommercial: true,
        ...settings,
      },
      progress: (update) => updates.push(update),
    };
    const parameters = resolveParameters(wav2lip.parameters, [
      objectSource('msg.', { model: 'seeded-old', blinks: false, ...values }),
    ]);
    const clip = await runWav2lip(
      { speech: { kind: 'file', file: sound }, face },
      parameters,
      context,
    );
    return { clip, updates, folder: context.folder };
  }

  /** All frames of a clip without loss, decoded and laid on their backdrop. */
  async function framesOf({ master, backdrop, fps }: ClipPayload): Promise<Buffer[]> {
    const target = `${master}.rgb`;
    const options = ['-map', '[whole]', '-f', 'rawvideo', '-pix_fmt', 'rgb24'];
    const ffmpeg = await openFfmpeg();
    await ffmpeg.run({
      inputs: [
        {
          source: backdrop!.file,
          options: [
            ...['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', '200x240'],
            ...['-framerate', String(fps)],
          ],
        },
        { source: master! },
      ],
      filterGraph: `[0:v]loop=-1:1[still];[still][1:v]overlay=x=${backdrop!.x}:y=${backdrop!.y}:format=yuv420:shortest=1[whole]`,
      outputs: [{ target, options }],
    });
    const bytes = await readFile(target);
    const size = 200 * 240 * 3;
    return Array.from({ length: bytes.length / size }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
  }

  it('makes as many frames as promised at 25 and 29.97, and says what ran', async () => {
    for (const [fps, rate] of [
      [25, 25],
      [29.97, 30_000 / 1001],
    ] as const) {
      const { clip, updates, folder: job } = await render({ fps });
      assert.equal(clip.frames, Math.ceil((SAMPLES / RATE) * rate));
      assert.equal((await framesOf(clip)).length, clip.frames);
      assert.deepEqual(clip.engine, { model: 'seeded-old', device: 'cpu', precision: 'fp32' });
      assert.equal(clip.report.psnr, undefined);
      assert.equal(clip.report.drivenBy, 'sound');
      assert.equal(clip.report.silentFrames, 0);
      assert.ok(clip.report.seam!.seam > 0);
      const done = updates.flatMap((update) => (update.type === 'running' ? [update.done] : []));
      assert.equal(done.at(-1), clip.frames);
      await rm(`${clip.master!}.rgb`);
      assert.deepEqual((await readdir(job)).sort(), ['backdrop.yuv', 'clip.mp4', 'master.mov']);
    }
  });

  it('says how near 8 bits came to fp32, and makes the same pictures again', async () => {
    const exact = await framesOf((await render({})).clip);
    const { clip } = await render({ precision: 'int8', batch: 3 });
    assert.deepEqual(clip.engine, { model: 'seeded-old', device: 'cpu', precision: 'int8' });
    assert.ok(clip.report.psnr! > 50 && clip.report.psnr! < 100);
    const frames = await framesOf(clip);
    assert.equal(frames.length, exact.length);
    await closeMouthNetworks();
    assert.deepEqual(await framesOf((await render({ precision: 'int8' })).clip), frames);
    const worst = frames.flatMap((frame, i) => frame.map((v, at) => Math.abs(v - exact[i][at])));
    assert.ok(worst.every((part) => part.every((difference) => difference <= 12)));
  });

  it('tries what there is where the device is auto, and says why it is the CPU', async () => {
    const { clip } = await render({}, { device: 'auto' });
    const { device, reason } = clip.engine;
    const { devices, reason: absent } = await usableDevices();
    if (devices.length === 0) assert.equal(device, 'cpu');
    assert.ok(device !== 'cpu' || (reason ?? '') !== '' || absent === '');
    await assert.rejects(render({}, { device: 'abacus' }), { code: 'E_INPUT' });
    await assert.rejects(render({ precision: 'fp16' }), { code: 'E_INPUT', message: /GPU/ });
  });

  it('gives the same pictures again, and from either file format', async () => {
    const pictures = async (model: string): Promise<Buffer[]> =>
      framesOf((await render({ model })).clip);
    const first = await pictures('seeded-old');
    assert.deepEqual(await pictures('seeded-old'), first);
    assert.deepEqual(await pictures('seeded-new'), first);
    assert.notDeepEqual(await pictures('builtin'), first);
  });

  it('keeps the graphs it made, and makes damaged ones again', async () => {
    const graphs = async (): Promise<string[]> =>
      (await readdir(models)).filter((name) => name.startsWith('wav2lip-decoder-'));
    const { clip } = await render({});
    const expected = await framesOf(clip);
    const [graph] = await graphs();
    const file = path.join(models, graph);
    const bytes = await readFile(file);
    await closeMouthNetworks();
    await writeFile(file, bytes.subarray(0, 1000));
    const again = await render({});
    assert.deepEqual(await framesOf(again.clip), expected);
    assert.ok(again.updates.some((update) => 'what' in update && /Wav2Lip/.test(update.what)));
    assert.ok((await readFile(file)).equals(bytes));
  });

  it('shows the portrait alone in silence', async () => {
    const silent = path.join(folder, 'silence.wav');
    await writeWav(silent, { sampleRate: RATE, channels: [new Float32Array(4000)] });
    const { clip } = await render({}, { sound: silent });
    assert.equal(clip.report.silentFrames, clip.frames);
    const frames = await framesOf(clip);
    for (const frame of frames) assert.ok(frame.equals(frames[0]));
  });

  it('has the reference’s frame count and rectangle when they are asked for', async () => {
    const long = path.join(folder, 'long.wav');
    await writeWav(long, { sampleRate: RATE, channels: [noise(RATE, -0.3, 0.3)] });
    const values = { blend: 'parity', frameCount: 'reference', pads: '0 10 0 0' };
    const { clip } = await render(values, { sound: long });
    assert.equal(clip.frames, 22);
    const [frame] = await framesOf(clip);
    const [, still] = await Promise.all([0, sharp(face.source.file).raw().toBuffer()]);
    // Far from the box nothing but the video's colours has changed.
    for (const at of [0, 30 * 600 + 90, 239 * 600]) {
      assert.ok(Math.abs(frame[at] - still[at]) < 12, `${at}`);
    }
    await assert.rejects(render({ blend: 'parity', pads: '1 2 3' }), { code: 'E_INPUT' });
  });

  it('refuses a model whose licence was not accepted, and auto says why it took another', async () => {
    const refused = { acceptNonCommercial: false };
    await assert.rejects(render({}, refused), { code: 'E_MODEL_LICENCE' });
    await assert.rejects(render({ model: 'wav2lip_gan' }), { code: 'E_MODEL_MISSING' });
    await assert.rejects(render({ model: 'best' }), /auto, builtin, .*"best"/);
    const { clip } = await render({ model: 'auto' });
    assert.equal(clip.engine.model, 'builtin');
    assert.match(clip.engine.reason!, /no Wav2Lip weights/);
  });

  it('auto takes an own file that is called like a published one, where the licence is accepted', async () => {
    const named = path.join(folder, 'named');
    await mkdir(named);
    const [old] = (await readdir(models)).filter((name) => /old\.pth$/.test(name));
    await copyFile(path.join(models, old), path.join(named, 'wav2lip_gan.pth'));
    const given = { modelsFolder: named };
    const { clip } = await render({ model: 'auto' }, given);
    assert.match(clip.engine.model, /^wav2lip_gan/);
    const other = await render({ model: 'auto' }, { ...given, acceptNonCommercial: false });
    assert.equal(other.clip.engine.model, 'builtin');
    assert.match(other.clip.engine.reason!, /I accept model licences/);
  });

  it('has a cache key that knows the weights, the licence setting and the device', async () => {
    const { cacheKey: keyOf } = STAGES.wav2lip;
    const { signal } = new AbortController();
    const key = async (model: string, settings: Partial<StageSettings> = {}): Promise<string> => {
      const given = { ffmpegPath: '', modelsFolder: models, device: 'auto' };
      const all = { ...given, acceptNonCommercial: true, ...settings };
      return JSON.stringify(
        await keyOf!(
          resolveParameters(wav2lip.parameters, [objectSource('', { model })]),
          all,
          signal,
        ),
      );
    };
    const old = await key('seeded-old');
    assert.equal(await key('seeded-old'), old);
    assert.match(old, /"sha256":"[0-9a-f]{64}"/);
    assert.notEqual(await key('seeded-new'), old);
    assert.notEqual(await key('seeded-old', { device: 'cuda' }), old);
    assert.equal(await key('builtin', { device: 'cuda' }), await key('builtin'));
    await assert.rejects(key('seeded-old', { acceptNonCommercial: false }), {
      code: 'E_MODEL_LICENCE',
    });
  });
});
