import assert from 'node:assert/strict';
import v8 from 'node:v8';
import vm from 'node:vm';
import fc from 'fast-check';
import { melColumns, MelStream } from '../../../src/lipsync/wav2lip/mel';
import {
  melWindows,
  referenceWindowStarts,
  windowStart,
  type WindowOptions,
  cut,
} from '../../../src/lipsync/wav2lip/windows';
import { frameRate, framesForSamples } from '../../../src/contract';
import { noise } from '../../support/noise';

const signal = new AbortController().signal;

/** A spectrogram whose value says its column: band 0 holds column / 1000, all others −4. */
function numbered(columns: number): Float32Array {
  return Float32Array.from({ length: columns * 80 }, (_, i) => (i % 80 ? -4 : i / 80 / 1000));
}

async function windows(
  pieces: Iterable<Float32Array>,
  options: Omit<WindowOptions, 'signal'>,
): Promise<Float32Array[]> {
  const all: Float32Array[] = [];
  for await (const window of melWindows(pieces, { ...options, signal })) all.push(window);
  return all;
}

/** The columns of a window, undefined for silence. */
const columnsOf = (window: Float32Array): (number | undefined)[] =>
  [...window.subarray(0, 16)].map((v) => (v === -4 ? undefined : Math.round(v * 1000)));

describe('windows of the mel spectrogram', () => {
  it('start 80/fps columns apart, exactly', () => {
    const starts = [0, 1, 2, 3, 4, 5].map((frame) => windowStart(frame, frameRate(25)));
    assert.deepEqual(starts, [0, 3, 6, 9, 12, 16]);
    for (const i of [1, 7, 99_999, 199_999]) {
      assert.equal(windowStart(i, frameRate(25)), Math.trunc(i * 3.2));
      assert.equal(windowStart(i, frameRate(30)), Math.trunc(i * (80 / 30)));
      assert.equal(windowStart(i, frameRate(29.97)), Math.floor((i * 80 * 1001) / 30_000));
    }
  });

  it('a positive offset lets the frame hear earlier sound, a negative one later', () => {
    assert.equal(windowStart(25, frameRate(25), 0.1), 72);
    assert.equal(windowStart(25, frameRate(25), -0.1), 88);
    assert.equal(windowStart(25, frameRate(25), 0.04), 77);
  });

  it('there is one for every frame at every rate, and the sound is heard to its end', async () => {
    for (const fps of [24, 25, 29.97, 30, 50, 60]) {
      const samples = 16_000 * 3 + 123;
      const rate = frameRate(fps);
      const frames = framesForSamples(samples, 16_000, rate);
      const all = await windows([numbered(melColumns(samples))], { rate, frames });
      assert.equal(all.length, frames);
      all.forEach((window, frame) => {
        assert.equal(columnsOf(window)[0], windowStart(frame, rate));
      });
      // The last frame begins before the sound ends, and what follows the sound is silence.
      assert.deepEqual(
        columnsOf(all.at(-1)!).map((c) => c !== undefined),
        Array.from(
          { length: 16 },
          (_, i) => windowStart(frames - 1, rate) + i < melColumns(samples),
        ),
      );
    }
  });

  it('hold bands in rows and columns in time', () => {
    const columns = Float32Array.from({ length: 20 * 80 }, (_, i) => i);
    const window = cut(columns, 2);
    assert.equal(window[0], 2 * 80);
    assert.equal(window[1], 3 * 80);
    assert.equal(window[16], 2 * 80 + 1);
  });

  it('are silent before and after the sound', async () => {
    const options = { rate: frameRate(25), frames: 5 };
    const [first] = await windows([numbered(20)], { ...options, offset: 0.05 });
    assert.deepEqual(columnsOf(first).slice(0, 6), [
      undefined,
      undefined,
      undefined,
      undefined,
      0,
      1,
    ]);
    const late = await windows([numbered(20)], { ...options, offset: -10 });
    assert.ok(late.every((window) => window.every((value) => value === -4)));
    const none = await windows([], options);
    assert.equal(none.length, 5);
  });

  it('do not depend on how the columns come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }),
        fc.constantFrom(24, 25, 29.97, 60),
        fc.integer({ min: 0, max: 60 }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        async (sizes, fps, frames, offset) => {
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const whole = numbered(total);
          let at = 0;
          const pieces = sizes.map((size) => whole.subarray(at * 80, (at += size) * 80));
          const options = { rate: frameRate(fps), frames, offset };
          assert.deepEqual(await windows(pieces, options), await windows([whole], options));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stop when the job is cancelled', async () => {
    const stopped = AbortSignal.abort();
    const options = { rate: frameRate(25), frames: 5, signal: stopped };
    await assert.rejects(melWindows([numbered(20)], options).next(), { code: 'E_CANCELLED' });
  });
});

describe('windows of the reference', () => {
  it('lose as many frames as the reference does, at every length', () => {
    const missing = { 24: 3, 25: 3, 29.97: 4, 30: 4, 50: 7, 60: 9 };
    for (const [fps, lost] of Object.entries(missing)) {
      for (const seconds of [1, 2, 7, 30, 60]) {
        const starts = referenceWindowStarts(melColumns(seconds * 16_000), Number(fps));
        assert.equal(Math.round(seconds * Number(fps)) - starts.length, lost, `${fps}, ${seconds}`);
      }
    }
  });

  it('end with the last 16 columns', () => {
    const starts = referenceWindowStarts(161, 25);
    assert.deepEqual(starts.slice(-2), [144, 145]);
    assert.equal(starts.length, 47);
  });

  it('need 16 columns', () => {
    assert.deepEqual(referenceWindowStarts(16, 25), [0, 0]);
    assert.throws(() => referenceWindowStarts(15, 25), { code: 'E_INPUT' });
  });
});

describe('half an hour of sound', () => {
  /** Bytes that are really in use. */
  function held(): number {
    v8.setFlagsFromString('--expose-gc');
    const collect = vm.runInNewContext('gc') as () => void;
    // Buffers are freed beside the thread; a second time waits for what the first one began.
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }

  it('goes through in the memory that one minute takes', async function () {
    this.timeout(60_000);
    const second = noise(16_000, -0.3, 0.3);
    const mel = new MelStream();
    const seconds = 30 * 60;
    function* columns(): Generator<Float32Array> {
      // To be done soon, only each tenth second goes through the spectrum; its columns come again.
      let heard = mel.push(second);
      for (let i = 0; i < seconds; i++) {
        if (i % 10 === 0) heard = mel.push(second);
        yield heard.slice();
      }
    }
    const rate = frameRate(10);
    const frames = seconds * 10;
    let count = 0;
    let early = 0;
    for await (const window of melWindows(columns(), { rate, frames, signal })) {
      count++;
      if (count === 600) early = held();
      // All columns until then would be 45 MB, and their windows 90.
      if (count === frames - 10) {
        const more = held() - early;
        assert.ok(more < 8e6, `${more}`);
      }
      assert.equal(window.length, 1280);
    }
    assert.equal(count, frames);
  });
});
