import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Ages, openWorkspace, temporaryFolder, type Workspace } from '../../src/runtime/workspace';
import { ArtifactStore } from '../../src/runtime/artifacts';
import { Leases, Sweeper } from '../../src/runtime/sweeper';
import { deleteFolder, testFolder } from './worker/support';

const HOUR = 3600_000;
const YEAR = 365 * 24 * HOUR;

/** Clocks that a test sets. */
class TestClocks {
  time = Date.now();
  passed = 1000;
  now = (): number => this.time;
  steady = (): number => this.passed;

  /** Time passes. */
  wait(milliseconds: number): void {
    this.time += milliseconds;
    this.passed += milliseconds;
  }

  /** Somebody sets the time of day. */
  set(difference: number): void {
    this.time += difference;
  }
}

describe('the age of what lies in a workspace', () => {
  let clocks: TestClocks;
  let ages: Ages;

  beforeEach(() => {
    clocks = new TestClocks();
    ages = new Ages(clocks);
  });

  it('is the time since its last use, by this process or another one', () => {
    const stamp = ages.use('a').getTime();
    clocks.wait(HOUR);
    assert.equal(ages.of('a', stamp), HOUR);
    assert.equal(ages.of('older', clocks.now() - 5 * HOUR), 5 * HOUR);
    clocks.wait(HOUR);
    assert.equal(ages.of('older', clocks.now() - 6 * HOUR), 6 * HOUR);
    assert.equal(ages.of('a', clocks.now() - HOUR / 2), HOUR / 2);
  });

  it('does not grow when the clock is set forward by a year', () => {
    const stamp = ages.use('a').getTime();
    ages.of('seen', stamp - HOUR);
    clocks.wait(1000);
    clocks.set(YEAR);
    assert.equal(ages.of('a', stamp), 1000);
    assert.equal(ages.of('seen', stamp - HOUR), HOUR + 1000);
  });

  it('grows although the clock is set back, by an hour or a year', () => {
    const stamp = ages.use('a').getTime();
    clocks.set(-YEAR);
    clocks.wait(HOUR);
    assert.equal(ages.of('a', stamp), HOUR);
    // Made while the clock went wrong, and seen for the first time after a restart.
    const restarted = new Ages(clocks);
    assert.equal(restarted.of('a', stamp), 0);
    clocks.wait(HOUR);
    assert.equal(restarted.of('a', stamp), HOUR);
  });
});

describe('sweeping while the clock is set', () => {
  let folder: string;
  let clocks: TestClocks;
  let workspace: Workspace;
  let store: ArtifactStore;
  let sweeper: Sweeper;

  beforeEach(async () => {
    folder = await testFolder();
    clocks = new TestClocks();
    workspace = { ...(await openWorkspace(folder, false)), ages: new Ages(clocks) };
    store = new ArtifactStore(workspace);
    const limits = { maxBytes: 1e9, maxAgeHours: 24 };
    sweeper = new Sweeper(workspace, store, new Leases(), limits);
  });
  afterEach(() => deleteFolder(folder));

  async function make(digit: string): Promise<string> {
    const begun = await temporaryFolder(workspace);
    await mkdir(begun, { recursive: true });
    await writeFile(path.join(begun, 'x'), 'x');
    const files = [{ path: 'x', size: 1, sha256: '' }];
    const facts = { stage: 'tts', version: 1, created: '', output: null } as const;
    const { folder: made } = await store.publish(digit.repeat(64), begun, {
      format: 1,
      ...facts,
      paths: [],
      files,
    });
    return made;
  }
  const sweep = (): Promise<unknown> => sweeper.sweep();

  it('deletes nothing fresh when it is set forward by a year, and what is old later on', async () => {
    const before = await make('a');
    clocks.set(YEAR);
    const after = await make('b');
    await sweep();
    assert.deepEqual([before, after].map(existsSync), [true, true]);
    clocks.wait(25 * HOUR);
    await sweep();
    assert.deepEqual([before, after].map(existsSync), [false, false]);
  });

  it('keeps nothing for ever when it is set back by an hour', async () => {
    const before = await make('a');
    clocks.set(-HOUR);
    await sweep();
    assert.ok(existsSync(before));
    clocks.wait(24.5 * HOUR);
    await sweep();
    assert.ok(!existsSync(before));
  });

  it('goes by what other processes delete and use', async () => {
    const one = await make('a');
    await sweep();
    await deleteFolder(one);
    await sweep();
    const two = await make('b');
    clocks.wait(30 * HOUR);
    const now = new Date(clocks.now());
    await utimes(path.join(two, 'artifact.json'), now, now);
    await sweep();
    assert.ok(existsSync(two));
  });
});
