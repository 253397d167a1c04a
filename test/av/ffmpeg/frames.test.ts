import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  describeVideo,
  readVideoFrames,
  type FrameOptions,
  type VideoAdjustments,
} from '../../../src/av/ffmpeg/frames';
import { openFfmpeg } from '../../../src/av/ffmpeg/open';
import type { Ffmpeg } from '../../../src/av/ffmpeg/types';
import { liveChildren } from '../../../src/av/ffmpeg/run';
import { LipwireError, type FaceSource } from '../../../src/contract';

const LOSSLESS = ['-c:v', 'ffv1', '-pix_fmt', 'yuv444p'];
/** Quarters of 32 × 24 pixels each: bright top left, then darker, then dark, black bottom right. */
const QUARTERS =
  "nullsrc=s=64x48:r=10,format=gray,geq=lum='if(lt(Y,24),if(lt(X,32),240,170),if(lt(X,32),100,30))'";

describe('Frames of a video', function () {
  this.timeout(30_000);
  let ffmpeg: Ffmpeg;
  let folder: string;

  before(async () => {
    ffmpeg = await openFfmpeg();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-frames-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => assert.deepEqual(liveChildren(), [], 'no process is left'));

  async function make(name: string, graph: string, options = LOSSLESS): Promise<string> {
    const target = path.join(folder, name);
    const inputs = [{ source: graph, options: ['-f', 'lavfi'] }];
    await ffmpeg.run({ inputs, outputs: [{ target, options }] });
    return target;
  }

  async function read(
    file: string,
    adjustments: VideoAdjustments = {},
    options: Partial<FrameOptions> = {},
  ): Promise<Buffer[]> {
    return framesOf(await describeVideo(ffmpeg, file, adjustments), options);
  }

  async function framesOf(view: FaceSource, options: Partial<FrameOptions> = {}) {
    const frames: Buffer[] = [];
    for await (const frame of readVideoFrames(ffmpeg, view, { pixels: 'gray', ...options })) {
      frames.push(frame);
    }
    return frames;
  }

  const refuses = (code: string, pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof LipwireError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };

  /** Each frame as bright as its number times eight. */
  const COUNTING = "nullsrc=s=16x16:r=25:d=1,format=gray,geq=lum='8*N'";
  const numbers = (frames: Buffer[]): number[] => frames.map((frame) => Math.round(frame[0] / 8));

  it('come all and in order, and a part of them is the same frames', async () => {
    const file = await make('count.mkv', COUNTING);
    const all = await read(file);
    assert.deepEqual(
      numbers(all),
      Array.from({ length: 25 }, (_, i) => i),
    );
    assert.deepEqual(await read(file, {}, { from: 7, count: 5 }), all.slice(7, 12));
    assert.deepEqual(await read(file, {}, { from: 23, count: 50 }), all.slice(23));
    assert.deepEqual(await read(file, {}, { count: 0 }), []);
  });

  it('of a variable rate are made constant: repeated where one stays long', async () => {
    // Frames 0 to 9, then every second one left out, at their times.
    const graph = `${COUNTING},select='lt(n,10)+not(mod(n,2))'`;
    const options = [...LOSSLESS, '-vsync', 'vfr'];
    const file = await make('variable.mkv', graph, options);
    const view = await describeVideo(ffmpeg, file);
    const frames = await framesOf({ ...view, rate: { num: 25, den: 1 } });
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 12, 12, 14, 14];
    assert.deepEqual(numbers(frames).slice(0, 16), expected);
  });

  it('of a broadcast rate have it exactly', async () => {
    const file = await make('ntsc.mkv', 'testsrc=s=16x16:r=30000/1001:d=1');
    const { rate, fps, frames } = await describeVideo(ffmpeg, file);
    assert.deepEqual(rate, { num: 30000, den: 1001 });
    assert.equal(fps, 30000 / 1001);
    assert.equal(frames, (await read(file)).length);
  });

  /** The quarters of a frame, from the top left, by their rounded brightness. */
  function quarters(frame: Buffer, width: number, height: number): string {
    const at = (x: number, y: number) =>
      frame[Math.floor(y * height) * width + Math.floor(x * width)];
    const name = (value: number) =>
      value > 205 ? 'a' : value > 135 ? 'b' : value > 65 ? 'c' : 'd';
    return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)].map(name).join('');
  }

  it('are divided, turned and cropped, in this order', async () => {
    const file = await make('quarters.mkv', `${QUARTERS},trim=end_frame=2`);
    const seen = async (adjustments: VideoAdjustments) => {
      const view = await describeVideo(ffmpeg, file, adjustments);
      const [frame] = await framesOf(view, { count: 1 });
      assert.equal(frame.length, view.width * view.height);
      return `${view.width}x${view.height} ${quarters(frame, view.width, view.height)}`;
    };
    assert.equal(await seen({ resizeFactor: 3, rotate: 180 }), '21x16 dcba');
    assert.equal(await seen({ rotate: 90 }), '48x64 cadb');
    // Rows 24 to the last, and an odd part of one quarter.
    assert.equal(await seen({ crop: [24, -1, 0, -1] }), '64x24 cdcd');
    assert.equal(await seen({ rotate: 270, crop: [3, 10, 5, 14] }), '9x7 bbbb');
    // Of the frame that was halved and turned, 24 by 32: the lower half.
    assert.equal(await seen({ resizeFactor: 2, rotate: 90, crop: [16, -1, 0, -1] }), '24x16 dbdb');
  });

  it('come in the size that is asked for', async () => {
    const file = await make('size.mkv', `${QUARTERS},trim=end_frame=2`);
    const size = { width: 20, height: 10 };
    const [frame] = await read(file, { rotate: 90 }, { size, pixels: 'rgb24' });
    assert.equal(frame.length, 600);
    assert.equal(frame[0] > 65 && frame[0] < 135, true, 'the lower left quarter comes first');
  });

  it('are turned as the file says, and have square pixels', async () => {
    const plain = await make('plain.mp4', `${QUARTERS},trim=end_frame=5`, ['-pix_fmt', 'yuv420p']);
    const turned = path.join(folder, 'turned.mp4');
    const options = ['-c', 'copy', '-metadata:s:v', 'rotate=90'];
    await ffmpeg.run({ inputs: [{ source: plain }], outputs: [{ target: turned, options }] });
    const view = await describeVideo(ffmpeg, turned);
    assert.deepEqual([view.width, view.height], [48, 64]);
    const [frame] = await framesOf(view);
    // Versions of FFmpeg write this tag either way round; the probe tells which.
    const { rotation } = (await ffmpeg.probe(turned)).streams[0];
    assert.equal(quarters(frame, 48, 64), rotation === 90 ? 'bdac' : 'cadb');
    const wide = await make('wide.mkv', `${QUARTERS},trim=end_frame=2,setsar=2`);
    const squared = await describeVideo(ffmpeg, wide);
    assert.deepEqual([squared.width, squared.height], [128, 48]);
    assert.equal((await framesOf(squared))[0].length, 128 * 48);
  });

  it('stop, and FFmpeg with them, when the reader stops or the job is cancelled', async () => {
    const file = await make('long.mkv', 'testsrc=s=320x240:r=25:d=40', ['-c:v', 'mpeg4']);
    const view = await describeVideo(ffmpeg, file);
    let count = 0;
    for await (const frame of readVideoFrames(ffmpeg, view, { pixels: 'rgb24' })) {
      assert.equal(frame.length, 320 * 240 * 3);
      if (++count === 3) break;
    }
    assert.equal(count, 3);
    assert.deepEqual(liveChildren(), []);
    const abort = new AbortController();
    const cancelled = async () => {
      const options = { pixels: 'gray', signal: abort.signal } as const;
      for await (const frame of readVideoFrames(ffmpeg, view, options)) {
        if (frame.length > 0) abort.abort();
      }
    };
    await assert.rejects(cancelled(), refuses('E_CANCELLED', /./));
  });

  it('are refused where there is no picture, or none that can be read', async () => {
    const sound = path.join(folder, 'sound.mp4');
    await ffmpeg.run({
      inputs: [{ source: 'sine=d=1', options: ['-f', 'lavfi'] }],
      outputs: [{ target: sound, options: [] }],
    });
    await assert.rejects(describeVideo(ffmpeg, sound), refuses('E_INPUT', /only sound/));
    const cut = path.join(folder, 'cut.mp4');
    await writeFile(cut, Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1'));
    await assert.rejects(describeVideo(ffmpeg, cut), refuses('E_INPUT', /cut\.mp4/));
    const file = await make('small.mkv', `${QUARTERS},trim=end_frame=2`);
    for (const crop of [
      [0, 0, 0, 10],
      [48, 60, 0, 10],
      [10, 5, 0, 10],
      [-1, 10, 0, 10],
    ] as [number, number, number, number][]) {
      await assert.rejects(describeVideo(ffmpeg, file, { crop }), refuses('E_INPUT', /64×48/));
    }
  });
});
