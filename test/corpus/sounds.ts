/** Sounds: odd and false headers, numbers that are none, too much and too little, other formats. */
import { truncate, symlink, writeFile, mkdir } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import {
  fileCase,
  FILE_NAMES,
  STRANGERS,
  type CorpusCase,
  type Make,
  type Outcome,
} from './corpus-case';

const PCM = 1;
const FLOAT = 3;

export interface WavWish {
  format?: number;
  rate?: number;
  channels?: number;
  bits?: number;
  /** Of the data chunk. */
  data?: Buffer;
  /** What the header says instead of the truth. */
  dataSize?: number;
  riffSize?: number;
  blockAlign?: number;
  formatSize?: number;
  /** Chunks before the format, and between it and the data. */
  first?: Buffer;
  middle?: Buffer;
}

/** A WAV file, right or wrong. */
export function wav({
  format = PCM,
  rate = 16_000,
  channels = 1,
  bits = 16,
  data = tone(4000),
  dataSize = data.length,
  riffSize,
  blockAlign = (channels * bits) / 8,
  formatSize = 16,
  first = Buffer.alloc(0),
  middle = Buffer.alloc(0),
}: WavWish = {}): Buffer {
  const head = Buffer.alloc(24);
  head.write('fmt ');
  head.writeUInt32LE(formatSize, 4);
  head.writeUInt16LE(format, 8);
  head.writeUInt16LE(channels, 10);
  head.writeUInt32LE(rate, 12);
  head.writeUInt32LE((rate * Math.floor(blockAlign)) >>> 0, 16);
  head.writeUInt16LE(Math.floor(blockAlign) & 0xffff, 20);
  head.writeUInt16LE(bits, 22);
  const body = Buffer.concat([first, head, middle, chunk('data', data, dataSize)]);
  const riff = Buffer.from('RIFF0000WAVE');
  riff.writeUInt32LE(riffSize ?? 4 + body.length, 4);
  return Buffer.concat([riff, body]);
}

export function chunk(name: string, data: Buffer, size = data.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name);
  head.writeUInt32LE(size >>> 0, 4);
  return Buffer.concat([head, data]);
}

/** 16-bit samples of a tone, of one channel. */
export function tone(samples: number): Buffer {
  const values = Int16Array.from({ length: samples }, (_, i) => 9000 * Math.sin(i / 7));
  return Buffer.from(values.buffer);
}

function floats(values: readonly number[], length = 4000): Buffer {
  const all = Float32Array.from({ length }, (_, i) => values[i % values.length]);
  return Buffer.from(all.buffer);
}

const sound = (
  name: string,
  expect: Outcome | readonly Outcome[],
  make: Make | Buffer,
  file = 'sound.wav',
): CorpusCase =>
  fileCase({
    ...{ kind: 'sound', name, expect, file, stage: 'loudnorm' },
    make: Buffer.isBuffer(make) ? () => make : make,
  });

function formats(): CorpusCase[] {
  const rates = [4000, 8000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000, 384_000];
  const badRates = [0, 1, 3999, 384_001, 2 ** 31 - 1, 2 ** 32 - 1];
  const data = tone(8 * 600);
  const bitsOf = [8, 16, 24, 32].map((bits) =>
    sound(`${bits} bit`, 'works', wav({ bits, data: data.subarray(0, 7200) })),
  );
  const badBits = [0, 1, 7, 128, 65_535].map((bits) =>
    sound(`${bits} bit`, ['E_INPUT', 'works'], wav({ bits, blockAlign: 2 })),
  );
  return [
    ...rates.map((rate) => sound(`${rate} Hz`, 'works', wav({ rate }))),
    ...badRates.map((rate) => sound(`${rate} Hz`, 'E_INPUT', wav({ rate }))),
    ...[2, 3, 6, 8].map((channels) =>
      sound(`${channels} channels`, 'works', wav({ channels, data })),
    ),
    ...[0, 9, 32, 64, 255, 65_535].map((channels) =>
      sound(`${channels} channels`, 'E_INPUT', wav({ channels, data, blockAlign: 64 })),
    ),
    ...bitsOf,
    ...badBits,
    ...[0, 1, 3, 65_535].map((blockAlign) =>
      sound(`blocks of ${blockAlign} bytes`, ['E_INPUT', 'works'], wav({ blockAlign })),
    ),
    ...[0, 4, 0x55, 0x9999, 0xfffe, 0xffff].map((format) =>
      sound(`the WAV format ${format}`, ['E_INPUT', 'E_FFMPEG', 'works'], wav({ format })),
    ),
  ];
}

