import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { pictureSize } from '../../src/av/sniff';
import { keepPortrait } from '../../src/runtime/uploads';
import { withCode } from '../runtime/support';

const [width, height] = [321, 123];

function made(): sharp.Sharp {
  return sharp({ create: { width, height, channels: 4, background: '#8045' } });
}

const FORMATS: Record<string, () => Promise<Buffer>> = {
  PNG: () => made().png().toBuffer(),
  JPEG: () => made().jpeg().toBuffer(),
  'progressive JPEG': () => made().jpeg({ progressive: true }).toBuffer(),
  'JPEG with EXIF and a profile': () => made().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  WebP: () => made().flatten().webp().toBuffer(),
  'lossless WebP': () => made().webp({ lossless: true }).toBuffer(),
  'WebP with transparency': () => made().webp().toBuffer(),
  GIF: () => made().gif().toBuffer(),
};

describe('the size that a picture says it has', () => {
  for (const [name, make] of Object.entries(FORMATS)) {
    it(`is read from ${name}, and from no part of it that ends before`, async () => {
      const bytes = await make();
      assert.deepEqual(pictureSize(bytes), { width, height });
      for (let end = 0; end < Math.min(bytes.length, 600); end += 1) {
        const found = pictureSize(bytes.subarray(0, end));
        assert.deepEqual(found ?? { width, height }, { width, height });
      }
    });
  }

  it('is not known of other files, and never fails', () => {
    assert.equal(pictureSize(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')), undefined);
    const starts = ['\x89PNG\r\n\x1a\n', 'GIF89a', '\xff\xd8\xff', 'RIFFxxxxWEBPVP8 ', ''];
    const bytes = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(bytes, ([start, rest]) => {
        pictureSize(Buffer.concat([Buffer.from(start, 'latin1'), rest]));
      }),
    );
  });

  it('keeps an upload out that claims more pixels than any stage takes', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'lipwire-upload-'));
    try {
      const png = await made().png().toBuffer();
      async function* content(): AsyncGenerator<Buffer> {
        yield png;
      }
      await keepPortrait(folder, { content: content(), fileName: 'small.png' });
      png.writeUInt32BE(60_000, 16);
      png.writeUInt32BE(60_000, 20);
      const huge = keepPortrait(folder, { content: content(), fileName: 'huge.png' });
      await assert.rejects(huge, withCode('E_INPUT'));
      assert.deepEqual(await readdir(folder), ['small.png']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
