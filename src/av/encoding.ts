/** How pictures and sounds are encoded: every encoder setting of Lipwire is in this file. */

/**
 * Threads of x264. Its output may depend on their number, so that is fixed and not the machine's: the
 * same clip gives the same bytes anywhere. Clips are rendered side by side, each beside its renderer,
 * so that more than one thread would only cost.
 */
const THREADS = { clip: '1', rendition: '2', video: '4' };

/** Filters on small pictures: handing slices of them to several threads costs more than it saves. */
export const ONE_FILTER_THREAD = ['-filter_complex_threads', '1'];

/** Sample rate of everything that is published, in Hz. */
export const OUTPUT_SAMPLE_RATE = 48_000;

/** Seconds between key frames of a finished video; HLS cuts there. */
export const KEY_FRAME_SECONDS = 2;

/** Tags frames as what they are; FFmpeg before 4.4 also needs {@link COLOUR_OPTIONS}. */
export const COLOUR_FILTER =
  'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709';

const COLOUR_OPTIONS = [
  ['-color_range', 'tv'],
  ['-color_primaries', 'bt709'],
  ['-color_trc', 'bt709'],
  ['-colorspace', 'bt709'],
].flat();

/** No version of an encoder and no time in the file. */
const WITHOUT_TRACES = [
  ['-fflags', '+bitexact'],
  ['-flags:v', '+bitexact'],
  ['-flags:a', '+bitexact'],
].flat();

/** Nor any metadata of what it was made from. */
export const BITEXACT = ['-map_metadata', '-1', ...WITHOUT_TRACES];

/** The chapters of one input, with their titles (which `-map_metadata -1` would drop), and no more. */
export function chaptersOf(input: number): string[] {
  return ['-map_metadata', `${input}`, '-map_chapters', `${input}`, ...WITHOUT_TRACES];
}

/** Removes x264's own note (an SEI message with its version and options). */
const WITHOUT_NOTE = ['-bsf:v', 'filter_units=remove_types=6'];

const x264 = (threads: string): string[] => ['-c:v', 'libx264', '-threads', threads];

/**
 * Without loss, for stitch; where the background stands still, far smaller than FFV1. Every frame can
 * be the last before a cut, so there are no B-frames.
 */
export const MASTER_PICTURE = [
  ...x264(THREADS.clip),
  ...['-preset', 'ultrafast', '-qp', '0', '-bf', '0'],
  ...COLOUR_OPTIONS,
  ...WITHOUT_NOTE,
];

/**
 * For a first look in a browser. A constant quantiser spares x264 its look-ahead, which would cost
 * more than the encoding does.
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
 * factor, for less work and a little more size: the still background needs no look-ahead.
 * @param keyFrames frames from one key frame to the next; all are closed and as long
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
 * For the smaller renditions of a stream: x264's cheapest preset with what makes its pictures as good
 * as the next one's (deblocking, large transforms), and CABAC against their size.
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

/** The nearest even number of pixels, at least 16: below that neither players nor encoders agree. */
export function even(pixels: number): number {
  return Math.max(16, 2 * Math.round(pixels / 2));
}
