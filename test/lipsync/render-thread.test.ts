import assert from 'node:assert/strict';
import { PortraitRenderer, type PortraitOptions } from '../../src/lipsync/builtin/renderer';
import type { SpeechTrack } from '../../src/lipsync/builtin/animation-track';
import { SoundAnalyzer } from '../../src/lipsync/sound';
import { frameRate } from '../../src/contract';
import { openOnThread } from '../../src/lipsync/builtin/render-thread';
import { drawnFace } from '../support/drawn-face';
import { noise } from '../support/noise';

const portrait: PortraitOptions = { ...drawnFace(160, 192), rate: frameRate(25) };

function speech(seed: number, frameCount = 30): SpeechTrack {
  const samples = new Float32Array(16000 * 1.2);
  samples.set(noise(6400, -0.3 / seed, 0.3 / seed), 6400);
  const analyzer = new SoundAnalyzer(16000);
  analyzer.push(samples);
  return { features: analyzer.finish(), frameCount };
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
      [speech(1), speech(3)].map(async (each) => {
        const renderer = new PortraitRenderer(portrait);
        const own = renderer.render(each, signal);
        const opened = await openOnThread(portrait, signal);
        assert.deepEqual(opened.region, renderer.region);
        const clip = opened.render(each, signal);
        const expected = await copies(own.frames);
        const frames = await copies(clip.frames);
        assert.equal(frames.length, 30);
        frames.forEach((frame, i) => assert.ok(frame.equals(expected[i]), `frame ${i}`));
        assert.deepEqual(clip.report(), own.report);
        const again = await copies(opened.render(each, signal).frames);
        again.forEach((frame, i) => assert.ok(frame.equals(expected[i]), `frame ${i} again`));
        opened.close();
      }),
    );
  });

  it('renders no more than a few frames ahead of whoever takes them, and stops when told to', async () => {
    const abort = new AbortController();
    const opened = await openOnThread(portrait, abort.signal);
    const { frames } = opened.render(speech(1, 1_000_000), abort.signal);
    for (let i = 0; i < 10; i++) assert.ok((await frames.next()).value);
    const late = frames.next().then(() => frames.next());
    abort.abort();
    await assert.rejects(late, { code: 'E_CANCELLED' });
    opened.close();
    // It is free for the next one.
    const next = await openOnThread(portrait, signal);
    assert.equal((await copies(next.render(speech(1), signal).frames)).length, 30);
    next.close();
  });

  it('hands on what is wrong, and goes on', async () => {
    await assert.rejects(openOnThread({ ...portrait, landmarks: [] }, signal), {
      name: 'LipwireError',
    });
    const next = await openOnThread(portrait, signal);
    next.close();
  });
});
