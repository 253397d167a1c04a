import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  describeVideo,
  nominalRate,
  rangeNotes,
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

  const RATES: [what: string, fps: number, baseRate: number, expected: number][] = [
    ['a phone’s thirty, with frames left out', 27.181, 30, 30],
    ['a phone’s broadcast rate', 27.181, 30000 / 1001, 30000 / 1001],
    ['times on a fine grid', 27.181, 90000, 30],
    ['a little above 25', 25.4, 1000, 30],
    ['sixty', 52.75, 60, 60],
    ['a slow webcam', 14.2, 30, 15],
    ['a screen recording', 8, 60, 15],
    ['more than is usual', 71.5, 240, 71.5],
    ['constant and unusual', 12.5, 12.5, 12.5],
    ['constant and slow', 10, 10, 10],
    ['near a usual one', 29.99, 30, 30],
    ['interlaced', 25, 50, 25],
  ];
  for (const [what, fps, baseRate, expected] of RATES) {
    it(`have the usual rate at or above the average: ${what}`, () => {
      const { num, den } = nominalRate({ fps, baseRate });
      assert.ok(Math.abs(num / den - expected) < 1e-3, `${num}/${den}`);
    });
  }

  it('of a phone are placed by their times', async () => {
    // Of 30 a second every eleventh is missing: its place shows the one before.
    const graph = "nullsrc=s=16x16:r=30:d=2,format=gray,geq=lum='4*N',select='mod(n+6,11)'";
    const file = await make('phone.mp4', graph, [
      ...['-c:v', 'libx264', '-qp', '0', '-pix_fmt', 'yuv444p', '-vsync', 'vfr'],
    ]);
    const view = await describeVideo(ffmpeg, file);
    assert.deepEqual(view.rate, { num: 30, den: 1 });
    const frames = await framesOf(view);
    assert.equal(frames.length, 60);
    const expected = Array.from({ length: 60 }, (_, n) => ((n + 6) % 11 ? n : n - 1));
    assert.deepEqual(
      frames.map((frame) => Math.round(frame[0] / 4)),
      expected,
    );
  });

  describe('of a size that changes', () => {
    /** A second of each size, bright first and then dark, in one stream. */
    async function changing(name: string, sizes: [string, number][]): Promise<string> {
      const parts: Buffer[] = [];
      for (const [index, [size, brightness]] of sizes.entries()) {
        const graph = `color=c=white:s=${size}:r=10:d=1,format=gray,geq=lum='${brightness}'`;
        const part = await make(`${name}${index}.ts`, graph, [
          ...['-c:v', 'libx264', '-bf', '0', '-pix_fmt', 'yuv420p'],
          ...['-muxdelay', '0', '-output_ts_offset', String(index)],
        ]);
        parts.push(await readFile(part));
      }
      const file = path.join(folder, `${name}.ts`);
      await writeFile(file, Buffer.concat(parts));
      return file;
    }

    it('come all, at the largest', async () => {
      const file = await changing('grows', [
        ['64x48', 200],
        ['128x96', 80],
      ]);
      const view = await describeVideo(ffmpeg, file);
      assert.deepEqual([view.width, view.height], [128, 96]);
      const frames = await framesOf(view);
      assert.ok(frames.length >= 19, `${frames.length} frames`);
      assert.equal(frames[0].length, 128 * 96);
      const centre = (frame: Buffer) => frame[48 * 128 + 64];
      assert.ok(centre(frames[5]) > 180 && centre(frames[17]) < 100);
      // The corner as well: the small ones fill the picture.
      assert.ok(frames[5][0] > 180);
      const last = await framesOf(view, { from: 12, count: 3 });
      assert.ok(last.length === 3 && centre(last[0]) < 100);
      const crop = await describeVideo(ffmpeg, file, { crop: [0, 96, 64, 128], resizeFactor: 1 });
      assert.deepEqual([crop.width, crop.height], [64, 96]);
    });

    it('and shape are not distorted', async () => {
      const file = await changing('turns', [
        ['64x96', 200],
        ['128x96', 80],
      ]);
      const view = await describeVideo(ffmpeg, file);
      assert.deepEqual([view.width, view.height], [128, 96]);
      const [, , , , , frame] = await framesOf(view);
      const row = frame.subarray(48 * 128, 49 * 128);
      assert.ok(row[64] > 180 && row[40] > 180 && row[16] < 40 && row[112] < 40);
    });
  });

  describe('of high dynamic range', () => {
    const SDR = 'testsrc2=s=96x64:r=5:d=0.4,boxblur=4,setparams=range=tv:colorspace=bt709';
    const mean = (frame: Buffer) => frame.reduce((sum, value) => sum + value, 0) / frame.length;
    const spread = (frame: Buffer) => {
      const middle = mean(frame);
      return Math.sqrt(frame.reduce((sum, value) => sum + (value - middle) ** 2, 0) / frame.length);
    };
    const distance = (a: Buffer, b: Buffer) =>
      a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

    for (const [name, transfer] of [
      ['PQ', 'smpte2084'],
      ['HLG', 'arib-std-b67'],
    ]) {
      it(`come as standard range: ${name}`, async function () {
        if (!ffmpeg.mapsTones) this.skip();
        const tags = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709'];
        const plain = await make(`plain-${name}.mkv`, SDR, [...LOSSLESS, ...tags]);
        const bright = path.join(folder, `bright-${name}.mkv`);
        const convert = `zscale=tin=bt709:pin=bt709:min=bt709:t=${transfer}:p=bt2020:m=bt2020nc`;
        await ffmpeg.run({
          inputs: [{ source: plain }],
          outputs: [
            {
              target: bright,
              options: [
                ...['-vf', `${convert},format=yuv420p10le`, '-c:v', 'ffv1'],
                ...['-color_primaries', 'bt2020', '-color_trc', transfer],
                ...['-colorspace', 'bt2020nc', '-color_range', 'tv'],
              ],
            },
          ],
        });
        const [stream] = (await ffmpeg.probe(bright)).streams;
        assert.equal(stream.transfer, transfer);
        const [was] = await read(plain, {}, { pixels: 'rgb24' });
        const [is] = await read(bright, {}, { pixels: 'rgb24' });
        // Washed out it is 70 levels away, and has half of the contrast.
        assert.ok(distance(was, is) < 14, `${distance(was, is)} levels away`);
        assert.ok(Math.abs(mean(was) - mean(is)) < 8, `${mean(was)} became ${mean(is)}`);
        assert.ok(spread(is) > 0.85 * spread(was), `${spread(was)} became ${spread(is)}`);
        // In 4:2:0, in an odd size and turned it is the same picture.
        const [yuv] = await read(bright, { rotate: 90 }, { pixels: 'yuv420p' });
        assert.equal(yuv.length, (64 * 96 * 3) / 2);
        const small = { size: { width: 31, height: 21 }, pixels: 'rgb24' } as const;
        const [few] = await read(bright, {}, small);
        assert.ok(Math.abs(mean(few) - mean(is)) < 4);
      });

      it(`come as they are, with a note, where FFmpeg cannot convert them: ${name}`, async function () {
        if (!ffmpeg.mapsTones || process.platform === 'win32') this.skip();
        const file = path.join(folder, `bright-${name}.mkv`);
        // A build without libzimg, as its list of filters says.
        const program = path.join(folder, `lesser-${name}`);
        const list =
          'case "$*" in *-filters*) "$real" "$@" | grep -v zscale;; *) exec "$real" "$@";; esac';
        const script = `#!/bin/sh\nreal='${ffmpeg.ffmpegPath}'\n${list}\n`;
        await writeFile(program, script, { mode: 0o755 });
        const lesser = await openFfmpeg(program);
        assert.equal(lesser.mapsTones, false);
        const [stream] = (await lesser.probe(file)).streams;
        assert.deepEqual(
          rangeNotes(lesser, stream).map(({ code }) => code),
          ['N_HDR'],
        );
        assert.deepEqual(rangeNotes(ffmpeg, stream), []);
        assert.deepEqual(rangeNotes(lesser, { ...stream, transfer: 'bt709' }), []);
        const view = await describeVideo(lesser, file);
        const frames: Buffer[] = [];
        for await (const frame of readVideoFrames(lesser, view, { pixels: 'gray' })) {
          frames.push(frame);
        }
        assert.equal(frames.length, view.frames);
      });
    }
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
