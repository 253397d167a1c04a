/** Pictures: bombs, lies about sizes, every cut, hostile SVG, and odd ones that are fine. */
import { symlink } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { portraitSvg } from '../support/portrait';
import {
  fileCase,
  FILE_NAMES,
  STRANGERS,
  type CorpusCase,
  type Make,
  type Outcome,
} from './corpus-case';

/** What may come of pictures without a face. */
export const SOME: readonly Outcome[] = ['E_INPUT', 'E_NO_FACE'];

export const image = (
  name: string,
  expect: Outcome | readonly Outcome[],
  make: Make | Buffer | string,
  file = 'picture.png',
  isHeavy = false,
): CorpusCase =>
  fileCase({
    ...{ kind: 'image', name, expect, file, stage: 'face-detect', isHeavy },
    make: typeof make === 'function' ? make : () => Buffer.from(make),
  });

interface PngWish {
  width: number;
  height: number;
  bits?: number;
  colour?: number;
  /** Compressed rows; right ones of zeros when left out. */
  data?: Buffer;
  /** Chunks before the data. */
  extra?: Buffer;
  interlaced?: boolean;
}

export function pngChunk(name: string, data: Buffer, checksum?: number): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(name, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(checksum ?? crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** A PNG file, right or wrong. */
export function png({
  width,
  height,
  bits = 8,
  colour = 0,
  data,
  extra,
  interlaced,
}: PngWish): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width >>> 0, 0);
  header.writeUInt32BE(height >>> 0, 4);
  header[8] = bits;
  header[9] = colour;
  header[12] = interlaced ? 1 : 0;
  const row = 1 + Math.ceil((width * bits * (colour === 2 ? 3 : colour === 6 ? 4 : 1)) / 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    extra ?? Buffer.alloc(0),
    pngChunk(
      'IDAT',
      data ?? deflateSync(Buffer.alloc(Math.min(row * height, 2 ** 28)), { level: 9 }),
    ),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function sizes(): CorpusCase[] {
  const plain: [number, number][] = [
    [1, 1],
    [1, 2],
    [2, 1],
    [3, 3],
    [1, 3000],
    [3000, 1],
    [16, 16],
    [20, 900],
  ];
  const empty = deflateSync(Buffer.alloc(100));
  const lies: [number, number][] = [
    [0, 0],
    [0, 10],
    [10, 0],
    [2 ** 31 - 1, 1],
    [2 ** 31, 2 ** 31],
    [2 ** 32 - 1, 2 ** 32 - 1],
    [65_500, 65_500],
    [20_000, 20_000],
    [10_001, 10_000],
    [1, 2 ** 30],
  ];
  return [
    ...plain.map(([w, h]) =>
      image(`${w}×${h} pixels`, 'E_NO_FACE', () => png({ width: w, height: h })),
    ),
    ...lies.map(([w, h]) =>
      image(`a header of ${w}×${h} pixels`, 'E_INPUT', () =>
        png({ width: w, height: h, data: empty }),
      ),
    ),
    image('a bomb of 30,000×30,000 pixels in 110 kB', 'E_INPUT', () =>
      png({ width: 30_000, height: 30_000, bits: 1 }),
    ),
    image(
      'a bomb of 16,000×16,000 pixels of 8 bits',
      'E_INPUT',
      () => png({ width: 16_000, height: 16_000 }),
      'a.png',
      true,
    ),
    image(
      'the largest picture that is taken',
      'E_NO_FACE',
      () => png({ width: 10_000, height: 10_000, bits: 1 }),
      'a.png',
      true,
    ),
    image('1×40,000 pixels', 'E_NO_FACE', () => png({ width: 1, height: 40_000 }), 'a.png', true),
    image('40,000×2 pixels', 'E_NO_FACE', () => png({ width: 40_000, height: 2 }), 'a.png', true),
    image('rows that unpack to more than the picture', SOME, () =>
      png({ width: 8, height: 8, data: deflateSync(Buffer.alloc(2 ** 27)) }),
    ),
    image('rows that unpack to less than the picture', SOME, () =>
      png({ width: 800, height: 800, data: empty }),
    ),
    image('rows that are no deflate stream', 'E_INPUT', () =>
      png({ width: 8, height: 8, data: Buffer.from('nonsense') }),
    ),
  ];
}

function pngs(): CorpusCase[] {
  const size = { width: 40, height: 40 };
  const bomb = Buffer.concat([Buffer.from('x\0\0'), deflateSync(Buffer.alloc(2 ** 27))]);
  return [
    image('a text chunk that unpacks to 128 MiB', SOME, () =>
      png({ ...size, extra: pngChunk('zTXt', bomb) }),
    ),
    image('a colour profile that unpacks to 128 MiB', SOME, () =>
      png({ ...size, extra: pngChunk('iCCP', bomb) }),
    ),
    image('a colour profile of nonsense', SOME, () =>
      png({
        ...size,
        extra: pngChunk(
          'iCCP',
          Buffer.concat([Buffer.from('x\0\0'), deflateSync(Buffer.from('nonsense'))]),
        ),
      }),
    ),
    image('100,000 text chunks', SOME, () =>
      png({
        ...size,
        extra: Buffer.concat(
          Array.from({ length: 100_000 }, () => pngChunk('tEXt', Buffer.from('a\0b'))),
        ),
      }),
    ),
    image('a wrong checksum', SOME, () =>
      png({ ...size, extra: pngChunk('tEXt', Buffer.from('a\0b'), 1) }),
    ),
    image('a critical chunk that nobody knows', SOME, () =>
      png({ ...size, extra: pngChunk('ABCD', Buffer.from('a')) }),
    ),
    image('a palette that is missing', 'E_INPUT', () => png({ ...size, colour: 3 })),
    image('32 bits a channel', 'E_INPUT', () => png({ ...size, bits: 32 })),
    image('a kind of colour that does not exist', 'E_INPUT', () => png({ ...size, colour: 5 })),
    image('interlaced rows that are not', SOME, () =>
      png({ ...size, interlaced: true, data: deflateSync(Buffer.alloc(3)) }),
    ),
    image('transparency only', 'E_NO_FACE', () => png({ ...size, colour: 6 })),
    image('an animated PNG of 4 billion frames', SOME, () =>
      png({ ...size, extra: pngChunk('acTL', Buffer.from([255, 255, 255, 255, 0, 0, 0, 0])) }),
    ),
  ];
}

const FORMATS = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;

/** The drawn face in that format. */
export async function facePicture(format: (typeof FORMATS)[number], side = 300): Promise<Buffer> {
  return sharp(Buffer.from(portraitSvg())).resize(side).toFormat(format).toBuffer();
}

function formats(): CorpusCase[] {
  const some: readonly Outcome[] = ['works', 'E_INPUT', 'E_NO_FACE'];
  const raw = () => sharp(Buffer.from(portraitSvg())).resize(300);
  return [
    ...FORMATS.map((format) =>
      image(`a face as ${format}`, 'works', () => facePicture(format), `face.${format}`),
    ),
    ...FORMATS.map((format) =>
      image(
        `a face as ${format} under another name`,
        'works',
        () => facePicture(format),
        'face.mp4',
      ),
    ),
    ...FORMATS.flatMap((format) =>
      [0.02, 0.3, 0.7, 0.99].map((part) =>
        image(
          `${Math.round(part * 100)} % of a ${format}`,
          part > 0.9 ? some : 'E_INPUT',
          async () => {
            const whole = await facePicture(format);
            return whole.subarray(0, Math.floor(part * whole.length));
          },
          `face.${format}`,
        ),
      ),
    ),
    ...FORMATS.map((format) =>
      image(
        `a ${format} whose end is noise`,
        some,
        async () => {
          const whole = Buffer.from(await facePicture(format));
          for (let i = Math.floor(whole.length / 2); i < whole.length; i++)
            whole[i] = (i * 7919) & 255;
          return whole;
        },
        `face.${format}`,
      ),
    ),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) =>
      image(
        `a photo whose camera said orientation ${orientation}`,
        'works',
        async () => {
          // Stored as the camera would have: turned the other way.
          const turned = await sharp(await facePicture('png')).toBuffer();
          return sharp(turned).withMetadata({ orientation }).jpeg().toBuffer();
        },
        'photo.jpg',
      ),
    ),
    image(
      'an orientation that does not exist',
      'works',
      () =>
        raw()
          .withExif({ IFD0: { Orientation: '77' } })
          .jpeg()
          .toBuffer(),
      'a.jpg',
    ),
    image('a face in 16 bits a channel', 'works', () =>
      raw().toColourspace('rgb16').png().toBuffer(),
    ),
    image('a face in CMYK', 'works', () => raw().toColourspace('cmyk').jpeg().toBuffer(), 'a.jpg'),
    image('a face in grey', 'works', () => raw().grayscale().png().toBuffer()),
    image('a face in a palette of four', some, () =>
      raw().png({ palette: true, colours: 4 }).toBuffer(),
    ),
    image('a face that is almost transparent', some, () =>
      raw().ensureAlpha(0.02).png().toBuffer(),
    ),
    image('a face of 40 pixels', some, () => facePicture('png', 60)),
    image('a face of 3 pixels', SOME, () => facePicture('png', 5)),
    image(
      'an HEIC photo',
      'E_INPUT',
      Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
      'a.heic',
    ),
    image(
      'a bitmap of Windows',
      ['E_INPUT', 'E_NO_FACE'],
      Buffer.concat([
        Buffer.from(
          'BM\x7a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x04\0\0\0\x04\0\0\0\x01\0\x18\0',
          'latin1',
        ),
        Buffer.alloc(92),
      ]),
      'a.bmp',
    ),
    image(
      'a TIFF whose pages are a circle',
      SOME,
      Buffer.from('49492a0008000000010000010300010000000100000008000000', 'hex'),
      'a.tif',
    ),
    image(
      'a TIFF whose first page is outside',
      'E_INPUT',
      Buffer.from('49492a00ffffff7f', 'hex'),
      'a.tif',
    ),
    image(
      'a GIF without a frame',
      SOME,
      Buffer.from('GIF89a\x10\0\x10\0\0\0\0;', 'latin1'),
      'a.gif',
    ),
    image(
      'a GIF of 65,535×65,535',
      'E_INPUT',
      Buffer.from(
        'GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;',
        'latin1',
      ),
      'a.gif',
    ),
    image(
      'a JPEG that says 65,535×65,535',
      'E_INPUT',
      async () => {
        const whole = Buffer.from(await facePicture('jpeg'));
        const at = whole.indexOf(Buffer.from([0xff, 0xc0]));
        whole.fill(0xff, at + 5, at + 9);
        return whole;
      },
      'a.jpg',
    ),
  ];
}

