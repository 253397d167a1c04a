import assert from 'node:assert/strict';
import { TimeOver, within } from '../../src/av/picture';
import { LipwireError } from '../../src/contract';

const never = new Promise<never>(() => undefined);

describe('waiting for work that cannot be stopped', () => {
  it('gives what the work gives, or throws what it throws', async () => {
    assert.equal(await within(Promise.resolve(7), 60), 7);
    await assert.rejects(within(Promise.reject(new Error('broken')), 60), /broken/);
  });

  it('ends when the time is over', async () => {
    await assert.rejects(within(never, 0.01), TimeOver);
  });

  it('ends with E_CANCELLED when the job is cancelled, before or while it waits', async () => {
    const isCancelled = (error: unknown) =>
      error instanceof LipwireError && error.code === 'E_CANCELLED';
    await assert.rejects(within(never, 60, AbortSignal.abort()), isCancelled);
    const controller = new AbortController();
    const waiting = within(never, 60, controller.signal);
    controller.abort();
    await assert.rejects(waiting, isCancelled);
  });
});
