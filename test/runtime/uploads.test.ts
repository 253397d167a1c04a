import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LipwireError } from '../../src/contract';
import { portraitName, keepPortrait, UPLOAD_BYTES, type Upload } from '../../src/runtime/uploads';

/** The beginning of one: 10 × 10 pixels. */
const PNG = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\n\0\0\0\n', 'latin1'),
  Buffer.alloc(3000, 7),
]);
const JPG = Buffer.concat([Buffer.from('\xff\xd8\xff', 'latin1'), Buffer.alloc(3000, 8)]);

describe('Uploaded portraits', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'lipwire-uploads-'))));
  afterEach(() => rm(folder, { recursive: true }));

  async function* inPieces(content: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0; at < content.length; at += 500) yield content.subarray(at, at + 500);
  }
  const keep = (
    content: Buffer,
    fileName: string,
    more: Partial<Upload> = {},
  ): Promise<{ name: string; isThere: boolean }> =>
    keepPortrait(path.join(folder, 'portraits'), { content: inPieces(content), fileName, ...more });
  const files = (): Promise<string[]> =>
    readdir(path.join(folder, 'portraits')).catch(() => ['no folder']);
  const refused = (code: string) => (error: unknown) =>
    error instanceof LipwireError && error.code === code;

  it('get names that are safe on every system, with the ending of their content', async () => {
    const names: Record<string, string> = {
      '../../settings.js': 'settings',
      'C:\\Users\\Ä Löwe.HEIC': 'a-lowe',
      'nul.png': 'portrait-nul',
      '.bashrc': 'portrait',
      '日本.png': 'portrait',
      [`${'x'.repeat(300)}.png`]: 'x'.repeat(60),
      'a\0b/..': 'portrait',
      '<img src=x>.png': 'img-src-x',
    };
    for (const [given, expected] of Object.entries(names)) {
      assert.equal(portraitName(given), expected, given);
    }
    assert.deepEqual(await keep(JPG, '../me.png'), { name: 'me.jpg', isThere: false });
    assert.deepEqual(await readFile(path.join(folder, 'portraits/me.jpg')), JPG);
  });

  it('leave nothing for ever where the process ended in the middle of one', async () => {
    await keep(PNG, 'me.png');
    const half = (id: string): string => path.join(folder, 'portraits', `.upload-${id}`);
    const [old, fresh, theirs] = [half(randomUUID()), half(randomUUID()), half('mine.png')];
    for (const file of [old, fresh, theirs]) await writeFile(file, 'half');
    const before = new Date(Date.now() - 25 * 3600 * 1000);
    for (const file of [old, theirs]) await utimes(file, before, before);
    await keep(JPG, 'you.jpg');
    const left = [path.basename(fresh), path.basename(theirs), 'me.png', 'you.jpg'];
    assert.deepEqual((await files()).sort(), left.sort());
  });

  it('replace nothing unless that is asked for, and follow no link', async () => {
    await keep(PNG, 'me.png');
    const other = Buffer.concat([PNG, PNG]);
    assert.deepEqual(await keep(other, 'me.png'), { name: 'me.png', isThere: true });
    const file = path.join(folder, 'portraits/me.png');
    assert.deepEqual(await readFile(file), PNG);
    await keep(other, 'me.png', { replace: true });
    assert.deepEqual(await readFile(file), other);
    const secret = path.join(folder, 'secret');
    await writeFile(secret, 'secret');
    await symlink(secret, path.join(folder, 'portraits/link.png'));
    assert.equal((await keep(PNG, 'link.png')).isThere, true);
    await keep(PNG, 'link.png', { replace: true });
    assert.equal(await readFile(secret, 'utf8'), 'secret');
    assert.deepEqual((await files()).sort(), ['link.png', 'me.png']);
  });

  it('are pictures or videos by their first bytes, whatever their names say', async () => {
    for (const content of [
      Buffer.from('#!/bin/sh\nrm -rf /'),
      Buffer.alloc(5000),
      Buffer.from('<html><script>alert(1)</script></html>'),
      Buffer.concat([Buffer.from('RIFF....WAVE'), Buffer.alloc(2000)]),
      Buffer.from('%PDF-1.7'),
    ]) {
      await assert.rejects(keep(content, 'me.png'), refused('E_INPUT'));
    }
    assert.deepEqual(await files(), []);
  });

  it('are neither empty nor too large, by what is said and by what comes', async () => {
    await assert.rejects(keep(Buffer.alloc(0), 'me.png'), refused('E_INPUT'));
    await assert.rejects(keep(PNG, 'me.png', { bytes: UPLOAD_BYTES + 1 }), refused('E_INPUT'));
    let given = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      yield PNG;
      for (const piece = Buffer.alloc(1 << 20); ; given += piece.length) yield piece;
    }
    const endlessly = { content: endless() };
    await assert.rejects(keep(PNG, 'me.png', endlessly), refused('E_INPUT'));
    assert.ok(given < UPLOAD_BYTES + (2 << 20));
    assert.deepEqual(await files(), []);
  });

  it('leave nothing behind when they are broken off', async () => {
    const abort = new AbortController();
    async function* broken(): AsyncGenerator<Buffer> {
      yield PNG;
      abort.abort();
      yield PNG;
    }
    const cut = { content: broken(), signal: abort.signal };
    await assert.rejects(keep(PNG, 'me.png', cut), refused('E_CANCELLED'));
    async function* failing(): AsyncGenerator<Buffer> {
      yield PNG;
      throw new Error('the connection is gone');
    }
    await assert.rejects(keep(PNG, 'me.png', { content: failing() }));
    assert.deepEqual(await files(), []);
  });
});
