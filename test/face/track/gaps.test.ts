import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fillGaps, type GapOptions } from '../../../src/face/track/gaps';
import type { FaceReport, TrackedFace } from '../../../src/contract';

/**
 * Frames by letters: a digit is a face there (its place times ten), a dot none, and a bar begins a
 * new shot.
 */
function framesOf(text: string): TrackedFace[] {
  let shot = 0;
  return [...text].flatMap((letter): TrackedFace[] => {
    if (letter === '|') shot++;
    if (letter === '|') return [];
    if (letter === '.') return [{ state: 'none', shot, score: 0, roll: 0 }];
    const x = 10 * Number(letter);
    const landmarks = [[x, 2 * x]] as [number, number][];
    return [{ state: 'found', shot, score: 1, roll: x, box: [x, x, x + 10, x + 10], landmarks }];
  });
}

async function fill(text: string, options: Partial<GapOptions> = {}) {
  const report: FaceReport['framesWithoutFace'] = {
    count: 0,
    interpolated: 0,
    held: 0,
    ranges: [],
  };
  async function* stream() {
    yield* framesOf(text);
  }
  const refuse = (frame: number) => new Error(`frame ${frame}`);
  const frames: TrackedFace[] = [];
  const settings: GapOptions = { mode: 'interpolate', most: 3, refuse, ...options };
  for await (const frame of fillGaps(stream(), settings, report)) frames.push(frame);
  return { frames, report };
}

/** One letter a frame: its state. */
const states = (frames: TrackedFace[]) => frames.map(({ state }) => state[0]).join('');

describe('Frames without a face', () => {
  it('are moved evenly to where the face is found again', async () => {
    const { frames, report } = await fill('1..4');
    assert.equal(states(frames), 'fiif');
    assert.deepEqual(
      frames.map(({ box }) => box![0]),
      [10, 20, 30, 40],
    );
    assert.deepEqual(frames[1].landmarks, [[20, 40]]);
    assert.equal(frames[2].roll, 30);
    assert.deepEqual(report, { count: 2, interpolated: 2, held: 0, ranges: [[1, 2]] });
  });

  it('are left where the gap is longer, at the beginning, at the end, or over a cut', async () => {
    for (const [text, expected] of [
      ['1...4', 'fiiif'],
      ['1....5', 'fnnnnf'],
      ['1....5.6', 'fnnnnfif'],
      ['..1', 'nnf'],
      ['1..', 'fnn'],
      ['1.|.4', 'fnnf'],
      ['1..|4', 'fnnf'],
      ['1|..|4', 'fnnf'],
      ['...', 'nnn'],
    ] as const) {
      assert.equal(states((await fill(text)).frames), expected, text);
    }
  });

  it('take the last place of the shot where they are held', async () => {
    const { frames, report } = await fill('.1....5|..6.', { mode: 'hold' });
    assert.equal(states(frames), 'nfhhhhfnnfh');
    assert.equal(frames[5].box![0], 10);
    assert.deepEqual(
      frames.map(({ shot }) => shot),
      [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1],
    );
    assert.equal(report.held, 5);
    assert.deepEqual(report.ranges, [
      [0, 0],
      [2, 5],
      [7, 8],
      [10, 10],
    ]);
  });

  it('are refused by their number, or pass as they are', async () => {
    await assert.rejects(fill('12.4', { mode: 'error' }), /frame 2/);
    assert.equal(states((await fill('1..4', { mode: 'pass' })).frames), 'fnnf');
  });

  it('are never lost, whatever comes', async () => {
    const text = fc.string({ unit: fc.constantFrom('1', '2', '.', '.', '|'), maxLength: 40 });
    const mode = fc.constantFrom('pass', 'hold', 'interpolate');
    await fc.assert(
      fc.asyncProperty(text, mode, fc.integer({ min: 1, max: 6 }), async (letters, how, most) => {
        const { frames, report } = await fill(letters, { mode: how, most });
        const given = framesOf(letters);
        assert.deepEqual(
          frames.map(({ shot }) => shot),
          given.map(({ shot }) => shot),
        );
        const without = given.filter(({ box }) => !box).length;
        assert.equal(report.count, without);
        const filled = frames.filter(({ state }) => state !== 'found' && state !== 'none').length;
        assert.equal(report.interpolated + report.held, filled);
      }),
    );
  });

  it('of which there are very many do not make the report grow', async () => {
    const { report } = await fill('1.'.repeat(300), { mode: 'pass' });
    assert.equal(report.count, 300);
    assert.equal(report.ranges.length, 100);
  });
});
