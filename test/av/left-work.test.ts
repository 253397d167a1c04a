import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { LEFT_WORK, leaveWork } from '../../src/av/picture';

describe('work that nobody waits for any more', () => {
  it('is told of where it is not over in good time, and when it is at last', async () => {
    const told: unknown[] = [];
    const listen = (change: unknown): void => void told.push(change);
    subscribe(LEFT_WORK, listen);
    try {
      leaveWork(Promise.resolve(), 20);
      leaveWork(Promise.reject(new Error('broken')), 20);
      let end: () => void = () => undefined;
      leaveWork(new Promise<void>((resolve) => (end = resolve)), 20);
      await sleep(60);
      assert.deepEqual(told, [1]);
      end();
      await sleep(0);
      assert.deepEqual(told, [1, -1]);
    } finally {
      unsubscribe(LEFT_WORK, listen);
    }
  });
});
