import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { withLock } from '../../../src/ml/store/folders';
import { temporaryFolder } from './support';

describe('the lock of a model', () => {
  let folder: string;
  let lock: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ folder, remove } = await temporaryFolder());
    lock = path.join(folder, 'a.lock');
  });
  afterEach(() => remove());

  const run = (): Promise<string> => withLock(lock, 'a', async () => 'done');
  const heldBy = (holder: object): Promise<void> => writeFile(lock, JSON.stringify(holder));

  it('lets one in at a time and is gone afterwards, also after a failure', async () => {
    await withLock(lock, 'a', () => assert.rejects(run(), { code: 'E_BUSY' }));
    assert.equal(await run(), 'done');
    await assert.rejects(
      withLock(lock, 'a', () => Promise.reject(new Error('failed'))),
      /failed/,
    );
    assert.deepEqual(await readdir(folder), []);
  });

  it('is respected while the process that holds it lives, or may live elsewhere', async () => {
    await heldBy({ token: 'x', pid: process.ppid, host: hostname() });
    await assert.rejects(run(), { code: 'E_BUSY' });
    await heldBy({ token: 'x', pid: 1, host: 'another machine' });
    await assert.rejects(run(), { code: 'E_BUSY' });
  });

  it('is taken from a process that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await heldBy({ token: 'x', pid, host: hostname() });
    assert.equal(await run(), 'done');
    assert.deepEqual(await readdir(folder), []);
  });

  it('is taken from an earlier process with the same number, as in a container', async () => {
    await heldBy({ token: 'x', pid: process.pid, host: hostname() });
    assert.equal(await run(), 'done');
  });

  it('is taken when nobody has shown up for a minute, or it makes no sense', async () => {
    await heldBy({ token: 'x', pid: 1, host: 'another machine' });
    const old = new Date(Date.now() - 120_000);
    await utimes(lock, old, old);
    assert.equal(await run(), 'done');
    await writeFile(lock, '');
    await utimes(lock, old, old);
    assert.equal(await run(), 'done');
  });

  it('goes to one only of many who find it abandoned at the same time', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await heldBy({ token: 'x', pid, host: hostname() });
    let inside = 0;
    let most = 0;
    const one = (): Promise<void> =>
      withLock(lock, 'a', async () => {
        most = Math.max(most, (inside += 1));
        await new Promise((resolve) => setTimeout(resolve, 50));
        inside -= 1;
      });
    const results = await Promise.allSettled(Array.from({ length: 8 }, one));
    assert.equal(most, 1);
    assert.ok(results.some(({ status }) => status === 'fulfilled'));
  });
});
