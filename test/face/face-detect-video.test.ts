import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { closeFaceNetworks, openFaceNetworks } from '../../src/face/networks';
import { findFaces } from '../../src/face/find';
import { intersectionOverUnion, type Box } from '../../src/face/box';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { readVideoFrames } from '../../src/av/ffmpeg/frames';
import type { Ffmpeg } from '../../src/av/ffmpeg/types';
import {
  LipwireError,
  openFaceTrack,
  type FacePayload,
  type Progress,
  type TrackedFace,
  objectSource,
  resolveParameters,
  type StageContext,
} from '../../src/contract';
import { run as runFaceDetect } from '../../src/face/run';
import { avatarFile } from '../../src/runtime/avatar';
import { needFixture } from '../support/fixtures';
import { portraitSvg } from '../support/portrait';
import { faceDetect } from '../../src/face/stage';
import type { StageInput } from '../../src/stages';

const LOSSLESS = ['-c:v', 'ffv1', '-pix_fmt', 'yuv444p'];

describe('the face-detect stage with videos', function () {
  this.timeout(120_000);
  let base: string;
  let ffmpeg: Ffmpeg;
  let drawn: string;
  let count = 0;
  before(async () => {
    base = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
    ffmpeg = await openFfmpeg();
    drawn = path.join(base, 'drawn.png');
    await sharp(Buffer.from(portraitSvg({ background: '#333a40' }))).toFile(drawn);
  });
  after(async () => {
    await closeFaceNetworks();
    await rm(base, { recursive: true });
  });

  interface Run {
    result: FacePayload;
    frames: TrackedFace[];
    progress: Progress[];
    folder: string;
  }

  async function detect(
    input: string | Omit<StageInput<'face-detect'>, 'kind'>,
    parameters: object = {},
    { signal = new AbortController().signal, onProgress = (_: Progress): void => undefined } = {},
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
      progress: (update) => {
        progress.push(update);
        onProgress(update);
      },
    };
    const given = typeof input === 'string' ? { file: input } : input;
    const values = resolveParameters(faceDetect.parameters, [objectSource('msg.', parameters)]);
    const result = await runFaceDetect({ kind: 'file', ...given }, values, context);
    const frames: TrackedFace[] = [];
    if (result.track) {
      const track = await openFaceTrack(result.track);
      for (let i = 0; i < track.header.frameCount; i++) frames.push(await track.frame(i));
      await track.close();
    }
    return { result, frames, progress, folder };
  }

  /** A video of 25 frames a second, put together from pictures and filters. */
  async function film(
    name: string,
    parts: { source: string; frames: number; filters?: string }[],
    options = LOSSLESS,
  ): Promise<string> {
    const target = path.join(base, name);
    const inputs = parts.map(({ source }) => ({
      source,
      options: source.startsWith('color')
        ? ['-f', 'lavfi']
        : ['-loop', '1', '-framerate', '25', '-t', '20'],
    }));
    const chains = parts.map(({ frames, filters }, i) => {
      const end = `fps=25,trim=end_frame=${frames},setpts=PTS-STARTPTS,setsar=1,format=rgb24`;
      return `[${i}:v]${filters ?? 'scale=320:320'},${end}[p${i}]`;
    });
    const all = parts.map((_, i) => `[p${i}]`).join('');
    const filterGraph = `${chains.join(';')};${all}concat=n=${parts.length}[v]`;
    await ffmpeg.run({
      inputs,
      outputs: [{ target, options: ['-map', '[v]', ...options] }],
      filterGraph,
    });
    return target;
  }

  const middleOf = ([x1, y1, x2, y2]: Box) => [(x1 + x2) / 2, (y1 + y2) / 2] as const;
  const states = (frames: TrackedFace[]) => frames.map(({ state }) => state[0]).join('');
  const refuses = (code: string, pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof LipwireError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };

  it('follows a face that moves, grows and rolls, and starts anew at a cut', async () => {
    const moving =
      "scale=300:300,pad=480:360:90:30,rotate='30*PI/180*sin(2*PI*n/20)',crop=400:320:x='40+30*sin(n/4)':y=20";
    const file = await film(
      'moving.mkv',
      [
        { source: avatarFile(), frames: 24, filters: moving },
        { source: drawn, frames: 8, filters: 'scale=320:320,pad=400:320:40:0' },
      ],
      ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'],
    );
    const { result, frames, folder, progress } = await detect(file);
    assert.deepEqual(result.source, {
      file,
      type: 'video',
      width: 400,
      height: 320,
      fps: 25,
      frames: 32,
      rate: { num: 25, den: 1 },
    });
    assert.deepEqual((await readdir(folder)).sort(), ['track.bin', 'track.json']);
    assert.equal(states(frames), 'f'.repeat(32));
    assert.deepEqual(
      frames.map(({ shot }) => shot),
      [...Array<number>(24).fill(0), ...Array<number>(8).fill(1)],
    );
    assert.deepEqual([result.report!.shots, result.selected], [2, 0]);
    assert.deepEqual(result.faces[0].box.map(Math.round), frames[0].box!.map(Math.round));
    frames.slice(0, 24).forEach(({ roll }, n) => {
      const turn = 30 * Math.sin((2 * Math.PI * n) / 20);
      assert.ok(Math.abs(roll - turn) < 5, `frame ${n}: ${roll}, ${turn}`);
    });
    // Tracked frames say the same as the detector does on each of them alone.
    const networks = await openFaceNetworks({ modelsFolder: path.join(base, 'models') });
    let index = 0;
    for await (const data of readVideoFrames(ffmpeg, result.source, { pixels: 'rgb24' })) {
      if (index % 6 === 5) {
        const picture = { width: 400, height: 320, data };
        const { faces } = await findFaces(picture, networks, { minScore: 0.5 });
        const share = intersectionOverUnion(faces[0].box, frames[index].box!);
        assert.ok(share > 0.9, `frame ${index}: ${share}`);
      }
      index++;
    }
    const done = progress.flatMap((p) => (p.type === 'running' ? [p.done] : []));
    assert.deepEqual(
      done,
      Array.from({ length: 32 }, (_, i) => i + 1),
    );
    assert.ok(progress.every((p) => p.type !== 'running' || p.unit === 'frames'));
  });

  it('reports frames without a face, and fills them in as it is told', async () => {
    // Four frames covered in the middle of a shot; the background stays.
    const cover = "drawbox=x=60:y=40:w=200:h=280:color=0x888888:t=fill:enable='between(n,8,11)'";
    const filters = `scale=320:320,${cover}`;
    const file = await film('covered.mkv', [{ source: drawn, frames: 14, filters }]);
    const filled = await detect(file);
    assert.equal(states(filled.frames), 'f'.repeat(8) + 'iiii' + 'ff');
    assert.deepEqual(filled.result.report!.framesWithoutFace, {
      count: 4,
      interpolated: 4,
      held: 0,
      ranges: [[8, 11]],
    });
    assert.equal(filled.result.report!.shots, 1);
    const short = await detect(file, { interpolateFrames: 3 });
    assert.equal(states(short.frames), 'f'.repeat(8) + 'nnnn' + 'ff');
    const held = await detect(file, { withoutFace: 'hold' });
    assert.equal(states(held.frames).slice(8, 12), 'hhhh');
    assert.deepEqual(held.frames[11].landmarks, held.frames[7].landmarks);
    await assert.rejects(
      detect(file, { withoutFace: 'error' }),
      refuses('E_NO_FACE', /frame 8 \(0\.32 s\)/),
    );
  });

  it('without any face ends with E_NO_FACE, or passes', async () => {
    const file = await film('empty.mkv', [
      { source: 'color=gray:s=320x240:r=25', frames: 5, filters: 'null' },
    ]);
    await assert.rejects(detect(file), refuses('E_NO_FACE', /empty\.mkv \(320×240\).* 5 frames/));
    const { result } = await detect(file, { withoutFace: 'pass' });
    assert.deepEqual([result.faces, result.selected, result.track], [[], -1, undefined]);
    assert.equal(result.report!.framesWithoutFace.count, 5);
  });

  it('takes the face in a region, or the one like a reference picture, in every shot', async () => {
    const pair = path.join(base, 'pair.png');
    const other = path.join(base, 'other-way.png');
    const small = async (file: string) => sharp(file).resize(180, 180).png().toBuffer();
    const canvas = { width: 390, height: 180, channels: 3 as const, background: '#556677' };
    const both = [await small(avatarFile()), await small(drawn)] as const;
    for (const [file, [left, right]] of [
      [pair, both],
      [other, [both[1], both[0]]],
    ] as const) {
      await sharp({ create: canvas })
        .composite([
          { input: left, left: 0, top: 0 },
          { input: right, left: 210, top: 0 },
        ])
        .toFile(file);
    }
    const filters = 'scale=390:180';
    const file = await film('pairs.mkv', [
      { source: pair, frames: 2, filters },
      { source: other, frames: 2, filters },
    ]);
    const sides = ({ frames }: Run) =>
      frames.map(({ box }) => (box ? (middleOf(box)[0] < 195 ? 'l' : 'r') : '.')).join('');
    const reference = avatarFile();
    assert.equal(sides(await detect({ file, reference }, { select: 'reference' })), 'llrr');
    const right = { select: 'region', region: [225, 15, 360, 165] };
    assert.equal(sides(await detect(file, right)), 'rrrr');
    const numbered = { select: 'number', faceNumber: 3 };
    await assert.rejects(detect(file, numbered), refuses('E_NO_FACE', /number 3 from the left/));
    await assert.rejects(
      detect(file, { select: 'reference' }),
      refuses('E_INPUT', /msg\.reference/),
    );
    await assert.rejects(detect(file, { select: 'region' }), refuses('E_INPUT', /region/));
    // Pictures choose by the same rules.
    const alike = await detect({ file: pair, reference: drawn }, { select: 'reference' });
    assert.equal(alike.result.selected, 1);
    assert.equal((await detect(other, { ...right, region: '0 0 75 75' })).result.selected, 0);
  });

  it('turns, divides and crops the frames first; a given box is not looked for', async () => {
    const filters = 'scale=400:400,transpose=cclock,pad=640:480:120:40';
    const file = await film('turned.mkv', [{ source: avatarFile(), frames: 4, filters }]);
    const { result, frames } = await detect(file, {
      rotate: 90,
      resizeFactor: '2',
      crop: [60, 260, 20, -1],
    });
    assert.deepEqual([result.source.width, result.source.height], [220, 200]);
    assert.deepEqual([result.source.rotate, result.source.resizeFactor], [90, 2]);
    assert.deepEqual(result.source.crop, [60, 260, 20, -1]);
    assert.ok(frames.every(({ state, roll }) => state === 'found' && Math.abs(roll) < 3));
    const box = frames[0].box!.map(Math.round);
    const given = [box[1], box[3], box[0], box[2]];
    const adjusted = { rotate: '90', resizeFactor: 2, crop: '60,260,20,-1' };
    const boxed = await detect(file, { ...adjusted, box: given });
    assert.equal(boxed.result.detector, 'box');
    assert.ok(boxed.frames.every((frame) => frame.landmarks !== undefined));
    assert.deepEqual(boxed.frames[2].box, box);
    const corner = await detect(file, { ...adjusted, box: '0 20 0 20' });
    assert.ok(corner.frames.every(({ state, landmarks }) => state === 'none' && !landmarks));
    assert.deepEqual(corner.frames[0].box, [0, 0, 20, 20]);
    await assert.rejects(detect(file, { box: '0 20 0 9999' }), refuses('E_INPUT', /box/));
    const picture = await detect(avatarFile(), { box: '300 800 300 800', rotate: 90 });
    assert.deepEqual(picture.result.faces[0].box, [300, 300, 800, 800]);
    assert.deepEqual(picture.frames[0].landmarks?.length, 468);
  });

  it('agrees with detection at full size on a person who talks', async function () {
    const file = needFixture(this, 'video/talker.mp4');
    const cut = path.join(base, 'talker.mp4');
    const options = ['-c', 'copy', '-an', '-frames:v', '26'];
    await ffmpeg.run({ inputs: [{ source: file }], outputs: [{ target: cut, options }] });
    const { result, frames } = await detect(cut);
    const networks = await openFaceNetworks({ modelsFolder: path.join(base, 'models') });
    let index = 0;
    for await (const data of readVideoFrames(ffmpeg, result.source, { pixels: 'rgb24' })) {
      // The last frame is the farthest from where the track began.
      if (index === 25) {
        const { width, height } = result.source;
        const found = await findFaces({ width, height, data }, networks, { minScore: 0.5 });
        const share = intersectionOverUnion(found.faces[0].box, frames[index].box!);
        assert.ok(share > 0.9, `frame ${index}: ${share}`);
      }
      index++;
    }
  });

  it('stops within a second when it is cancelled, and leaves no process', async () => {
    const file = await film('long.mkv', [{ source: drawn, frames: 200 }], ['-c:v', 'mpeg4']);
    const abort = new AbortController();
    let frames = 0;
    const onProgress = (update: Progress): void => {
      if (update.type === 'running') frames = update.done;
      if (frames === 5) abort.abort();
    };
    await assert.rejects(
      detect(file, {}, { signal: abort.signal, onProgress }),
      refuses('E_CANCELLED', /./),
    );
    assert.ok(frames < 10, `${frames}`);
  });

  it('tells what is wrong with a video', async () => {
    const sound = path.join(base, 'sound.mp4');
    await ffmpeg.run({
      inputs: [{ source: 'sine=d=1', options: ['-f', 'lavfi'] }],
      outputs: [{ target: sound, options: [] }],
    });
    await assert.rejects(detect(sound), refuses('E_INPUT', /only sound/));
    const empty = path.join(base, 'none.mp4');
    await writeFile(empty, '');
    await assert.rejects(detect(empty), refuses('E_INPUT', /empty/));
    const still = path.join(base, 'picture.mp4');
    await copyFile(drawn, still);
    assert.equal((await detect(still)).result.source.type, 'image');
  });

  it('says how to get a detector that is not installed, and uses it when it is', async function () {
    await assert.rejects(
      detect(drawn, { detector: 'yunet' }),
      refuses('E_MODEL_MISSING', /lipwire models pull yunet/),
    );
    await assert.rejects(detect(drawn, { detector: 's3fd' }), refuses('E_MODEL_MISSING', /s3fd/));
    const model = needFixture(this, 'models/face_detection_yunet_2023mar.onnx');
    await mkdir(path.join(base, 'models'), { recursive: true });
    await copyFile(model, path.join(base, 'models', path.basename(model)));
    const { result } = await detect(drawn, { detector: 'yunet' });
    assert.deepEqual([result.detector, result.faces.length], ['yunet', 1]);
  });
});
