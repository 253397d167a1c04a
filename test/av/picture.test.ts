import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { BACKDROP, readPicture, type Picture, importDecoder } from '../../src/av/picture';
import { LipwireError } from '../../src/contract';
import { BLUE, GREEN, quarters, RED, YELLOW } from '../face/pictures';

const QUARTERS = [RED, GREEN, BLUE, YELLOW];

/** Colours in the middle of the four quarters. */
function middles({ width, height, data }: Picture): number[][] {
  return [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ].map(([u, v]) => {
    const x = Math.floor(u * width);
    const y = Math.floor(v * height);
    return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  });
}

function assertColours(
  actual: number[][],
  expected: readonly (readonly number[])[],
  limit: number,
) {
  actual.forEach((colour, index) => {
    colour.forEach((value, channel) => {
      const wanted = expected[index]?.[channel];
      const where = `quarter ${index}, channel ${channel}: ${value}, not ${wanted}`;
      assert.ok(Math.abs(value - wanted) <= limit, where);
    });
  });
}

describe('reading pictures', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function read(name: string, content: Buffer | string): Promise<Picture> {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return readPicture(file);
  }

  const refuses = (code: string, pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof LipwireError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    assert.match(error.message, /^Expected [^\n]*\.$/);
    return true;
  };

  for (const { format, limit } of [
    { format: 'png', limit: 0 },
    { format: 'jpeg', limit: 8 },
    { format: 'webp', limit: 12 },
    { format: 'avif', limit: 12 },
    { format: 'gif', limit: 12 },
    { format: 'tiff', limit: 8 },
  ] as const) {
    it(`${format} has its size and its colours`, async () => {
      const content = await quarters().toFormat(format).toBuffer();
      const picture = await read(`wrong-name.${format}.txt`, content);
      assert.deepEqual([picture.width, picture.height], [80, 60]);
      assert.equal(picture.data.length, 80 * 60 * 3);
      assertColours(middles(picture), QUARTERS, limit);
    });
  }

  // What EXIF says about the first row and column, and where the quarters then are.
  const turns: [number, number, number, (readonly number[])[]][] = [
    [1, 80, 60, [RED, GREEN, BLUE, YELLOW]],
    [2, 80, 60, [GREEN, RED, YELLOW, BLUE]],
    [3, 80, 60, [YELLOW, BLUE, GREEN, RED]],
    [4, 80, 60, [BLUE, YELLOW, RED, GREEN]],
    [5, 60, 80, [RED, BLUE, GREEN, YELLOW]],
    [6, 60, 80, [BLUE, RED, YELLOW, GREEN]],
    [7, 60, 80, [YELLOW, GREEN, BLUE, RED]],
    [8, 60, 80, [GREEN, YELLOW, RED, BLUE]],
  ];
  for (const [orientation, width, height, colours] of turns) {
    it(`EXIF orientation ${orientation} comes out upright`, async () => {
      const content = await quarters()
        .withMetadata({ orientation })
        .jpeg({ quality: 95 })
        .toBuffer();
      const picture = await read('turned.jpg', content);
      assert.deepEqual([picture.width, picture.height], [width, height]);
      assertColours(middles(picture), colours, 10);
    });
  }

  it('transparent parts show the backdrop, half transparent ones half of it', async () => {
    const pixels = Buffer.from([200, 0, 0, 0, 200, 0, 0, 128, 200, 0, 0, 255, 200, 0, 0, 255]);
    const raw = { width: 2, height: 2, channels: 4 } as const;
    const { data } = await read('clear.png', await sharp(pixels, { raw }).png().toBuffer());
    const { r, g, b } = BACKDROP;
    assert.deepEqual([...data.subarray(0, 3)], [r, g, b]);
    assertColours([[...data.subarray(3, 6)]], [[(r + 200) / 2, g / 2, b / 2]], 2);
    assert.deepEqual([...data.subarray(6, 9)], [200, 0, 0]);
  });

  it('16 bit, grey, grey with transparency, palette and CMYK become 8-bit RGB', async () => {
    const deep = await quarters().toColourspace('rgb16').png().toBuffer();
    assert.equal((await sharp(deep).metadata()).depth, 'ushort');
    assertColours(middles(await read('deep.png', deep)), QUARTERS, 1);

    const grey = await quarters().greyscale().png().toBuffer();
    const [first] = middles(await read('grey.png', grey));
    assert.equal(new Set(first).size, 1);

    const greyDeep = await quarters().greyscale().toColourspace('grey16').png().toBuffer();
    assertColours(
      middles(await read('grey16.png', greyDeep)),
      middles(await read('grey.png', grey)),
      2,
    );

    const greyAlpha = await quarters().greyscale().ensureAlpha(0).png().toBuffer();
    const { r, g, b } = BACKDROP;
    assertColours(middles(await read('grey-alpha.png', greyAlpha)), Array(4).fill([r, g, b]), 0);

    const palette = await quarters().png({ palette: true, colours: 4 }).toBuffer();
    assertColours(middles(await read('palette.png', palette)), QUARTERS, 4);

    const cmyk = await quarters().toColourspace('cmyk').jpeg({ quality: 98 }).toBuffer();
    assert.equal((await sharp(cmyk).metadata()).space, 'cmyk');
    // Printing inks reach no strong blue.
    assertColours(middles(await read('cmyk.jpg', cmyk)), QUARTERS, 60);
  });

  it('an animation gives its first frame', async () => {
    const frames = [RED, GREEN].map(([r, g, b]) => ({
      create: { width: 20, height: 20, channels: 3 as const, background: { r, g, b } },
    }));
    const [first, second] = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()));
    const animation = await sharp([first as Buffer, second as Buffer], { join: { animated: true } })
      .gif()
      .toBuffer();
    assert.equal((await sharp(animation).metadata()).pages, 2);
    const picture = await read('two.gif', animation);
    assert.deepEqual([picture.width, picture.height], [20, 20]);
    assertColours(middles(picture), Array(4).fill(RED), 4);
  });

  it('SVG is drawn at 1024 pixels or more, and larger ones at their own size', async () => {
    const draw = (width: number, height: number) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
      '<rect width="50%" height="100%" fill="rgb(200,40,30)"/></svg>';
    const small = await read('small.svg', draw(40, 20));
    assert.ok(small.width >= 1024 && small.width < 1060, `${small.width}`);
    assert.ok(Math.abs(small.width / small.height - 2) < 0.01);
    assertColours([middles(small)[0]], [RED], 1);
    const large = await read('large.svg', draw(1500, 900));
    assert.deepEqual([large.width, large.height], [1500, 900]);
  });

  it('an SVG loads nothing from outside', async () => {
    await mkdir(path.join(folder, 'inner'), { recursive: true });
    const secret = path.join(folder, 'secret.png');
    await quarters().png().toFile(secret);
    for (const href of [secret, pathToFileURL(secret).href, 'secret.png']) {
      const picture = await read(
        'spy.svg',
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ' +
          'width="1024" height="1024"><rect width="1024" height="1024" fill="white"/>' +
          `<image href="${href}" xlink:href="${href}" width="1024" height="1024"/></svg>`,
      );
      assertColours(middles(picture), Array(4).fill([255, 255, 255]), 0);
    }
    const entity = await read(
      'entity.svg',
      `<!DOCTYPE svg [<!ENTITY leak SYSTEM "${pathToFileURL(secret).href}">]>` +
        '<svg xmlns="http://www.w3.org/2000/svg" width="1024" height="1024"><text>&leak;</text></svg>',
    ).catch((error: unknown) => error);
    const refused = entity instanceof LipwireError && entity.code === 'E_INPUT';
    assert.ok(refused || (entity as Picture).width === 1024);
  });

  it('files that are no pictures are refused in one sentence', async () => {
    const cases: [string, Buffer | string, RegExp][] = [
      ['empty.png', '', /empty\.png is empty/],
      ['text.jpg', 'Hello, I am a text.', /text\.jpg is none of these/],
      ['page.pdf', '%PDF-1.7\n%âãÏÓ', /PDF document/],
      [
        'film.mp4',
        Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1'),
        /is a video.*damaged/,
      ],
      ['film.webm', Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 1, 2, 3]), /is a video/],
      ['phone.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), /HEIC.*JPEG/],
      ['sound.wav', Buffer.from('RIFF\0\0\0\0WAVEfmt ', 'latin1'), /is a sound/],
      ['broken.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="10"', /broken\.svg/],
      ['header.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), /header\.png/],
    ];
    for (const [name, content, pattern] of cases) {
      await assert.rejects(read(name, content), refuses('E_INPUT', pattern), name);
    }
  });

  it('truncated pictures are refused', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'tiff', 'gif'] as const) {
      const whole = await quarters().resize(800, 600).toFormat(format).toBuffer();
      const half = whole.subarray(0, Math.floor(whole.length / 2));
      await assert.rejects(
        read(`half.${format}`, half),
        refuses('E_INPUT', /damaged|none of these/),
        format,
      );
    }
  });

  it('a picture that unpacks to more than the limit is refused', async () => {
    const side = 10_001;
    const create = { width: side, height: side, channels: 3 as const, background: '#000' };
    const bomb = await sharp({ create }).png({ compressionLevel: 9 }).toBuffer();
    assert.ok(bomb.length < 1_000_000);
    await assert.rejects(
      read('bomb.png', bomb),
      refuses(
        'E_INPUT',
        /at most 100 million pixels.*has 100 million \(10001×10001\).*"Largest picture".*--max-pixels/,
      ),
    );
    // A photo of 108 megapixels, as phones take them; only its header is read.
    const photo = await sharp({ create: { ...create, width: 12, height: 9 } })
      .jpeg()
      .toBuffer();
    const frame = photo.indexOf(Buffer.from([0xff, 0xc0]));
    photo.writeUInt16BE(9000, frame + 5);
    photo.writeUInt16BE(12_000, frame + 7);
    await assert.rejects(
      read('photo.jpg', photo),
      refuses('E_INPUT', /has 108 million \(12000×9000\)/),
    );
  });

  it('of an animation the first picture is read, and it is said that there are more', async () => {
    const frames = await Promise.all(
      [RED, GREEN].map(([r, g, b]) =>
        sharp({ create: { width: 16, height: 12, channels: 3, background: { r, g, b } } })
          .png()
          .toBuffer(),
      ),
    );
    const still = frames[0];
    const animation = () => sharp(frames, { join: { animated: true } });
    // An animated PNG has a chunk for it before the first picture's data.
    const control = Buffer.from('000000086163544c0000000200000000f38d9370', 'hex');
    const end = still.indexOf('IDAT') - 4;
    const apng = Buffer.concat([still.subarray(0, end), control, still.subarray(end)]);
    const avif = await sharp(still).avif({ lossless: true }).toBuffer();
    const sequence = Buffer.from(avif);
    sequence.write('avis', 8, 'latin1');
    const files: [name: string, bytes: Buffer, isFirst?: true][] = [
      ['moves.gif', await animation().gif().toBuffer(), true],
      ['moves.webp', await animation().webp({ lossless: true }).toBuffer(), true],
      ['moves.png', apng, true],
      ['moves.avif', sequence, true],
      ['still.png', still],
      ['still.avif', avif],
      ['still.gif', await sharp(still).gif().toBuffer()],
    ];
    for (const [name, bytes, isFirst] of files) {
      const picture = await read(name, bytes);
      assert.deepEqual([picture.width, picture.height, picture.isFirst], [16, 12, isFirst], name);
      const [red, green] = picture.data;
      assert.ok(red > 150 && green < 90, name);
    }
  });

  it('an absent file and a folder are refused', async () => {
    await assert.rejects(
      readPicture(path.join(folder, 'nowhere.png')),
      refuses('E_PATH', /ENOENT/),
    );
    await assert.rejects(readPicture(folder), refuses('E_INPUT', /not a file/));
  });

  it('a cancelled reading stops', async () => {
    const file = path.join(folder, 'cancel.png');
    await quarters().png().toFile(file);
    await assert.rejects(
      readPicture(file, AbortSignal.abort()),
      (error: unknown) => error instanceof LipwireError && error.code === 'E_CANCELLED',
    );
  });

  it('a decoder that does not load gives the reason and what to do', async () => {
    const fail = importDecoder(() => Promise.reject(new Error('no libvips here\nlong story')));
    await assert.rejects(fail, refuses('E_NATIVE', /\(no libvips here\); run "npm install/));
  });
});
