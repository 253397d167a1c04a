/** All encoder settings of Lipwire. */

/**
 * Threads of x264, whose output may depend on their number: fixed, so the same clip gives the same
 * bytes on every machine. Clips are rendered in parallel, so one thread each is enough.
 */
const THREADS = { clip: '1', rendition: '2', video: '4' };

/** For filters on small pictures, where threads cost more than they save. */
export const ONE_FILTER_THREAD = ['-filter_complex_threads', '1'];

/** Sample rate of everything that is published, in Hz. */
export const OUTPUT_SAMPLE_RATE = 48_000;

/** Seconds between key frames of a finished video; HLS cuts there. */
export const KEY_FRAME_SECONDS = 2;

/** Tags frames as BT.709, limited range; FFmpeg before 4.4 also needs {@link COLOUR_OPTIONS}. */
export const COLOUR_FILTER =
  'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709';

const COLOUR_OPTIONS = [
  ['-color_range', 'tv'],
  ['-color_primaries', 'bt709'],
  ['-color_trc', 'bt709'],
  ['-colorspace', 'bt709'],
].flat();

/** No encoder version and no time in the file. */
const WITHOUT_TRACES = [
  ['-fflags', '+bitexact'],
  ['-flags:v', '+bitexact'],
  ['-flags:a', '+bitexact'],
].flat();

/** Nor metadata of the sources. */
export const BITEXACT = ['-map_metadata', '-1', ...WITHOUT_TRACES];

/** Keeps one input's chapters and their titles, which `-map_metadata -1` would drop. */
export function chaptersOf(input: number): string[] {
  return ['-map_metadata', `${input}`, '-map_chapters', `${input}`, ...WITHOUT_TRACES];
}

/** Removes x264's SEI message with its version and options. */
const WITHOUT_NOTE = ['-bsf:v', 'filter_units=remove_types=6'];

const x264 = (threads: string): string[] => ['-c:v', 'libx264', '-threads', threads];

/**
 * Lossless, for stitch; far smaller than FFV1 with a still background. No B-frames, as any frame can be
 * the last before a cut.
 */
export const MASTER_PICTURE = [
  ...x264(THREADS.clip),
  ...['-preset', 'ultrafast', '-qp', '0', '-bf', '0'],
  ...COLOUR_OPTIONS,
  ...WITHOUT_NOTE,
];

/**
 * For previews in a browser. A constant quantiser needs no look-ahead, which would cost more than the
 * encoding.
 */
export const PREVIEW_PICTURE = [
  ...x264(THREADS.clip),
  ...['-preset', 'ultrafast', '-profile:v', 'high', '-qp', '20', '-bf', '0'],
  ...['-x264-params', 'scenecut=0:cabac=1:8x8dct=1:deblock=0,0'],
  ...COLOUR_OPTIONS,
  ...WITHOUT_NOTE,
];

/** x264's effort and quantiser by the `quality` setting, from draft to best. */
const QUALITY = {
  draft: ['-preset', 'ultrafast', '-qp', '28'],
  standard: ['-preset', 'veryfast', '-qp', '22'],
  high: ['-preset', 'superfast', '-qp', '18'],
  best: ['-preset', 'medium', '-qp', '14'],
} as const;

export type Quality = keyof typeof QUALITY;

/**
 * For the finished video. On a talking head a constant quantiser looks the same as a constant rate
 * factor, for less work and slightly more size.
 * @param keyFrames frames of a group of pictures; all groups are closed and equally long
 */
export function videoPicture(quality: Quality, keyFrames: number): string[] {
  return [
    ...x264(THREADS.video),
    ...['-pix_fmt', 'yuv420p', '-profile:v', 'high', ...QUALITY[quality], '-bf', '0'],
    ...['-g', `${keyFrames}`, '-keyint_min', `${keyFrames}`, '-sc_threshold', '0'],
    ...['-x264-params', 'rc-lookahead=0:mbtree=0:aq-mode=0:weightp=0:open-gop=0'],
    ...COLOUR_OPTIONS,
    ...WITHOUT_NOTE,
  ];
}

/**
 * For the smaller renditions of a stream: x264's fastest preset, with deblocking and 8 × 8 transforms
 * for quality and CABAC for size.
 * @param keyFrames frames of a segment
 */
export function streamPicture(keyFrames: number): string[] {
  return [
    ...x264(THREADS.rendition),
    ...['-pix_fmt', 'yuv420p', '-profile:v', 'high'],
    ...['-preset', 'ultrafast', '-qp', '23', '-bf', '0'],
    ...['-g', `${keyFrames}`, '-keyint_min', `${keyFrames}`, '-sc_threshold', '0'],
    '-x264-params',
    'rc-lookahead=0:mbtree=0:aq-mode=0:weightp=0:open-gop=0:cabac=1:8x8dct=1:deblock=0,0',
    ...COLOUR_OPTIONS,
    ...WITHOUT_NOTE,
  ];
}

/**
 * AAC-LC from FFmpeg's own encoder, which is in every build. At these rates its fast coder takes half
 * the time of its default and comes far closer to the original.
 */
export function aacOptions(channels: 1 | 2): string[] {
  const rate = channels === 1 ? '128k' : '192k';
  return ['-c:a', 'aac', '-aac_coder', 'fast', '-b:a', rate, '-ar', `${OUTPUT_SAMPLE_RATE}`];
}

/** The nearest even number of pixels, at least 16, which all players and encoders take. */
export function even(pixels: number): number {
  return Math.max(16, 2 * Math.round(pixels / 2));
}
