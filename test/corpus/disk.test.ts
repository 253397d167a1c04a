import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mountSmall, runDisks } from './disk';

/** Whether this user may mount a file system in memory. */
function mayMount(folder: string): boolean {
  try {
    mountSmall(folder, 'size=64k');
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('A workspace that fails', function () {
  this.timeout(60_000);
  let home: string;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'lipwire-disk-'));
  });
  after(() => rm(home, { recursive: true }));

  it('full, read-only or deleted, is told of, and works again when it is mended', async function () {
    if (!mayMount(home)) {
      this.test!.title += ' (skipped: this user may not mount a small file system)';
      this.skip();
    }
    for (const { name, expected, outcome, sentence, afterwards } of await runDisks(home)) {
      assert.ok(expected.includes(outcome), `${name}: ${outcome} ${sentence}`);
      assert.equal(afterwards, 'works', name);
    }
  });
});
