import assert from 'node:assert/strict';
import type { Delivery } from '../../nodes/shared/node-queue';
import { Arrivals, type Rules } from '../../nodes/stitch/collector';

describe('Clips whose rules are looked up', () => {
  const rules: Rules = { waitLimit: 1, onFailure: 'fail' };
  const delivery = (id: string): Delivery =>
    ({ msg: { parts: { id, index: 0 } }, done: () => undefined }) as unknown as Delivery;
  const never = (): Promise<Rules> => new Promise(() => undefined);
  const soon = (): Promise<Rules> => Promise.resolve(rules);

  it('are taken at once where nothing has to be looked up', () => {
    const taken: string[] = [];
    const result = new Arrivals().take(
      delivery('a'),
      () => rules,
      () => taken.push('a'),
    );
    assert.deepEqual([result, taken], [undefined, ['a']]);
  });

  it('are given up with the news that waits, and what comes then is held up by none of it', async () => {
    const arrivals = new Arrivals();
    const taken: string[] = [];
    const [first, second] = [delivery('a'), delivery('b')];
    const waiting = [
      arrivals.take(first, never, () => taken.push('never')),
      arrivals.take(undefined, soon, () => taken.push('news')),
      arrivals.take(second, soon, () => taken.push('b')),
    ];
    assert.deepEqual(arrivals.clear(), [[first], [second]]);
    await Promise.all(waiting);
    await arrivals.take(delivery('c'), soon, () => taken.push('c'));
    assert.deepEqual(taken, ['c']);
    assert.deepEqual(arrivals.clear(), []);
  });

  it('stay where only the latest text counts and they are of it', async () => {
    const arrivals = new Arrivals();
    const taken: string[] = [];
    const old = delivery('old');
    const waiting = [
      arrivals.take(old, never, () => taken.push('old')),
      arrivals.take(delivery('new'), soon, () => taken.push('new')),
    ];
    assert.deepEqual(arrivals.clear('new'), [[old]]);
    await Promise.all(waiting);
    assert.deepEqual(taken, ['new']);
  });

  it('fail with what looking up or taking throws', async () => {
    const arrivals = new Arrivals();
    const bad = (): Promise<Rules> => Promise.reject(new Error('no such rule'));
    await assert.rejects(async () => arrivals.take(delivery('a'), bad, () => undefined), /no such/);
    const broken = (): void => {
      throw new Error('no clip');
    };
    await assert.rejects(async () => arrivals.take(delivery('a'), soon, broken), /no clip/);
    assert.deepEqual(arrivals.clear(), []);
  });
});
