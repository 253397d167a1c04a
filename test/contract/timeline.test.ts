import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  crossFadeFrames,
  fpsOf,
  frameRate,
  framesForDuration,
  framesForSamples,
  frameTime,
  rateText,
  samplesForFrames,
  stitchedFrames,
  stitchedStarts,
} from '../../src/contract';

const RATES = [23.976, 24, 25, 29.97, 30, 50, 60];
const rate = fc.constantFrom(...RATES).map(frameRate);
const sampleRate = fc.constantFrom(8000, 16000, 22050, 24000, 44100, 48000);
const samples = fc.integer({ min: 1, max: 48000 * 3600 });

describe('timeline arithmetic', () => {
  it('reads broadcast rates as the fractions that they stand for', () => {
    const texts = RATES.map((fps) => rateText(frameRate(fps)));
    assert.deepEqual(texts, ['24000/1001', '24/1', '25/1', '30000/1001', '30/1', '50/1', '60/1']);
    assert.equal(rateText(frameRate(12.5)), '25/2');
    assert.equal(rateText(frameRate(59.94)), '60000/1001');
  });

  it('refuses rates that are no rate, naming what came', () => {
    for (const fps of [0, -25, NaN, Infinity, 121]) {
      assert.throws(() => frameRate(fps), { code: 'E_INPUT', message: /fps/ });
    }
  });

  it('gives a clip the fewest whole frames that hold all of its sound', () => {
    fc.assert(
      fc.property(rate, sampleRate, samples, (f, hz, n) => {
        const frames = framesForSamples(n, hz, f);
        const holds = (count: number) =>
          BigInt(count) * BigInt(f.den) * BigInt(hz) >= BigInt(n) * BigInt(f.num);
        assert.ok(holds(frames));
        assert.ok(frames === 1 || !holds(frames - 1));
      }),
    );
  });

  it('counts the same frames from seconds as from samples', () => {
    fc.assert(
      fc.property(rate, sampleRate, samples, (f, hz, n) => {
        const exact = framesForSamples(n, hz, f);
        const fromSeconds = framesForDuration(n / hz, f);
        // A sound that passes a frame border by less than a millionth of a frame may round down.
        assert.ok(fromSeconds === exact || fromSeconds === exact - 1);
        const overhang = (n * f.num) / (hz * f.den) - (exact - 1);
        if (overhang > 1e-5) assert.equal(fromSeconds, exact);
      }),
    );
  });

  it('pads the sound by less than one frame, to the nearest sample', () => {
    fc.assert(
      fc.property(rate, sampleRate, samples, (f, hz, n) => {
        const frames = framesForSamples(n, hz, f);
        const padded = samplesForFrames(frames, f, hz);
        assert.ok(padded >= n - 1);
        assert.ok(frames === 1 || padded - n <= (hz * f.den) / f.num + 1);
        assert.ok(Math.abs(padded / hz - frameTime(frames, f)) <= 0.5 / hz + 1e-9);
      }),
    );
  });

  it('loses no frame of twenty segments', () => {
    fc.assert(
      fc.property(
        rate,
        fc.array(fc.integer({ min: 30, max: 500 }), { minLength: 1, maxLength: 100 }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (f, frames, seconds) => {
          const fade = crossFadeFrames(seconds, f);
          assert.ok(fade / fpsOf(f) <= seconds + 1e-6);
          const total = stitchedFrames(frames, fade);
          const sum = frames.reduce((a, b) => a + b, 0);
          assert.equal(total, sum - (frames.length - 1) * fade);
          const starts = stitchedStarts(frames, fade);
          assert.equal(starts[0], 0);
          assert.equal((starts.at(-1) ?? 0) + (frames.at(-1) ?? 0), total);
        },
      ),
    );
  });

  it('has no frames where there are no clips', () => {
    assert.equal(stitchedFrames([], 5), 0);
    assert.deepEqual(stitchedStarts([], 5), []);
  });
});