function numbers(): CorpusCase[] {
  const of = (name: string, values: readonly number[], expect: Outcome | readonly Outcome[]) =>
    sound(name, expect, wav({ format: FLOAT, bits: 32, data: floats(values) }));
  return [
    of('NaN only', [NaN], ['works', 'E_INPUT']),
    of('one NaN among samples', [0.1, -0.2, NaN, 0.3], ['works', 'E_INPUT']),
    of('infinite samples', [Infinity, -Infinity], ['works', 'E_INPUT']),
    of('one infinite sample', [0.1, Infinity, -0.1, 0.2], ['works', 'E_INPUT']),
    of('samples of 1e38', [1e38, -1e38], ['works', 'E_INPUT']),
    of('samples of 1000', [1000, -1000, 500], ['works', 'E_INPUT']),
    of('denormal samples', [1e-40, -1e-42], 'works'),
    of('silence', [0], 'works'),
    of('a constant of 1', [1], 'works'),
    sound('digital silence in 16 bit', 'works', wav({ data: Buffer.alloc(8000) })),
    sound(
      '64-bit NaN',
      ['works', 'E_INPUT'],
      wav({ format: FLOAT, bits: 64, data: Buffer.alloc(8000, 0xff) }),
    ),
    sound(
      'full-scale noise',
      'works',
      wav({ data: Buffer.from(Array.from({ length: 8000 }, (_, i) => (i * 7919) & 255)) }),
    ),
  ];
}

function lengths(): CorpusCase[] {
  const whole = wav();
  return [
    ...[1, 2, 3, 10].map((n) => sound(`${n} samples`, 'works', wav({ data: tone(n) }))),
    sound('no samples', 'E_INPUT', wav({ data: Buffer.alloc(0) })),
    sound('half a sample', 'E_INPUT', wav({ data: Buffer.alloc(1) })),
    sound('one sample at 192 kHz', 'works', wav({ rate: 192_000, data: tone(1) })),
    sound('a header that says 24 hours', 'works', wav({ dataSize: 24 * 3600 * 32_000 })),
    sound('a header that says as much as it can', 'works', wav({ dataSize: 0xffffffff })),
    sound('a header that says nothing', ['works', 'E_INPUT'], wav({ dataSize: 0 })),
    sound('a RIFF of no length', 'works', wav({ riffSize: 0 })),
    sound('a RIFF of 4 GiB', 'works', wav({ riffSize: 0xffffffff })),
    sound('24 hours of silence in a sparse file', 'E_INPUT', async (file) => {
      const data = 24 * 3600 * 4000;
      await writeFile(file, wav({ rate: 4000, bits: 8, data: Buffer.alloc(0), dataSize: data }));
      await truncate(file, 44 + data);
    }),
    ...[1, 4, 8, 11, 12, 16, 20, 22, 28, 35, 36, 40, 43, 44, 45].map((length) =>
      sound(`a WAV cut after ${length} bytes`, 'E_INPUT', whole.subarray(0, length)),
    ),
    ...[46, 100, 4001, 8043].map((length) =>
      sound(`a WAV cut after ${length} bytes`, 'works', whole.subarray(0, length)),
    ),
  ];
}

function chunks(): CorpusCase[] {
  const filler = chunk('LIST', Buffer.alloc(101));
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => chunk('junk', Buffer.alloc(0))));
  const bext = chunk('bext', Buffer.alloc(1_000_000));
  const odd: readonly Outcome[] = ['works', 'E_INPUT', 'E_FFMPEG'];
  return [
    sound('a chunk of an odd length without padding', odd, wav({ middle: filler })),
    sound('20,000 empty chunks', ['works', 'E_INPUT'], wav({ middle: many })),
    sound('a megabyte of broadcast data', 'works', wav({ first: bext })),
    sound(
      'a chunk that ends beyond 4 GiB',
      odd,
      wav({ middle: chunk('junk', Buffer.alloc(8), 0xffffffff) }),
    ),
    sound('a second format', odd, wav({ middle: wav({ channels: 2 }).subarray(12, 36) })),
    sound('a format of 4 bytes', odd, wav({ formatSize: 4 })),
    sound('a format of 4 GiB', 'E_INPUT', wav({ formatSize: 0xffffffff })),
    sound(
      'a WAV without a format',
      odd,
      Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVE'), chunk('data', tone(100))]),
    ),
    sound('a WAV of nothing but its name', 'E_INPUT', Buffer.from('RIFF\x04\0\0\0WAVE')),
    sound(
      'an RF64 without its table',
      odd,
      Buffer.concat([Buffer.from('RF64\xff\xff\xff\xffWAVE', 'latin1'), wav().subarray(12)]),
    ),
    sound(
      'an ID3 tag before a WAV',
      odd,
      Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x00'), wav()]),
    ),
    sound(
      'an ID3 tag of 256 MiB',
      'E_INPUT',
      Buffer.from('ID3\x04\0\0\x7f\x7f\x7f\x7fabc'),
      'sound.mp3',
    ),
    sound(
      'an ID3 tag before a playlist',
      'E_INPUT',
      Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x00'), STRANGERS['an HLS playlist']]),
      'sound.mp3',
    ),
  ];
}

