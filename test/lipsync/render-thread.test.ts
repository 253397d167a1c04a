import assert from 'node:assert/strict';
import { BuiltinEngine, type BuiltinOptions } from '../../src/lipsync/builtin/builtin';
import { SoundAnalyzer } from '../../src/lipsync/sound/analysis';
import { frameRate } from '../../src/contract';
import { renderOnThread } from '../../src/lipsync/builtin/render-thread';
import { drawnFace } from '../support/drawn-face';
import { noise } from '../support/noise';

function speech(seed: number, frameCount = 30): BuiltinOptions {
  const samples = new Float32Array(16000 * 1.2);
  samples.set(noise(6400, -0.3 / seed, 0.3 / seed), 6400);
  const analyzer = new SoundAnalyzer(16000);
  analyzer.push(samples);
  const portrait = drawnFace(160, 192);
  return { ...portrait, features: analyzer.finish(), frameCount, rate: frameRate(25) };
}

async function copies(frames: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const result: Buffer[] = [];
  for await (const frame of frames) result.push(Buffer.from(frame));
  return result;
}

const { signal } = new AbortController();

describe('the thread that renders', () => {
  it('gives the frames, the region and the report of the engine itself, also for two at once', async () => {
    await Promise.all(
      [speech(1), speech(3)].map(async (options) => {
        const own = new BuiltinEngine(options);
        const clip = await renderOnThread(options, signal);
        assert.deepEqual(clip.region, own.region);
        const expected = await copies(own.frames(signal));
        const frames = await copies(clip.frames(signal));
        assert.equal(frames.length, 30);
        frames.forEach((frame, i) => assert.ok(frame.equals(expected[i]), `frame ${i}`));
        const { openness, performance } = own;
        assert.deepEqual(clip.report(), { openness, drivenBy: performance.drivenBy });
        clip.close();
      }),
    );
  });

  it('renders no more than a few frames ahead of whoever takes them, and stops when told to', async () => {
    const abort = new AbortController();
    const clip = await renderOnThread(speech(1, 1_000_000), abort.signal);
    const frames = clip.frames(abort.signal);
    for (let i = 0; i < 10; i++) assert.ok((await frames.next()).value);
    const late = frames.next().then(() => frames.next());
    abort.abort();
    await assert.rejects(late, { code: 'E_CANCELLED' });
    clip.close();
    // It is free for the next one.
    const next = await renderOnThread(speech(1), signal);
    assert.equal((await copies(next.frames(signal))).length, 30);
    next.close();
  });

  it('hands on what is wrong, and goes on', async () => {
    await assert.rejects(renderOnThread({ ...speech(1), landmarks: [] }, signal), {
      name: 'LipwireError',
    });
    const next = await renderOnThread(speech(1), signal);
    next.close();
  });
});