const STARTS: Record<string, string> = {
  jpg: '\xff\xd8\xff\xe0',
  png: '\x89PNG\r\n\x1a\n',
  gif: 'GIF89a',
  webp: 'RIFF\x40\0\0\0WEBPVP8 ',
  tif: 'II*\0',
  'big.tif': 'MM\0+',
  avif: '\0\0\0\x1cftypavif',
  svg: '<svg',
  jxl: '\xff\x0a',
  jp2: '\0\0\0\x0cjP  ',
};

function nonsense(): CorpusCase[] {
  const noise = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i * 31) & 255));
  return Object.entries(STARTS).flatMap(([ending, start]) => [
    image(
      `noise that begins like ${ending}`,
      'E_INPUT',
      Buffer.concat([Buffer.from(start, 'latin1'), noise]),
      `a.${ending}`,
    ),
    image(
      `zeros that begin like ${ending}`,
      'E_INPUT',
      Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(3000)]),
      `a.${ending}`,
    ),
  ]);
}

export function imageCases(): CorpusCase[] {
  return [
    ...sizes(),
    ...pngs(),
    ...formats(),
    ...nonsense(),
    ...Object.entries(STRANGERS).map(([name, bytes]) =>
      image(`${name} under the name of a picture`, 'E_INPUT', bytes),
    ),
    ...FILE_NAMES.map((name) =>
      image(
        `a file called ${JSON.stringify(name.slice(0, 30))}`,
        'works',
        () => facePicture('png', 200),
        `${name}.png`,
      ),
    ),
    image('a picture that is not there', 'E_PATH', async () => undefined),
    image('a link to itself', 'E_PATH', (file) => symlink(file, file)),
    image('a link to a device', ['E_PATH', 'E_INPUT'], (file) => symlink('/dev/zero', file)),
  ];
}
