import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describeVideo, readVideoFrames } from '../../../src/av/ffmpeg/frames';
import { openFfmpeg } from '../../../src/av/ffmpeg/open';
import type { Ffmpeg } from '../../../src/av/ffmpeg/types';
import {
  framesUntilEnd,
  playedFrames,
  positionOf,
  sourceAt,
  type FrameReader,
  type Play,
  type PlayedFrame,
  type WhenShort,
  reversed,
} from '../../../src/lipsync/wav2lip/played-frames';
import { frameRate } from '../../../src/contract';
import { Bench, HEIGHT, WIDTH } from '../../support/numbered';

const rates = [23.976, 24, 25, 29.97, 30, 50, 60];

function play(values: Partial<Play> = {}): Play {
  const rate = frameRate(25);
  const usual = { frameCount: 20, rate, videoFrames: 5, videoRate: rate } as const;
  return { ...usual, whenShort: 'back-and-forth', isStatic: false, ...values };
}

/** Frames that hold their number, and what was asked for. */
function numbers() {
  const asked: [number, number][] = [];
  const read: FrameReader = async function* (from, count) {
    asked.push([from, count]);
    for (let i = from; i < from + count; i++) yield Buffer.alloc(4, i);
  };
  return { asked, read };
}

async function shown(given: Play, read = numbers().read, folder = os.tmpdir()): Promise<number[]> {
  const frames: number[] = [];
  let before: PlayedFrame | undefined;
  for await (const frame of playedFrames(given, read, reversed(read, folder, 4, 12))) {
    assert.equal(frame.data[0], frame.source);
    // What comes again was said to.
    if (before?.data === frame.data) assert.ok(before.isShownAgain);
    frames.push(frame.source);
    before = frame;
  }
  return frames;
}

describe('the frames of a video that is shown', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-played-'))));
  after(() => rm(folder, { recursive: true }));

  it('go back and forth, showing neither end twice, as the default for a short video', async () => {
    const there = [0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3];
    assert.deepEqual(await shown(play(), undefined, folder), there);
    assert.deepEqual(await shown(play({ videoFrames: 2, frameCount: 5 })), [0, 1, 0, 1, 0]);
    assert.deepEqual(await shown(play({ videoFrames: 1, frameCount: 3 })), [0, 0, 0]);
    assert.deepEqual(await readdir(folder), []);
  });

  it('begin again, stand still, or end, as it is set', async () => {
    const wanted: [WhenShort, number[]][] = [
      ['loop', [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]],
      ['freeze', [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4]],
    ];
    for (const [whenShort, frames] of wanted) {
      assert.deepEqual(await shown(play({ whenShort, frameCount: 12 })), frames);
    }
    assert.equal(framesUntilEnd(play({ whenShort: 'end' })), 5);
    assert.equal(framesUntilEnd(play({ rate: frameRate(50) })), 10);
    assert.equal(framesUntilEnd(play({ rate: frameRate(29.97) })), 6);
  });

  it('are cut where the video is longer, and no more is read', async () => {
    const { asked, read } = numbers();
    assert.deepEqual(await shown(play({ frameCount: 3 }), read), [0, 1, 2]);
    assert.deepEqual(asked, [[0, 3]]);
  });

  it('are only the first one when it is static', async () => {
    const { asked, read } = numbers();
    assert.deepEqual(await shown(play({ isStatic: true, frameCount: 4 }), read), [0, 0, 0, 0]);
    assert.deepEqual(asked, [[0, 1]]);
  });

  it('are exactly those that the times ask for, at any two rates', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...rates),
        fc.constantFrom(...rates),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom<WhenShort>('back-and-forth', 'loop', 'freeze'),
        async (fps, videoFps, videoFrames, frameCount, whenShort) => {
          const [rate, videoRate] = [frameRate(fps), frameRate(videoFps)];
          const given = play({ rate, videoRate, videoFrames, frameCount, whenShort });
          const frames = await shown(given, undefined, folder);
          assert.equal(frames.length, frameCount);
          frames.forEach((source, i) => {
            const position = positionOf(i, given);
            // Within one frame before the time that the clip's frame has.
            const ahead = i / fps - position / videoFps;
            assert.ok(ahead > -1e-3 && ahead < 1 / videoFps + 1e-3, `${i}: ${ahead}`);
            assert.equal(source, sourceAt(position, given));
          });
        },
      ),
      { numRuns: 60 },
    ));

  describe('of a real file', function () {
    this.timeout(60_000);
    let ffmpeg: Ffmpeg;
    let bench: Bench;
    before(async () => {
      ffmpeg = await openFfmpeg();
      bench = await Bench.open();
    });
    after(() => bench.close());

    it('come in exact order, forwards and backwards, at several rates', async () => {
      for (const fps of [23.976, 30]) {
        const clip = await bench.clip({ fps, frames: 9, number: 3 });
        const view = await describeVideo(ffmpeg, clip.file);
        assert.deepEqual([view.frames, view.rate], [9, frameRate(fps)]);
        const read: FrameReader = (from, count) =>
          readVideoFrames(ffmpeg, view, { pixels: 'yuv420p', from, count });
        const given = play({
          videoFrames: 9,
          frameCount: 20,
          rate: view.rate!,
          videoRate: view.rate!,
        });
        const bytes = (WIDTH * HEIGHT * 3) / 2;
        const frames: number[] = [];
        for await (const frame of playedFrames(
          given,
          read,
          reversed(read, folder, bytes, 3 * bytes),
        )) {
          frames.push(numberIn(frame.data));
        }
        const back = [0, 1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3];
        assert.deepEqual(frames, back, `${fps}`);
        assert.deepEqual(await readdir(folder), []);
      }
    });
  });
});

/** The frame's number, from the luma of the blocks that a numbered frame has. */
function numberIn(frame: Buffer): number {
  let code = 0;
  for (let bit = 0; bit < 12; bit++) {
    const [x, y] = [(bit % 5) * 8 + 4, Math.floor(bit / 5) * 8 + 4];
    if (frame[y * WIDTH + x] > 128) code |= 1 << bit;
  }
  return code;
}
