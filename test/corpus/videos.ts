/** Videos: false headers, missing streams, odd sizes and rates, turned, cut, and of every container. */
import { readFile, truncate, stat } from 'node:fs/promises';
import type { Ffmpeg } from '../../src/av/ffmpeg/types';
import { facePicture } from './images';
import { wav } from './sounds';
import {
  fileCase,
  FILE_NAMES,
  STRANGERS,
  type CorpusCase,
  type Make,
  type Outcome,
} from './corpus-case';

interface VideoWish {
  size?: string;
  rate?: string;
  seconds?: number;
  /** Options of the output. */
  options?: readonly string[];
  /** Options before the output's, for filters. */
  filters?: string;
  hasSound?: boolean;
  hasPicture?: boolean;
}

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

/** A short test picture with a tone. */
export async function writeVideo(
  ffmpeg: Ffmpeg,
  file: string,
  wish: VideoWish = {},
): Promise<void> {
  const { size = '64x48', rate = '10', seconds = 0.5, options = H264, filters } = wish;
  const { hasSound = true, hasPicture = true } = wish;
  const lavfi = { options: ['-f', 'lavfi'] };
  const inputs = [
    ...(hasPicture
      ? [{ source: `testsrc=size=${size}:rate=${rate}:duration=${seconds}`, ...lavfi }]
      : []),
    ...(hasSound ? [{ source: `sine=duration=${seconds}`, ...lavfi }] : []),
  ];
  const chain = filters ? ['-vf', filters] : [];
  await ffmpeg.run({ inputs, outputs: [{ target: file, options: [...chain, ...options] }] });
}

type Expect = Outcome | readonly Outcome[];

/** The case for hls-export, and the one for face-detect. */
function both(
  name: string,
  hls: Expect,
  face: Expect,
  make: Make,
  file = 'video.mp4',
): CorpusCase[] {
  const common = { kind: 'video', name, file, make };
  return [
    fileCase({ ...common, stage: 'hls-export', expect: hls, values: { segmentLength: 2 } }),
    fileCase({ ...common, stage: 'face-detect', expect: face }),
  ];
}

const of =
  (wish: VideoWish): Make =>
  (file, { ffmpeg }) =>
    writeVideo(ffmpeg, file, wish);

const NO_FACE: Outcome = 'E_NO_FACE';
const SOME: readonly Outcome[] = ['works', 'E_INPUT', 'E_FFMPEG'];
const SOME_FACE: readonly Outcome[] = ['E_NO_FACE', 'E_INPUT', 'E_FFMPEG'];

