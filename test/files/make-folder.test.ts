import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { makeFolder } from '../../src/files/make-folder';

describe('makeFolder', () => {
  let root: string;
  beforeEach(async () => (root = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'))));
  afterEach(() => rm(root, { recursive: true }));

  it('makes all folders of a path, also twice and from two sides at once', async () => {
    const deep = path.join(root, 'a', 'b', 'c');
    await Promise.all([makeFolder(deep, 0o700), makeFolder(deep, 0o700)]);
    await makeFolder(deep);
    assert.ok((await stat(deep)).isDirectory());
    if (process.platform !== 'win32') assert.equal((await stat(deep)).mode & 0o777, 0o700);
  });

  it('refuses a path through a file', async () => {
    const file = path.join(root, 'file');
    await writeFile(file, '');
    await assert.rejects(makeFolder(file), { code: 'EEXIST' });
    await assert.rejects(makeFolder(path.join(file, 'a')), { code: 'ENOTDIR' });
  });

  it('comes back where a folder takes no folders', async function () {
    if (process.platform !== 'linux') {
      this.test!.title += ' (skipped: only Linux has /proc)';
      this.skip();
    }
    await assert.rejects(makeFolder('/proc/lipwire/test'), { code: 'ENOENT' });
  });
});
