import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { closeFaceNetworks } from '../../src/face/networks';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { LipwireError, objectSource, resolveParameters } from '../../src/contract';
import { run as runFaceDetect } from '../../src/face/run';
import { previewPortrait } from '../../src/face/preview-portrait';
import { loudestMoment, waveformOf } from '../../src/face/preview-clip';
import type { PortraitPreview } from '../../src/face/previews';
import { pictureWith } from './faces';
import { faceDetect } from '../../src/face/stage';

describe('The preview of a portrait', function () {
  this.timeout(60_000);
  let folder: string;
  let settings: { ffmpegPath: string; modelsFolder: string; device: string };
  let two: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-previews-'));
    settings = { ffmpegPath: '', modelsFolder: path.join(folder, 'models'), device: 'cpu' };
    two = await picture('two', [
      { x: 150, y: 200, size: 160 },
      { x: 460, y: 200, size: 220 },
    ]);
  });
  after(async () => {
    await closeFaceNetworks();
    await rm(folder, { recursive: true });
  });

  async function picture(name: string, faces: Parameters<typeof pictureWith>[2]): Promise<string> {
    const { data, width, height } = await pictureWith(640, 400, faces);
    const file = path.join(folder, `${name}.png`);
    await sharp(data, { raw: { width, height, channels: 3 } }).toFile(file);
    return file;
  }

  const parametersOf = (
    given: object,
  ): ReturnType<typeof resolveParameters<typeof faceDetect.parameters>> =>
    resolveParameters(faceDetect.parameters, [objectSource('', given)]);
  const preview = (file: string, given: object = {}, asker = 'me'): Promise<PortraitPreview> =>
    previewPortrait(
      { input: { kind: 'file', file }, parameters: parametersOf(given), asker },
      { ...settings, acceptNonCommercial: false },
    );
  const refused = (code: string) => (error: unknown) =>
    error instanceof LipwireError && error.code === code;

  it('finds what the stage finds, for every way to choose', async () => {
    for (const given of [
      {},
      { select: 'number', faceNumber: 1, padding: 0.3 },
      { select: 'region', region: '0 0 300 400' },
      { box: '80 340 340 580' },
    ]) {
      const job = await mkdtemp(path.join(folder, 'job-'));
      const context = {
        signal: new AbortController().signal,
        folder: job,
        settings: { ...settings, acceptNonCommercial: false },
        progress: () => undefined,
        ffmpeg: () => openFfmpeg(),
      };
      const input = { kind: 'file', file: two } as const;
      const truth = await runFaceDetect(input, parametersOf(given), context);
      const shown = await preview(two, given);
      assert.deepEqual([shown.faces, shown.selected], [truth.faces, truth.selected]);
      assert.deepEqual(shown.source, { type: 'image', width: 640, height: 400 });
      assert.equal(shown.landmarks.length, 468);
      const { format, width } = await sharp(Buffer.from(shown.picture.jpeg, 'base64')).metadata();
      assert.deepEqual([format, width], ['jpeg', shown.picture.width]);
    }
  });

  it('notices that a file was replaced', async () => {
    const file = await picture('changing', [{ x: 300, y: 200, size: 240 }]);
    assert.equal((await preview(file)).faces.length, 1);
    await rm(file);
    await sharp(two).toFile(file);
    assert.equal((await preview(file)).faces.length, 2);
  });

  it('says in a sentence that there is no face, or not that one', async () => {
    const empty = await picture('empty', []);
    await assert.rejects(preview(empty), refused('E_NO_FACE'));
    await assert.rejects(preview(empty, { withoutFace: 'pass' }), refused('E_NO_FACE'));
    await assert.rejects(preview(two, { select: 'number', faceNumber: 3 }), /from 1 to 2/);
    await assert.rejects(preview(path.join(folder, 'none.png')), refused('E_PATH'));
  });

  it('shows the first frame of a video that has a face, in the pixels of its source', async () => {
    const [blank, face] = [
      await picture('blank', []),
      await picture('face', [{ x: 300, y: 200, size: 240 }]),
    ];
    const file = path.join(folder, 'late.mp4');
    const ffmpeg = await openFfmpeg();
    const still = ['-loop', '1', '-t', '1', '-r', '10'];
    await ffmpeg.run({
      inputs: [blank, face].map((source) => ({ source, options: still })),
      filterGraph: '[0][1]concat=n=2:v=1:a=0[v]',
      outputs: [
        { target: file, options: ['-map', '[v]', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'] },
      ],
    });
    const shown = await preview(file, { resizeFactor: 2 });
    assert.equal(shown.time, 1);
    assert.deepEqual(shown.source, { type: 'video', width: 320, height: 200 });
    const [x1, , x2] = shown.faces[0].box;
    assert.ok(Math.abs((x1 + x2) / 2 - 150) < 10, `${x1} to ${x2}`);
  });

  it('gives up what the same asker asked before, and nothing of others', async () => {
    const slow = await picture('slow', [{ x: 300, y: 200, size: 240 }]);
    const first = preview(slow, { minScore: 0.31 }, 'someone');
    const other = preview(slow, { minScore: 0.32 }, 'another');
    const second = preview(slow, { minScore: 0.33 }, 'someone');
    await assert.rejects(first, refused('E_CANCELLED'));
    assert.equal((await other).faces.length, 1);
    assert.equal((await second).faces.length, 1);
  });
});

describe('The sound of a clip’s preview', () => {
  const sound = Float32Array.from({ length: 16_000 }, (_, i) => {
    const time = i / 8000;
    return Math.sin(i) * (time >= 1.2 && time < 1.5 ? 0.9 : 0.2);
  });

  it('is loudest in the middle of its loudest word', () => {
    const words = [
      { value: 'soft', start: 0.1, end: 0.9 },
      { value: 'loud', start: 1.2, end: 1.5 },
    ];
    assert.deepEqual(loudestMoment(sound, words), { time: 1.35, word: 'loud' });
    const { time, word } = loudestMoment(sound, []);
    assert.ok(time > 1.2 && time < 1.5, `${time}`);
    assert.equal(word, undefined);
    assert.equal(loudestMoment(new Float32Array(0), []).time, 0.05);
  });

  it('becomes at most 600 peaks, in the order of the sound', () => {
    const peaks = waveformOf(sound);
    assert.equal(peaks.length, 600);
    assert.deepEqual([peaks[10], peaks[400]], [0.2, 0.9]);
    assert.deepEqual(waveformOf(new Float32Array(3)), [0, 0, 0]);
  });
});
