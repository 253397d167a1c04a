import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { rememberPicture, type RenderedPicture } from '../../src/lipsync/face';

describe('A portrait that many sentences share', () => {
  let folder: string;
  let reads: string[];
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'lipwire-portrait-'))));
  after(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => (reads = []));

  async function card(name: string, red: number): Promise<string> {
    const file = path.join(folder, name);
    const background = { r: red, g: 0, b: 0 };
    await sharp({ create: { width: 2, height: 2, channels: 3, background } })
      .png()
      .toFile(file);
    return file;
  }

  function read(file: string): Promise<RenderedPicture> {
    return rememberPicture(file, async () => {
      reads.push(path.basename(file));
      const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      const { width, height } = info;
      return { picture: { data, width, height }, scale: 1, width, height };
    });
  }

  it('is decoded once', async () => {
    const file = await card('one.png', 10);
    const all = [await read(file), await read(file), await read(file)];
    assert.deepEqual(reads, ['one.png']);
    assert.ok(all.every(({ picture }) => picture.data[0] === 10));
  });

  it('is decoded anew when the file became another, even of the same size', async () => {
    const file = await card('changes.png', 20);
    await read(file);
    await card('changes.png', 21);
    assert.equal((await read(file)).picture.data[0], 21);
    await utimes(file, 1, 1);
    await read(file);
    assert.equal(reads.length, 3);
  });

  it('is forgotten when four others came since', async () => {
    const files = await Promise.all([1, 2, 3, 4, 5].map((n) => card(`${n}.png`, n)));
    for (const file of files) await read(file);
    await read(files[4]);
    assert.equal(reads.length, 5);
    await read(files[0]);
    assert.equal(reads.length, 6);
  });

  it('is tried again after it could not be read', async () => {
    const file = await card('broken.png', 30);
    await assert.rejects(rememberPicture(file, () => Promise.reject(new Error('cancelled'))));
    assert.equal((await read(file)).picture.data[0], 30);
  });

  it('leaves it to the reader to say that there is no such file', async () => {
    await assert.rejects(read(path.join(folder, 'none.png')), /missing/);
  });
});
