/** Checks once that an FFmpeg is new enough and can do what Lipwire needs. */
import { LipwireError } from '../../contract';
import { execute } from './execute';
import { INSTALL_FFMPEG, type FfmpegPaths } from './locate';

/** FFmpeg 4.3 brought `xfade`; its libavfilter is 7.85. */
const LEAST_VERSION = [4, 3] as const;
const LEAST_LIBAVFILTER = [7, 85] as const;

/** The filters that src/video and src/stages use. */
const FILTERS = [
  'aformat apad aresample asetpts asplit atrim concat crop format fps loop null overlay pad scale',
  'setparams setpts setsar settb split tpad trim xfade',
].flatMap((line) => line.split(' '));
const ENCODERS = ['libx264', 'aac', 'pcm_s16le'];

/**
 * Reads the version of what `-version` printed. Builds from git have no number; for those the
 * version of libavfilter decides.
 */
export function parseVersion(printed: string): { version: string; recent: boolean } | undefined {
  const version = /^ff(?:mpeg|probe) version (\S+)/m.exec(printed)?.[1];
  if (version === undefined) return undefined;
  const numbers = /^n?(\d+)\.(\d+)(?![\d-]*-git)/.exec(version);
  if (numbers) return { version, recent: atLeast(numbers, LEAST_VERSION) };
  const library = /^libavfilter\s+(\d+)\.\s*(\d+)\./m.exec(printed);
  return { version, recent: library !== null && atLeast(library, LEAST_LIBAVFILTER) };
}

function atLeast(match: RegExpExecArray, [major, minor]: readonly [number, number]): boolean {
  const found = [Number(match[1]), Number(match[2])] as const;
  return found[0] > major || (found[0] === major && found[1] >= minor);
}

/**
 * The version of FFmpeg, when it will do.
 * @throws E_FFMPEG_VERSION when it is too old or lacks filters or encoders, E_FFMPEG_MISSING when
 *   what was found does not run
 */
export async function check({ ffmpegPath, ffprobePath }: FfmpegPaths): Promise<string> {
  const [version] = await Promise.all([versionOf(ffmpegPath), versionOf(ffprobePath)]);
  const [filters, encoders] = await Promise.all([
    listed(ffmpegPath, '-filters'),
    listed(ffmpegPath, '-encoders'),
  ]);
  const absent = [
    ...FILTERS.filter((name) => !filters.has(name)).map((name) => `the filter ${name}`),
    ...ENCODERS.filter((name) => !encoders.has(name)).map((name) => `the encoder ${name}`),
  ];
  if (absent.length > 0) {
    throw new LipwireError(
      'E_FFMPEG_VERSION',
      `Expected a full build of FFmpeg but ${ffmpegPath} (${version}) lacks ${absent.join(', ')}; ` +
        `${INSTALL_FFMPEG}.`,
      { details: { absent } },
    );
  }
  return version;
}

async function versionOf(program: string): Promise<string> {
  const printed = await print(program, ['-version']);
  const parsed = parseVersion(printed);
  if (!parsed) {
    throw new LipwireError(
      'E_FFMPEG_MISSING',
      `Expected FFmpeg at ${program} but it is another program; ${INSTALL_FFMPEG}.`,
    );
  }
  if (!parsed.recent) {
    throw new LipwireError(
      'E_FFMPEG_VERSION',
      `Expected FFmpeg 4.3 or newer but ${program} is ${parsed.version}; ${INSTALL_FFMPEG}.`,
      { details: { version: parsed.version } },
    );
  }
  return parsed.version;
}

/** Names in a table such as ` T.C xfade  VV->V  Cross fade …`: the second column. */
async function listed(ffmpegPath: string, option: string): Promise<Set<string>> {
  const printed = await print(ffmpegPath, ['-hide_banner', option]);
  const rows = printed.matchAll(/^ *[A-Z.|]{2,6} +(\S+) /gm);
  return new Set(Array.from(rows, (row) => row[1] ?? ''));
}

async function print(program: string, args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await execute(program, args);
    return stdout + stderr;
  } catch (cause) {
    if (cause instanceof LipwireError) throw cause;
    throw new LipwireError(
      'E_FFMPEG_MISSING',
      `Expected FFmpeg at ${program} but it does not run (${(cause as Error).message}); ` +
        `${INSTALL_FFMPEG}.`,
      { cause },
    );
  }
}
