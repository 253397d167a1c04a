import assert from 'node:assert/strict';
import { LipwireError } from '../../../src/contract';
import { ModelTasks } from '../../../src/ml/store/tasks';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('work on models in the background', () => {
  it('tells its progress and how it ended', async () => {
    const tasks = new ModelTasks();
    let finish = (): void => undefined;
    tasks.start('pull', 'a', async ({ onProgress }) => {
      onProgress?.({ doing: 'downloading', done: 1, total: 2 });
      await new Promise<void>((resolve) => (finish = resolve));
    });
    const [running] = tasks.list;
    assert.equal(running?.state, 'running');
    assert.deepEqual(running?.progress, { doing: 'downloading', done: 1, total: 2 });
    finish();
    await settled();
    assert.equal(tasks.list[0]?.state, 'done');
  });

  it('keeps the error of what failed', async () => {
    const tasks = new ModelTasks();
    tasks.start('pull', 'a', () => Promise.reject(new LipwireError('E_DISK', 'Full.')));
    await settled();
    assert.deepEqual(tasks.list[0]?.error, { code: 'E_DISK', message: 'Full.' });
  });

  it('is not started twice, but again after it has ended', async () => {
    const tasks = new ModelTasks();
    let count = 0;
    const work = async (): Promise<void> => void (count += 1);
    tasks.start('pull', 'a', work);
    tasks.start('pull', 'a', work);
    assert.equal(count, 1);
    await settled();
    tasks.start('pull', 'a', work);
    assert.equal(count, 2);
    assert.equal(tasks.list.length, 1);
  });

  it('ends when it is cancelled or everything is closed', async () => {
    const tasks = new ModelTasks();
    const untilAborted = ({ signal }: { signal?: AbortSignal }): Promise<never> =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      );
    tasks.start('pull', 'a', untilAborted);
    tasks.start('pull', 'b', untilAborted);
    assert.equal(tasks.cancel('a'), true);
    await settled();
    assert.deepEqual(
      tasks.list.map(({ state }) => state),
      ['cancelled', 'running'],
    );
    assert.equal(tasks.cancel('a'), false);
    await tasks.close();
    assert.equal(tasks.list[1]?.state, 'cancelled');
  });
});
