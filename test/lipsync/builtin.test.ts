import assert from 'node:assert/strict';
import { PortraitRenderer } from '../../src/lipsync/builtin/renderer';
import { SoundAnalyzer } from '../../src/lipsync/sound';
import { frameRate, type Cue } from '../../src/contract';
import { drawnFace } from '../support/drawn-face';
import { noise } from '../support/noise';

const CUES: Cue[] = [{ type: 'phoneme', value: 'a', start: 0.4, end: 0.8 }];

function engine({ headMotion = false } = {}) {
  const samples = new Float32Array(16000 * 1.2);
  samples.set(noise(6400, -0.3, 0.3), 6400);
  const analyzer = new SoundAnalyzer(16000);
  analyzer.push(samples);
  const rate = frameRate(25);
  const renderer = new PortraitRenderer({
    ...drawnFace(160, 192),
    rate,
    blinks: false,
    headMotion,
  });
  const speech = { features: analyzer.finish(), cues: CUES, frameCount: 30 };
  const render = (signal = new AbortController().signal) => renderer.render(speech, signal);
  return { region: renderer.region, render };
}

async function framesOf({ render }: ReturnType<typeof engine>): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  for await (const frame of render().frames) frames.push(Buffer.from(frame));
  return frames;
}

describe('the built-in engine', () => {
  it('renders as many frames as promised, of an even region inside the portrait', async () => {
    const builtin = engine();
    const { x, y, width, height } = builtin.region;
    const frames = await framesOf(builtin);
    assert.equal(frames.length, 30);
    assert.ok(frames.every((frame) => frame.length === width * height * 3));
    assert.ok([x, y, width, height].every((value) => value >= 0 && value % 2 === 0));
    assert.ok(x + width <= 160 && y + height <= 192);
  });

  it('shows the portrait itself in silent frames and something else in speech', async () => {
    const builtin = engine();
    const { x, y, width, height } = builtin.region;
    const { data } = drawnFace(160, 192).picture;
    const portrait = Buffer.concat(
      Array.from({ length: height }, (_, row) => {
        const from = ((y + row) * 160 + x) * 3;
        return data.subarray(from, from + width * 3);
      }),
    );
    const frames = await framesOf(builtin);
    assert.ok(frames[0].equals(portrait) && frames[29].equals(portrait));
    assert.ok(!frames[15].equals(portrait));
    const { frames: again, report } = builtin.render();
    for await (const frame of again) assert.equal(frame.length, frames[0].length);
    const { mean, max } = report.openness;
    assert.ok(max > mean && mean > 0 && max <= 1);
  });

  it('gives the same frames, bit for bit, each time', async () => {
    const [first, second] = await Promise.all([framesOf(engine()), framesOf(engine())]);
    assert.ok(first.every((frame, i) => frame.equals(second[i])));
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const seen: Buffer[] = [];
    await assert.rejects(
      async () => {
        for await (const frame of engine().render(controller.signal).frames) {
          seen.push(frame);
          if (seen.length === 3) controller.abort();
        }
      },
      { code: 'E_CANCELLED' },
    );
    assert.equal(seen.length, 3);
  });
});
