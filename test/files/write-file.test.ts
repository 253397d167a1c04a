import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { replaceWhole, writeWhole, writeWholeSync } from '../../src/files/write-file';

describe('write-file', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'lipwire-test-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('replaces a file and leaves nothing else in its folder', async () => {
    const file = path.join(folder, 'facts.json');
    await writeFile(file, 'older and longer');
    await writeWhole(file, 'new', { mode: 0o600, durable: true });
    assert.equal(await readFile(file, 'utf8'), 'new');
    writeWholeSync(file, 'newer', 0o600);
    assert.equal(await readFile(file, 'utf8'), 'newer');
    assert.deepEqual(await readdir(folder), ['facts.json']);
  });

  it('leaves the old file, and nothing beside it, where making the new one fails', async () => {
    const file = path.join(folder, 'facts.json');
    await writeFile(file, 'old');
    const failing = replaceWhole(file, async (temporary) => {
      await mkdir(temporary);
      throw new Error('no more');
    });
    await assert.rejects(failing, /no more/);
    assert.equal(await readFile(file, 'utf8'), 'old');
    assert.deepEqual(await readdir(folder), ['facts.json']);
    assert.throws(() => writeWholeSync(path.join(file, 'in-a-file'), ''), /ENOTDIR|ENOENT/);
  });
});