/** Sound in other formats, whole and cut in half. */
function containers(): CorpusCase[] {
  const made: [string, string[]][] = [
    ['flac', ['-c:a', 'flac']],
    ['m4a', ['-c:a', 'aac']],
    ['mp3', ['-c:a', 'libmp3lame']],
    ['ogg', ['-c:a', 'libopus']],
    ['aiff', []],
    ['w64', []],
    ['mka', ['-c:a', 'pcm_s24le']],
    ['ac3', ['-c:a', 'ac3']],
    ['au', []],
    ['caf', []],
  ];
  const make =
    (options: string[], part: number): Make =>
    async (file, { ffmpeg }) => {
      await ffmpeg.run({
        inputs: [{ source: 'sine=frequency=300:duration=0.5', options: ['-f', 'lavfi'] }],
        outputs: [{ target: file, options: ['-ar', '48000', ...options] }],
      });
      if (part < 1) {
        const { size } = await import('node:fs').then((fs) => fs.statSync(file));
        await truncate(file, Math.floor(size * part));
      }
    };
  return made.flatMap(([format, options]) => [
    sound(`${format}`, 'works', make(options, 1), `sound.${format}`),
    sound(`${format} under the name of a WAV file`, 'works', async (file, bench) => {
      const { rename } = await import('node:fs/promises');
      await make(options, 1)(`${file}.${format}`, bench);
      await rename(`${file}.${format}`, file);
    }),
    sound(
      `half of ${format}`,
      ['works', 'E_INPUT', 'E_FFMPEG'],
      make(options, 0.5),
      `sound.${format}`,
    ),
    sound(
      `the first bytes of ${format}`,
      ['E_INPUT', 'works'],
      make(options, 0.01),
      `sound.${format}`,
    ),
  ]);
}

function places(): CorpusCase[] {
  const path = (name: string, make: Make): CorpusCase => sound(name, 'E_PATH', make);
  return [
    path('a file that is not there', async () => undefined),
    path('a folder', async (file) => void (await mkdir(file))),
    path('a link to nothing', (file) => symlink('/nowhere/at/all', file)),
    path('a link to itself', (file) => symlink(file, file)),
    path('a pipe', async (file) => void execFileSync('mkfifo', [file])),
    path('a device', (file) => symlink('/dev/zero', file)),
    sound('a link to a sound', 'works', async (file) => {
      await writeFile(`${file}.real`, wav());
      await symlink(`${file}.real`, file);
    }),
    ...FILE_NAMES.map((name) =>
      sound(
        `a file called ${JSON.stringify(name.slice(0, 30))}`,
        'works',
        () => wav(),
        `${name}.wav`,
      ),
    ),
    ...FILE_NAMES.map((name) =>
      // Not a plain WAV, so that FFmpeg gets to see the name.
      sound(
        `a file for FFmpeg called ${JSON.stringify(name.slice(0, 30))}`,
        'works',
        () => wav({ bits: 8, channels: 2, format: 6 }),
        `${name}.wav`,
      ),
    ),
  ];
}

function strangers(): CorpusCase[] {
  return Object.entries(STRANGERS).map(([name, bytes]) =>
    sound(`${name} under the name of a sound`, 'E_INPUT', bytes),
  );
}

export function soundCases(): CorpusCase[] {
  return [
    ...formats(),
    ...numbers(),
    ...lengths(),
    ...chunks(),
    ...containers(),
    ...places(),
    ...strangers(),
  ];
}
