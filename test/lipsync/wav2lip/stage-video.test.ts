import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openFfmpeg } from '../../../src/av/ffmpeg/open';
import { readVideoFrames } from '../../../src/av/ffmpeg/frames';
import type { Ffmpeg } from '../../../src/av/ffmpeg/types';
import { closeMouthNetworks } from '../../../src/lipsync/wav2lip/mouth-network';
import { encodeWav } from '../../../src/av/wav';
import {
  isCancelled,
  type FacePayload,
  type Progress,
  objectSource,
  resolveParameters,
  type StageContext,
} from '../../../src/contract';
import { ModelStore } from '../../../src/ml/store/store';
import { writeModel } from '../../../src/ml/onnx/writer';
import { STAGES } from '../../../src/stages';
import { run as runWav2lip } from '../../../src/lipsync/run';
import { mirrorNetwork } from '../../support/mirror-network';
import { movingVideo } from '../../support/moving-video';
import { noise } from '../../support/noise';
import { wav2lip } from '../../../src/lipsync/stage';

const RATE = 16_000;
/** Of the video. */
const FRAMES = 15;

describe('the wav2lip stage on a video', function () {
  this.timeout(60_000);
  let ffmpeg: Ffmpeg;
  let folder: string;
  let models: string;
  let face: FacePayload;
  before(async () => {
    ffmpeg = await openFfmpeg();
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-filmed-'));
    models = path.join(folder, 'models');
    const file = path.join(folder, 'mirror.onnx');
    await writeFile(file, writeModel(mirrorNetwork()));
    await new ModelStore({ folder: models }).add(file);
    const wish = { frames: FRAMES, fps: 24, without: [4, 5] };
    face = (await movingVideo(ffmpeg, path.join(folder, 'video'), wish)).face;
  });
  after(async () => {
    await closeMouthNetworks();
    await rm(folder, { recursive: true });
  });

  /** Silence, then noise, then silence. @param seconds of each */
  async function speech(...seconds: [number, number, number]): Promise<string> {
    const parts = seconds.map((length, i) =>
      noise(Math.round(length * RATE), i === 1 ? -0.3 : 0, i === 1 ? 0.3 : 0),
    );
    const samples = Float32Array.from(parts.flatMap((part) => [...part]));
    const file = path.join(await mkdtemp(path.join(folder, 'sound-')), 'speech.wav');
    await writeFile(file, encodeWav({ sampleRate: RATE, channels: [samples] }));
    return file;
  }

  async function render(
    values: object,
    sound: string,
    given: { face?: FacePayload; signal?: AbortSignal } = {},
  ) {
    const updates: Progress[] = [];
    const context: StageContext = {
      signal: given.signal ?? new AbortController().signal,
      folder: await mkdtemp(path.join(folder, 'job-')),
      settings: { ffmpegPath: '', modelsFolder: models, device: 'cpu', acceptNonCommercial: true },
      progress: (update) => updates.push(update),
    };
    const sources = [objectSource('msg.', { model: 'mirror', ...values })];
    const parameters = resolveParameters(wav2lip.parameters, sources);
    const input = { speech: { kind: 'file', file: sound }, face: given.face ?? face } as const;
    const clip = await runWav2lip(input, parameters, context);
    return { clip, updates, folder: context.folder };
  }

  /** All frames of a file as they are stored. */
  async function framesOf(file: string, width = 200, height = 240): Promise<Buffer[]> {
    const target = path.join(await mkdtemp(path.join(folder, 'raw-')), 'frames.yuv');
    const options = ['-map', '0:v:0', '-vsync', 'passthrough', '-f', 'rawvideo'];
    await ffmpeg.run({ inputs: [{ source: file }], outputs: [{ target, options }] });
    const bytes = await readFile(target);
    const size = (width * height * 3) / 2;
    return Array.from({ length: bytes.length / size }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
  }

  it('has the video’s rate and size, plays it back and forth, and is it, to the byte, in silence', async () => {
    const { clip, updates, folder: job } = await render({}, await speech(0.5, 0.4, 0.4));
    assert.deepEqual([clip.fps, clip.frames, clip.width, clip.height], [24, 32, 200, 240]);
    const order = [...Array(15).keys(), ...[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3]];
    const source: Buffer[] = [];
    for await (const frame of readVideoFrames(ffmpeg, face.source, { pixels: 'yuv420p' })) {
      source.push(frame);
    }
    const made = await framesOf(clip.master!);
    assert.equal(made.length, 32);
    const same = made.flatMap((frame, i) => (frame.equals(source[order[i]]) ? [i] : []));
    // Speech is from 0.5 to 0.9 s; the mouth is there 0.2 s before and leaves 0.25 s after.
    const silent = made.map((_, i) => i).filter((i) => i / 24 < 0.3 || i / 24 > 1.15);
    const faceless = made.map((_, i) => i).filter((i) => [4, 5].includes(order[i]));
    assert.deepEqual(
      same,
      [...new Set([...silent, ...faceless])].sort((a, b) => a - b),
    );
    assert.equal(clip.report.silentFrames, silent.length);
    assert.equal(clip.report.framesWithoutFace, 4);
    assert.deepEqual(clip.report.withoutFace, [
      [4, 5],
      [23, 24],
    ]);
    assert.match(clip.report.notes![0], /after 0\.63 s.* back and forth/);
    assert.ok(clip.report.seam!.seam > 0);
    for (const [i, frame] of made.entries()) {
      let squares = 0;
      frame.forEach((value, k) => (squares += (value - source[order[i]][k]) ** 2));
      assert.ok(10 * Math.log10((255 ** 2 * frame.length) / (squares + 1)) > 38, `${i}`);
    }
    const done = updates.flatMap((update) => (update.type === 'running' ? [update.done] : []));
    assert.equal(done.at(-1), 32);
    assert.deepEqual((await readdir(job)).sort(), ['clip.mp4', 'master.mov']);
  });

  it('has as many frames as promised at any rate that is set', async () => {
    const sound = await speech(0, 0.7, 0);
    for (const fps of [23.976, 25, 29.97, 30, 50, 60]) {
      const { clip } = await render({ fps, whenShort: 'freeze' }, sound);
      assert.equal(clip.frames, Math.ceil(0.7 * clip.fps - 1e-9), `${fps}`);
      assert.equal((await framesOf(clip.master!)).length, clip.frames);
    }
  });

  it('ends with the video when that is set, and says how much of the speech is missing', async () => {
    const { clip } = await render({ whenShort: 'end' }, await speech(0, 1, 0));
    assert.equal(clip.frames, FRAMES);
    assert.equal(clip.duration, FRAMES / 24);
    assert.match(clip.report.notes![0], /ends with the video, 0\.38 s before/);
    const { streams } = await ffmpeg.probe(clip.master!);
    const sound = streams.find(({ type }) => type === 'audio')!.duration!;
    assert.ok(Math.abs(sound - FRAMES / 24) < 1e-3, `${sound}`);
  });

  it('shows only the first frame when it is static', async () => {
    const { clip } = await render({ static: true }, await speech(0.6, 0, 0));
    const frames = await framesOf(clip.master!);
    assert.ok(frames.every((frame) => frame.equals(frames[0])));
    assert.equal(clip.report.notes, undefined);
  });

  it('pastes the reference’s rectangle, with its own count of frames and the video in a loop', async () => {
    const values = { blend: 'parity', frameCount: 'reference' };
    const { clip } = await render(values, await speech(0, 1, 0));
    assert.equal(clip.frames, 21);
    assert.match(clip.report.notes![0], /plays again/);
    assert.equal(clip.report.silentFrames, 0);
    const [first, again] = [0, FRAMES].map(async (i) => (await framesOf(clip.master!))[i]);
    // The same frame of the video, and the network does not hear.
    assert.ok((await first).equals(await again));
  });

  it('takes a box that the user gave as it is: no pads, and soft has no face to blend', async () => {
    const wish = { frames: 3, boxAlone: [50, 60, 150, 180] as const };
    const { face: boxed } = await movingVideo(ffmpeg, path.join(folder, 'boxed'), wish);
    const sound = await speech(0, 0.12, 0);
    const source = (await framesOf(boxed.source.file))[0];
    const changed = async (values: object): Promise<number[]> => {
      const { clip } = await render(values, sound, { face: boxed });
      const [frame] = await framesOf(clip.master!);
      const rows = [...Array(240).keys()];
      return rows.filter((y) => {
        const row = (bytes: Buffer): Buffer => bytes.subarray(y * 200, (y + 1) * 200);
        return !row(frame).equals(row(source));
      });
    };
    const rows = await changed({ blend: 'parity', pads: '40 40 0 0' });
    assert.ok(rows[0] >= 60 && rows.at(-1)! < 180 && rows.length > 60, rows.join(' '));
    assert.deepEqual(await changed({ silenceGate: false }), []);
  });

  it('is scaled down to 1080p', async () => {
    const wish = { frames: 3, width: 2400, height: 240 };
    const { face: wide } = await movingVideo(ffmpeg, path.join(folder, 'wide'), wish);
    const { clip } = await render({}, await speech(0, 0.1, 0), { face: wide });
    assert.deepEqual([clip.width, clip.height], [1920, 192]);
    assert.equal(clip.report.framesWithoutFace, 0);
  });

  it('is refused by the built-in engine in one sentence, which says why auto took that', async () => {
    const sound = await speech(0, 0.1, 0);
    await assert.rejects(render({ model: 'builtin' }, sound), (error: Error) => {
      assert.match(error.message, /Expected a picture for the built-in engine but "moving\.mp4"/);
      assert.match(error.message, /lipwire models add/);
      return true;
    });
    await assert.rejects(render({ model: 'auto' }, sound), {
      code: 'E_INPUT',
      message: /no Wav2Lip weights are installed/,
    });
  });

  it('says that a track is not this video’s', async () => {
    const other = { ...face, source: { ...face.source, width: 300 } };
    await assert.rejects(render({}, await speech(0, 0.1, 0), { face: other }), {
      code: 'E_INPUT',
      message: /through face-detect again/,
    });
    await assert.rejects(
      render({}, await speech(0, 0.1, 0), { face: { ...face, faces: [], selected: -1 } }),
      { code: 'E_NO_FACE' },
    );
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const job = render({}, await speech(0, 20, 0), { signal: abort.signal });
    setTimeout(() => abort.abort(), 500);
    await assert.rejects(job, isCancelled);
  });

  it('has the records of the track in its cache key', () => {
    const speechInput = { kind: 'file', file: 'speech.wav' } as const;
    const files = STAGES.wav2lip.files({ speech: speechInput, face });
    assert.equal(files.length, 4);
    assert.equal(path.basename(files[3]), 'track.bin');
  });
});
