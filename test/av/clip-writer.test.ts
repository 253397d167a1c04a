import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { frameRate, isCancelled, LipwireError } from '../../src/contract';
import { writeClip, type ClipOptions } from '../../src/av/clip-writer';
import { YuvConverter } from '../../src/av/yuv';
import {
  Bench,
  decodeSound,
  HEIGHT,
  numberedFrame,
  readNumbers,
  soundSamples,
  WIDTH,
} from '../support/numbered';

describe('writeClip', () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.open();
  });
  after(() => bench.close());

  async function options(changes: Partial<ClipOptions> = {}): Promise<ClipOptions> {
    return {
      ...{ ffmpeg: bench.ffmpeg, width: WIDTH, height: HEIGHT, rate: frameRate(25), frameCount: 5 },
      frames: numbered(5),
      sound: await bench.wav({}, 0.15),
      folder: await bench.subfolder(),
      signal: new AbortController().signal,
      ...changes,
    };
  }

  async function* numbered(count: number): AsyncGenerator<Buffer> {
    for (let i = 0; i < count; i++) yield numberedFrame(3, i);
  }

  for (const fps of [23.976, 24, 25, 29.97, 30, 50, 60, 12.5]) {
    it(`writes every frame once, in order, with sound of the same length, at ${fps} fps`, async () => {
      const frames = 31;
      const clip = await bench.clip({ fps, frames, number: 7, sampleRate: 22050 });
      const expected = Array.from({ length: frames }, (_, i) => [7, i]);
      assert.deepEqual(await readNumbers(bench.ffmpeg, clip.file), expected);
      assert.deepEqual(await readNumbers(bench.ffmpeg, clip.master ?? ''), expected);
      const preview = await bench.ffmpeg.probe(clip.file);
      const sound = preview.streams.find(({ type }) => type === 'audio')?.duration ?? 0;
      assert.ok(Math.abs(sound - clip.duration) < 1025 / 48000, `${sound} and ${clip.duration}`);
      const kept = await decodeSound(bench.ffmpeg, clip.master ?? '');
      assert.ok(Math.abs(kept.length - soundSamples(frames, fps)) <= 2);
    });
  }

  it('keeps the pixels of the master as they were converted', async () => {
    const written = await writeClip(await options());
    const raw = path.join(await bench.subfolder(), 'frames.yuv');
    const outputs = [{ target: raw, options: ['-f', 'rawvideo'] }];
    await bench.ffmpeg.run({ inputs: [{ source: written.master }], outputs });
    const converter = new YuvConverter(WIDTH, HEIGHT);
    const expected = [0, 1, 2, 3, 4].map((i) => converter.convert(numberedFrame(3, i)));
    assert.deepEqual(await readFile(raw), Buffer.concat(expected));
    const { streams } = await bench.ffmpeg.probe(written.master);
    const codecs = streams.map(({ codec, pixelFormat }) => [codec, pixelFormat]);
    assert.deepEqual(codecs, [
      ['h264', 'yuv420p'],
      ['pcm_s16le', undefined],
    ]);
  });

  /** The upper left 48 × 40 pixels of the numbered frames; nothing else of them changes. */
  async function* corners(): AsyncGenerator<Buffer> {
    for await (const frame of numbered(5)) {
      const rows = Array.from({ length: 40 }, (_, y) =>
        frame.subarray(y * WIDTH * 3, (y * WIDTH + 48) * 3),
      );
      yield Buffer.concat(rows);
    }
  }
  const corner = { x: 0, y: 0, width: 48, height: 40 };

  it('shows the same frames whether a backdrop or whole frames are handed over', async () => {
    const whole = await writeClip(await options());
    const backdrop = { picture: numberedFrame(9, 77), ...corner };
    const composed = await writeClip(await options({ frames: corners(), backdrop }));
    assert.deepEqual(await readFile(composed.file), await readFile(whole.file));
  });

  it('keeps only the part that moves in the master, and the picture behind it beside it', async () => {
    const chosen = await options({
      frames: corners(),
      backdrop: { picture: numberedFrame(9, 77), ...corner },
    });
    const { master, backdrop } = await writeClip(chosen);
    const file = path.join(chosen.folder, 'backdrop.yuv');
    assert.deepEqual(backdrop, { file, ...corner });
    const files = ['backdrop.yuv', 'clip.mp4', 'master.mov'];
    assert.deepEqual((await readdir(chosen.folder)).sort(), files);
    const { width, height, pixelFormat } = (await bench.ffmpeg.probe(master)).streams[0];
    assert.deepEqual([width, height, pixelFormat], [48, 40, 'yuv420p']);
    const converted = new YuvConverter(WIDTH, HEIGHT).convert(numberedFrame(9, 77));
    assert.ok((await readFile(file)).equals(converted));
  });

  it('writes the same bytes again, without a version or a time in them', async () => {
    const first = await writeClip(await options());
    const second = await writeClip(await options());
    assert.deepEqual(await readFile(first.file), await readFile(second.file));
    assert.doesNotMatch(
      (await readFile(first.file)).toString('latin1'),
      /x264 - core|Lavf\d|Lavc\d/,
    );
  });

  it('reports every frame and leaves only the two files', async () => {
    const seen: number[] = [];
    const chosen = await options({ onProgress: (frames) => seen.push(frames) });
    await writeClip(chosen);
    assert.deepEqual(seen, [1, 2, 3, 4, 5]);
    assert.deepEqual((await readdir(chosen.folder)).sort(), ['clip.mp4', 'master.mov']);
  });

  it('refuses a number or a size of frames that was not promised', async () => {
    const cases: [Partial<ClipOptions>, RegExp][] = [
      [{ frames: numbered(4) }, /there are 4 frames, not 5/],
      [{ frames: numbered(6) }, /more than 5 frames/],
      [{ width: WIDTH + 2 }, /bytes, not 66×48×3/],
    ];
    for (const [changes, message] of cases) {
      await assert.rejects(writeClip(await options(changes)), (error: LipwireError) => {
        assert.equal(error.code, 'E_INTERNAL');
        assert.match(error.message, message);
        return true;
      });
    }
    await assert.rejects(writeClip(await options({ width: 63 })), { code: 'E_INPUT' });
  });

  it('hands on the error of the renderer', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield numberedFrame(0, 0);
      throw new LipwireError('E_NO_FACE', 'No face.');
    }
    await assert.rejects(writeClip(await options({ frames: broken() })), { code: 'E_NO_FACE' });
  });

  it('stops when it is cancelled, though the renderer hangs', async () => {
    const abort = new AbortController();
    async function* endless(): AsyncGenerator<Buffer> {
      yield numberedFrame(0, 0);
      setTimeout(() => abort.abort(), 50);
      await new Promise((resolve) => setTimeout(resolve, 3_600_000).unref());
    }
    const job = writeClip(await options({ frames: endless(), signal: abort.signal }));
    await assert.rejects(job, isCancelled);
  });
});
