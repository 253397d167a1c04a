import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { ReadingLine } from '../../nodes/shared/reading-line';

describe('The line in which a node reads its inputs', () => {
  let line: ReadingLine;
  let begun: string[];
  beforeEach(() => {
    line = new ReadingLine();
    begun = [];
  });

  /** A read that ends when it is told to. */
  function reader(name: string, isFromWeb = false) {
    let end: (error?: Error) => void = () => undefined;
    const ended = new Promise<string>((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve(name));
    });
    const reading = line.next(async (stepAside) => {
      begun.push(name);
      if (isFromWeb) stepAside();
      return ended;
    });
    return { reading, end };
  }

  it('goes one after the other, also past one that fails', async () => {
    const [a, b, c] = [reader('a'), reader('b'), reader('c')];
    await turn();
    assert.deepEqual(begun, ['a']);
    a.end(new Error('no file'));
    await assert.rejects(a.reading, /no file/);
    await turn();
    assert.deepEqual(begun, ['a', 'b']);
    b.end();
    c.end();
    assert.equal(await c.reading, 'c');
  });

  it('is not held up by what comes from the web', async () => {
    const slow = reader('slow', true);
    const quick = reader('quick');
    quick.end();
    assert.equal(await quick.reading, 'quick');
    slow.end();
    assert.equal(await slow.reading, 'slow');
  });

  it('asks at most five servers at once, and goes on when one answers', async () => {
    const slow = Array.from({ length: 7 }, (_, n) => reader(`${n}`, true));
    await turn();
    assert.deepEqual(begun, ['0', '1', '2', '3', '4']);
    slow[4].end();
    await slow[4].reading;
    await turn();
    assert.deepEqual(begun, ['0', '1', '2', '3', '4', '5']);
    for (const { end } of slow) end();
    await Promise.all(slow.map(({ reading }) => reading));
    assert.equal(begun.length, 7);
  });

  it('goes on without a reading that never answers, once that is cancelled', async () => {
    const line = new ReadingLine();
    const abort = new AbortController();
    const stuck = line.next(() => new Promise(() => undefined), abort.signal);
    const next = line.next(() => Promise.resolve('next'));
    abort.abort(new Error('cancelled'));
    await assert.rejects(stuck, /cancelled/);
    assert.equal(await next, 'next');
    await assert.rejects(
      line.next(() => new Promise(() => undefined), abort.signal),
      /cancelled/,
    );
  });

  it('lets nobody overtake by the place of one that is cancelled', async () => {
    const first = reader('first');
    const abort = new AbortController();
    const second = line.next(() => Promise.resolve(), abort.signal);
    const third = reader('third');
    abort.abort(new Error('cancelled'));
    await assert.rejects(second, /cancelled/);
    await turn();
    assert.deepEqual(begun, ['first']);
    first.end();
    third.end();
    assert.equal(await third.reading, 'third');
  });
});
