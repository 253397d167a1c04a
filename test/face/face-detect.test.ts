import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { closeFaceNetworks } from '../../src/face/networks';
import {
  LipwireError,
  type FacePayload,
  type FaceTrack,
  type Progress,
  type StageContext,
  resolveParameters,
} from '../../src/contract';
import { run as runFaceDetect } from '../../src/face/run';
import { portraitSvg } from '../support/portrait';
import { faceDetect } from '../../src/face/stage';
import type { StageParameters } from '../../src/stages';

describe('the face-detect stage', () => {
  let base: string;
  let count = 0;
  before(async () => {
    base = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
  });
  after(async () => {
    await closeFaceNetworks();
    await rm(base, { recursive: true });
  });

  interface Run {
    result: FacePayload;
    folder: string;
    progress: Progress[];
  }

  async function detect(
    file: string,
    parameters: Partial<StageParameters<'face-detect'>> = {},
    signal = new AbortController().signal,
  ): Promise<Run> {
    const folder = path.join(base, `job-${++count}`);
    await mkdir(folder);
    const progress: Progress[] = [];
    const context: StageContext = {
      signal,
      folder,
      settings: {
        ffmpegPath: '',
        modelsFolder: path.join(base, 'models'),
        device: 'auto',
        acceptNonCommercial: false,
      },
      progress: (update) => progress.push(update),
    };
    const values = { ...resolveParameters(faceDetect.parameters, []), ...parameters };
    const result = await runFaceDetect({ kind: 'file', file }, values, context);
    return { result, folder, progress };
  }

  /** A picture of the given drawings side by side, 400 pixels each. */
  async function gallery(name: string, sizes: number[]): Promise<string> {
    const layers = await Promise.all(
      sizes.map(async (size, index) => ({
        input: await sharp(Buffer.from(portraitSvg())).resize(size, size).png().toBuffer(),
        left: index * 400 + Math.round((400 - size) / 2),
        top: Math.round((400 - size) / 2),
      })),
    );
    const file = path.join(base, name);
    const create = { width: 400 * Math.max(1, sizes.length), height: 400, channels: 3 as const };
    await sharp({ create: { ...create, background: '#9db4c0' } })
      .composite(layers)
      .toFile(file);
    return file;
  }

  const refuses = (code: string, pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof LipwireError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };

  it('prepares the networks once, finds the face, and writes its landmarks', async () => {
    const file = await gallery('one.png', [400]);
    const { result, folder, progress } = await detect(file);
    assert.deepEqual(result.source, { file, type: 'image', width: 400, height: 400 });
    assert.equal(result.kind, 'face');
    assert.equal(result.detector, 'blazeface');
    assert.equal(result.faces.length, 1);
    assert.equal(result.selected, 0);
    assert.equal(result.track, path.join(folder, 'track.json'));
    assert.deepEqual(await readdir(folder), ['track.json']);
    const track = JSON.parse(await readFile(result.track, 'utf8')) as FaceTrack;
    assert.equal(track.version, 1);
    assert.equal(track.topology, 'facemesh-468');
    assert.deepEqual([track.width, track.height], [400, 400]);
    assert.equal(track.frames.length, 1);
    const [frame] = track.frames;
    assert.equal(frame?.landmarks.length, 468);
    assert.ok(
      frame?.landmarks.every((point) => point.length === 3 && point.every(Number.isFinite)),
    );
    assert.equal(frame?.refined?.length, 478);
    assert.deepEqual(frame?.box, result.faces[0]?.box);
    assert.deepEqual(
      progress.filter(({ type }) => type === 'preparing'),
      ['blazeface', 'facemesh', 'attention-mesh'].map((id) => ({
        type: 'preparing',
        what: `converting ${id}`,
      })),
    );
    const done = progress.flatMap((update) => (update.type === 'running' ? [update.done] : []));
    assert.ok(done.length > 1);
    assert.deepEqual(
      done,
      [...done].sort((a, b) => a - b),
    );
    assert.ok((await detect(file)).progress.every(({ type }) => type !== 'preparing'));
  });

  it('selects the largest, the most central, or by number from the left', async () => {
    const file = await gallery('three.png', [250, 200, 390]);
    const largest = (await detect(file)).result;
    assert.equal(largest.faces.length, 3);
    assert.equal(largest.selected, 2);
    const xs = largest.faces.map(({ box }) => box[0]);
    assert.deepEqual(
      xs,
      [...xs].sort((a, b) => a - b),
    );
    assert.equal((await detect(file, { select: 'central' })).result.selected, 1);
    assert.equal((await detect(file, { select: 'number', faceNumber: 1 })).result.selected, 0);
    const scores = largest.faces.map(({ score }) => score);
    const { selected } = (await detect(file, { select: 'score' })).result;
    assert.equal(selected, scores.indexOf(Math.max(...scores)));
    await assert.rejects(
      detect(file, { select: 'number', faceNumber: 4 }),
      refuses('E_INPUT', /1 to 3/),
    );
  });

  it('padding makes the box larger on every side, inside the picture', async () => {
    const file = await gallery('padded.png', [300]);
    const [plain] = (await detect(file)).result.faces;
    const [padded] = (await detect(file, { padding: 0.1 })).result.faces;
    const [huge] = (await detect(file, { padding: 2 })).result.faces;
    const [x1, y1, x2, y2] = plain?.box;
    const [dx, dy] = [(x2 - x1) / 10, (y2 - y1) / 10];
    [x1 - dx, y1 - dy, x2 + dx, y2 + dy].forEach((wanted, index) => {
      assert.ok(Math.abs(padded?.box[index] - wanted) < 1e-6);
    });
    assert.deepEqual(huge?.box, [0, 0, 400, 400]);
  });

  it('a rolled photo with EXIF gives sizes and landmarks of the upright picture', async () => {
    const upright = await gallery('upright.png', [400, 200]);
    // Stored turned a quarter to the left; EXIF 6 says to turn it back.
    const file = path.join(base, 'exif.jpg');
    const turned = await sharp(upright).rotate(270).png().toBuffer();
    await sharp(turned).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toFile(file);
    const { result } = await detect(file);
    const expected = (await detect(upright)).result;
    assert.deepEqual([result.source.width, result.source.height], [800, 400]);
    result.faces.forEach(({ box }, face) => {
      box.forEach((value, index) => {
        assert.ok(Math.abs(value - expected.faces[face]?.box[index]) < 6);
      });
    });
  });

  it('without a face: E_NO_FACE says what was tried, or the message passes', async () => {
    const file = await gallery('empty.png', []);
    await assert.rejects(
      detect(file),
      refuses('E_NO_FACE', /empty\.png \(400×400\).* 0\.5 .*views of 540.*turned by 0°, -45°, 45°/),
    );
    const { result, folder } = await detect(file, { withoutFace: 'pass' });
    assert.deepEqual(result.faces, []);
    assert.equal(result.selected, -1);
    assert.equal(result.track, undefined);
    assert.deepEqual(await readdir(folder), []);
  });

  it('a covered mouth: E_NO_FACE, or the message passes, or the box that is given counts', async () => {
    const file = path.join(base, 'masked.png');
    const cover = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400">
      <path d="M104 225 Q200 200 296 225 Q290 290 250 312 Q200 340 150 312 Q110 290 104 225Z" fill="#9fc7dd"/></svg>`;
    await sharp(Buffer.from(portraitSvg()))
      .composite([{ input: Buffer.from(cover) }])
      .toFile(file);
    await assert.rejects(detect(file), refuses('E_NO_FACE', /a mouth that can be seen.*as box/));
    const { result } = await detect(file, { withoutFace: 'pass' });
    assert.deepEqual([result.selected, result.faces, result.track], [-1, [], undefined]);
    const boxed = await detect(file, { box: '80 320 95 305' });
    assert.equal(boxed.result.selected, 0);
    assert.ok(boxed.result.track);
    assert.deepEqual(
      boxed.result.notes?.map(({ code }) => code),
      ['N_MOUTH_UNSURE'],
    );
  });

  it('notes that of an animation the first picture is taken, and nothing for a plain one', async () => {
    const file = path.join(base, 'moves.webp');
    const frame = await sharp(Buffer.from(portraitSvg())).png().toBuffer();
    const still = await gallery('still.png', [400]);
    const other = await sharp(frame).negate({ alpha: false }).png().toBuffer();
    await sharp([frame, other], { join: { animated: true } })
      .webp()
      .toFile(file);
    const { result } = await detect(file);
    assert.deepEqual(
      result.notes?.map(({ code }) => code),
      ['N_FIRST_PICTURE'],
    );
    assert.match(String(result.notes?.[0].text), /first is taken/);
    assert.equal((await detect(still)).result.notes, undefined);
  });

  it('a video, a text, and an absent file are refused, and nothing is written', async () => {
    const video = path.join(base, 'film.mp4');
    await writeFile(video, Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1'));
    await assert.rejects(detect(video), refuses('E_INPUT', /film\.mp4/));
    const text = path.join(base, 'note.txt');
    await writeFile(text, 'no picture');
    await assert.rejects(detect(text), refuses('E_INPUT', /note\.txt/));
    await assert.rejects(detect(path.join(base, 'nowhere.png')), refuses('E_PATH', /nowhere\.png/));
    assert.deepEqual(await readdir(path.join(base, `job-${count}`)), []);
  });

  it('a cancelled job ends with E_CANCELLED', async () => {
    const file = await gallery('cancel.png', [400]);
    await assert.rejects(detect(file, {}, AbortSignal.abort()), refuses('E_CANCELLED', /./));
  });
});