function containers(): CorpusCase[] {
  const mpeg4 = ['-c:v', 'mpeg4'];
  const made: [string, readonly string[]][] = [
    ['mp4', H264],
    ['mov', H264],
    ['mkv', H264],
    ['avi', mpeg4],
    ['ts', H264],
    ['webm', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8']],
    ['flv', [...H264, '-ar', '44100']],
    ['mpg', ['-c:v', 'mpeg2video', '-r', '25']],
    ['nut', mpeg4],
  ];
  return made.flatMap(([format, options]) => [
    ...both(`${format}`, 'works', NO_FACE, of({ options }), `video.${format}`),
    ...[0.02, 0.5, 0.95].flatMap((part) =>
      both(
        `${part * 100} % of ${format}`,
        SOME,
        SOME_FACE,
        async (file, { ffmpeg }) => {
          await writeVideo(ffmpeg, file, { options });
          await truncate(file, Math.floor(part * (await stat(file)).size));
        },
        `video.${format}`,
      ),
    ),
  ]);
}

function shapes(): CorpusCase[] {
  const rgb = ['-c:v', 'libx264rgb', '-preset', 'ultrafast'];
  const fast = (pixels: string): string[] => [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    pixels,
  ];
  const turn =
    (degrees: number): Make =>
    async (file, { ffmpeg }) => {
      await writeVideo(ffmpeg, `${file}.plain.mp4`);
      const options = ['-c', 'copy', '-metadata:s:v:0', `rotate=${degrees}`];
      await ffmpeg.run({
        inputs: [{ source: `${file}.plain.mp4` }],
        outputs: [{ target: file, options }],
      });
    };
  return [
    ...['2x2', '2x200', '200x2', '64x4096', '4096x16'].flatMap((size) =>
      both(`a video of ${size} pixels`, ['works', 'E_INPUT'], NO_FACE, of({ size, seconds: 0.2 })),
    ),
    ...['1x1', '63x47', '101x1'].flatMap((size) =>
      both(
        `a video of ${size} pixels`,
        ['works', 'E_INPUT'],
        NO_FACE,
        of({ size, options: fast('yuv444p') }),
      ),
    ),
    ...both('a single frame', 'works', NO_FACE, of({ seconds: 0.1 })),
    ...['1', '0.2', '200', '1000', '30000/1001'].flatMap((rate) =>
      both(
        `${rate} frames a second`,
        ['works', 'E_INPUT'],
        NO_FACE,
        of({ rate, seconds: rate.startsWith('0') ? 11 : 1 }),
      ),
    ),
    ...both(
      'a variable frame rate',
      'works',
      NO_FACE,
      of({
        seconds: 2,
        filters: "select='not(mod(n,3))+gt(n,12)'",
        options: [...H264, '-vsync', 'vfr'],
      }),
    ),
    ...both(
      'times that begin at an hour',
      ['works', 'E_INPUT'],
      NO_FACE,
      of({ filters: 'setpts=PTS+3600/TB' }),
    ),
    ...both('pixels that are not square', 'works', NO_FACE, of({ filters: 'setsar=16/11' })),
    ...both(
      'pixels a thousand times as wide',
      ['works', 'E_INPUT'],
      SOME_FACE,
      of({ filters: 'setsar=1000/1' }),
    ),
    ...[90, 180, 270, 45].flatMap((degrees) =>
      both(`a video turned by ${degrees}°`, 'works', NO_FACE, turn(degrees)),
    ),
    ...both('10 bits in 4:4:4', 'works', NO_FACE, of({ options: fast('yuv444p10le') })),
    ...both('grey', 'works', NO_FACE, of({ options: fast('gray') })),
    ...both('RGB', 'works', NO_FACE, of({ options: rgb })),
    ...both(
      'interlaced rows',
      'works',
      NO_FACE,
      of({ options: [...H264, '-flags', '+ilme+ildct'] }),
    ),
    ...both('no sound', 'works', NO_FACE, of({ hasSound: false })),
    ...both('sound only', 'E_INPUT', 'E_INPUT', of({ hasPicture: false, options: [] })),
    ...both(
      'sound only in Matroska',
      'E_INPUT',
      'E_INPUT',
      of({ hasPicture: false, options: [] }),
      'video.mkv',
    ),
    ...both(
      'a sound of 8 channels',
      'works',
      NO_FACE,
      of({ options: [...H264, '-c:a', 'pcm_s16le', '-ac', '8'] }),
      'video.mkv',
    ),
    ...both(
      'a sound that is longer than the picture',
      'works',
      NO_FACE,
      async (file, { ffmpeg }) => {
        const lavfi = { options: ['-f', 'lavfi'] };
        const inputs = [
          { source: 'testsrc=size=64x48:rate=10:duration=0.2', ...lavfi },
          { source: 'sine=duration=3', ...lavfi },
        ];
        await ffmpeg.run({ inputs, outputs: [{ target: file, options: H264 }] });
      },
    ),
  ];
}

/** The same file with other numbers in the places that a tag of an MP4 names. */
function patched(tag: string, offset: number, bytes: number[]): Make {
  return async (file, { ffmpeg }) => {
    await writeVideo(ffmpeg, `${file}.whole.mp4`);
    const content = await readFile(`${file}.whole.mp4`);
    for (let at = content.indexOf(tag); at >= 0; at = content.indexOf(tag, at + 4)) {
      Buffer.from(bytes).copy(content, at + offset);
    }
    return content;
  };
}

function lies(): CorpusCase[] {
  const most = [0xff, 0xff, 0xff, 0xff];
  const times = [0x00, 0x00, 0x00, 0x01];
  const odd: [string, Make][] = [
    // Offsets from the tag's own four letters (ISO/IEC 14496-12).
    ['a film header of 24 hours', patched('mvhd', 16, [...times, 0, 1, 0x51, 0x80])],
    ['a film header of 136 years', patched('mvhd', 20, most)],
    ['a film header without a time scale', patched('mvhd', 16, [0, 0, 0, 0])],
    ['a track header of no size', patched('tkhd', 80, [0, 0, 0, 0, 0, 0, 0, 0])],
    ['a track header of 65,535×65,535', patched('tkhd', 80, [...most, ...most])],
    ['a media header of 4 billion seconds', patched('mdhd', 16, [...times, ...most])],
    ['a media header without a time scale', patched('mdhd', 16, [0, 0, 0, 0])],
    ['a sample entry of 65,535×65,535', patched('avc1', 28, most)],
    ['a sample entry of no size', patched('avc1', 28, [0, 0, 0, 0])],
    ['4 billion samples', patched('stsz', 12, most)],
    ['samples of 4 GiB', patched('stsz', 8, most)],
    ['4 billion times', patched('stts', 8, most)],
    ['frames that last 4 billion ticks', patched('stts', 16, most)],
    ['chunks outside of the file', patched('stco', 12, most)],
    ['4 billion chunks', patched('stco', 8, most)],
    ['4 billion runs of samples', patched('stsc', 8, most)],
    ['a box of 4 GiB inside', patched('moov', -4, most)],
    ['a box of no size inside', patched('trak', -4, [0, 0, 0, 0])],
    ['an unknown codec', patched('avc1', 0, [0x58, 0x58, 0x58, 0x58])],
    ['a decoder configuration of nonsense', patched('avcC', 8, [0xff, 0xff, 0xff, 0xff, 0xff])],
    ['a reference to media elsewhere', patched('dref', 12, [...times, 0x61, 0x6c, 0x69, 0x73])],
  ];
  return odd.flatMap(([name, make]) => both(name, SOME, SOME_FACE, make));
}

function strangers(): CorpusCase[] {
  const named: [string, Make][] = Object.entries(STRANGERS).map(([name, bytes]) => [
    name,
    () => bytes,
  ]);
  return [
    ...named.map(([name, make]) => {
      const common = {
        kind: 'video',
        name: `${name} under the name of a video`,
        file: 'video.mp4',
        make,
      };
      return fileCase({ ...common, stage: 'hls-export', expect: 'E_INPUT' });
    }),
    fileCase({
      kind: 'video',
      name: 'a sound',
      file: 'video.mp4',
      stage: 'hls-export',
      expect: 'E_INPUT',
      make: () => wav(),
    }),
    fileCase({
      kind: 'video',
      name: 'a picture',
      file: 'video.mp4',
      stage: 'hls-export',
      expect: ['works', 'E_INPUT'],
      make: () => facePicture('jpeg', 64),
    }),
    fileCase({
      kind: 'video',
      name: 'a video without sound',
      file: 'video.mp4',
      stage: 'loudnorm',
      expect: 'E_INPUT',
      make: of({ hasSound: false }),
    }),
    fileCase({
      kind: 'video',
      name: 'a video',
      file: 'video.mp4',
      stage: 'loudnorm',
      expect: 'works',
      make: of({}),
    }),
    ...FILE_NAMES.map((name) =>
      fileCase({
        kind: 'video',
        name: `a file called ${JSON.stringify(name.slice(0, 30))}`,
        file: `${name}.mp4`,
        stage: 'hls-export',
        expect: 'works',
        isHeavy: true,
        make: async (_, { ffmpeg, folder }) => {
          await writeVideo(ffmpeg, `${folder}/plain.mp4`);
          return readFile(`${folder}/plain.mp4`);
        },
      }),
    ),
  ];
}

export function videoCases(): CorpusCase[] {
  return [...containers(), ...shapes(), ...lies(), ...strangers()];
}
