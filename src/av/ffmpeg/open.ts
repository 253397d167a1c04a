import { constants } from 'node:fs';
import { access, stat, open } from 'node:fs/promises';
import path from 'node:path';
import { inputError, LipwireError, toLipwireError } from '../../contract';
import { execute, FfmpegLog, runJob } from './run';
import { type Ffmpeg, ONLY_MEDIA, type Probe, type ProbedStream } from './types';

/** Versions by program identity; failed checks are not kept, so a later installation is found. */
const checked = new Map<string, Promise<Build>>();

/**
 * Finds FFmpeg and FFprobe and checks their version, filters and encoders (once for each file).
 * @param setting a file, or the folder with both; empty: environment, then PATH
 * @throws E_FFMPEG_MISSING, E_FFMPEG_VERSION
 */
export async function openFfmpeg(setting?: string): Promise<Ffmpeg> {
  const paths = await locate(setting);
  const key = await identity(paths);
  const pending = checked.get(key) ?? check(paths);
  checked.set(key, pending);
  pending.catch(() => checked.delete(key));
  const build = await pending;
  return {
    ...paths,
    ...build,
    run: (job) => runJob(paths.ffmpegPath, job),
    probe: (file, signal) => probeFile(paths.ffprobePath, file, signal),
    frameSizes: (file, signal) => frameSizes(paths.ffprobePath, file, signal),
  };
}

/** Changes when a program file is replaced. */
async function identity({ ffmpegPath, ffprobePath }: FfmpegPaths): Promise<string> {
  const files = await Promise.all([ffmpegPath, ffprobePath].map((file) => stat(file)));
  const stamps = files.map((file) => `${file.size}:${file.mtimeMs}`);
  return [ffmpegPath, ffprobePath, ...stamps].join('\0');
}

interface FfmpegPaths {
  ffmpegPath: string;
  ffprobePath: string;
}

type Program = 'ffmpeg' | 'ffprobe';

const INSTALL_FFMPEG =
  'install FFmpeg 4.3 or newer (Debian, Ubuntu: apt install ffmpeg; Alpine: apk add ffmpeg; ' +
  'macOS: brew install ffmpeg; Windows: winget install Gyan.FFmpeg) or set its path in the studio';

/**
 * Paths of FFmpeg and FFprobe. A configured path that is wrong is an error, with no fallback.
 * @param setting a file, or the folder with both; empty: LIPWIRE_FFMPEG or FFMPEG_PATH (and
 *   FFPROBE_PATH) in the environment, then PATH
 * @throws E_FFMPEG_MISSING
 */
export async function locate(
  setting = '',
  environment: NodeJS.ProcessEnv = process.env,
): Promise<FfmpegPaths> {
  const named = namedPlaces(setting, environment)[0];
  const ffmpegPath = named
    ? await findAt(named.place, named.name)
    : await findInPath('ffmpeg', environment);
  if (!ffmpegPath) {
    throw missing('Expected the program ffmpeg in PATH but it is not there');
  }
  return { ffmpegPath, ffprobePath: await locateProbe(ffmpegPath, environment) };
}

async function locateProbe(ffmpegPath: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const fromEnvironment = environment['FFPROBE_PATH'];
  if (fromEnvironment) return findAt(fromEnvironment, 'FFPROBE_PATH', 'ffprobe');
  const beside = path.join(
    path.dirname(ffmpegPath),
    path.basename(ffmpegPath).replace('ffmpeg', 'ffprobe'),
  );
  if (beside !== ffmpegPath && (await isProgram(beside))) return beside;
  const inPath = await findInPath('ffprobe', environment);
  if (inPath) return inPath;
  throw missing(`Expected the program ffprobe beside ${ffmpegPath} or in PATH but it is not there`);
}

function namedPlaces(
  setting: string,
  environment: NodeJS.ProcessEnv,
): { place: string; name: string }[] {
  return [
    { place: setting.trim(), name: 'the FFmpeg path in the settings' },
    { place: environment['LIPWIRE_FFMPEG'] ?? '', name: 'LIPWIRE_FFMPEG' },
    { place: environment['FFMPEG_PATH'] ?? '', name: 'FFMPEG_PATH' },
  ].filter(({ place }) => place !== '');
}

/** The program at a configured path: the file itself, or the one in that folder. */
async function findAt(place: string, name: string, program: Program = 'ffmpeg'): Promise<string> {
  const full = path.resolve(place);
  const inside = executableNames(program).map((file) => path.join(full, file));
  for (const candidate of [full, ...inside]) {
    if (await isProgram(candidate)) return candidate;
  }
  throw missing(
    `Expected the program ${program} or its folder for ${name} but ${full} is not that`,
  );
}

async function findInPath(
  program: Program,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  // Windows names it Path, which copies of process.env do not hide.
  const folders = (environment['PATH'] ?? environment['Path'] ?? '').split(path.delimiter);
  for (const folder of folders.filter((entry) => entry !== '')) {
    for (const file of executableNames(program)) {
      const candidate = path.resolve(folder.replace(/^"(.*)"$/, '$1'), file);
      if (await isProgram(candidate)) return candidate;
    }
  }
  return undefined;
}

function executableNames(program: Program): string[] {
  return process.platform === 'win32' ? [`${program}.exe`, program] : [program];
}

async function isProgram(file: string): Promise<boolean> {
  try {
    if (!(await stat(file)).isFile()) return false;
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(sentence: string): LipwireError {
  return new LipwireError('E_FFMPEG_MISSING', `${sentence}; ${INSTALL_FFMPEG}.`);
}

/** FFmpeg 4.3 brought `xfade`; its libavfilter is 7.85. */
const LEAST_VERSION = [4, 3] as const;
const LEAST_LIBAVFILTER = [7, 85] as const;

/** The filters that Lipwire uses. */
const FILTERS = [
  'aformat apad aresample asetpts asplit atrim concat crop format fps loop null overlay pad scale',
  'setparams setpts setsar settb split tpad trim xfade',
].flatMap((line) => line.split(' '));
const ENCODERS = ['libx264', 'aac', 'pcm_s16le'];
/** The filters that make standard range of high dynamic range; builds without libzimg lack one. */
const TONE_MAPPING = ['zscale', 'tonemap'];

/** What is known of a usable FFmpeg. */
type Build = Pick<Ffmpeg, 'version' | 'mapsTones'>;

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
 * The version of a usable FFmpeg, and what it can do besides what is needed.
 * @throws E_FFMPEG_VERSION when it is too old or lacks filters or encoders, E_FFMPEG_MISSING when
 *   what was found does not run
 */
async function check({ ffmpegPath, ffprobePath }: FfmpegPaths): Promise<Build> {
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
  return { version, mapsTones: TONE_MAPPING.every((name) => filters.has(name)) };
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

/** Facts about a media file, from FFprobe. */

/** The part of FFprobe's JSON that is read; numbers come as strings. */
interface ProbeOutput {
  format?: { format_name?: string; duration?: string; size?: string };
  streams?: StreamOutput[];
}
interface StreamOutput {
  codec_type?: string;
  codec_name?: string;
  duration?: string;
  width?: number;
  height?: number;
  avg_frame_rate?: string;
  r_frame_rate?: string;
  nb_frames?: string;
  sample_rate?: string;
  channels?: number;
  pix_fmt?: string;
  sample_aspect_ratio?: string;
  color_space?: string;
  color_transfer?: string;
  color_primaries?: string;
  disposition?: { attached_pic?: number; default?: number };
  side_data_list?: { rotation?: number }[];
  tags?: { rotate?: string };
}

/**
 * Format, duration and streams of a file. Cover pictures of sound files are left out.
 * @throws E_INPUT when the file is no media, E_PATH when it cannot be read
 */
export async function probeFile(
  ffprobePath: string,
  file: string,
  signal?: AbortSignal,
): Promise<Probe> {
  const full = path.resolve(file);
  const facts = await stat(full).catch((error: unknown) => {
    throw toLipwireError(error);
  });
  // A pipe or a device could block forever.
  if (!facts.isFile()) {
    throw new LipwireError('E_PATH', `Expected a file but ${full} is not one.`);
  }
  await refuseBroken(full, facts.size);
  const { code, stdout, stderr } = await execute(
    ffprobePath,
    [
      ...['-hide_banner', '-loglevel', 'level+error', '-protocol_whitelist', 'file,crypto'],
      ...[...ONLY_MEDIA, '-print_format', 'json', '-show_format', '-show_streams'],
      ...['-i', `file:${full}`],
    ],
    signal ? { signal } : {},
  );
  const output = code === 0 ? (JSON.parse(stdout) as ProbeOutput) : {};
  const streams = (output.streams ?? []).flatMap(toStream);
  if (!output.format || streams.length === 0) throw await unreadable(full, stderr);
  return {
    format: output.format.format_name ?? '',
    duration: positive(output.format.duration) ?? longest(streams),
    size: positive(output.format.size) ?? facts.size,
    streams,
  };
}

/** What FFmpeg would guess at, or name in its own words. */
async function refuseBroken(file: string, size: number): Promise<void> {
  if (size === 0) throw broken(file, 'is empty; get it again');
  if (
    /\.(?:raw|pcm|[sfu](?:8|16|24|32)(?:le|be)?)$/i.test(file) &&
    !CONTAINER.test(await head(file))
  )
    throw broken(file, RAW_PCM);
}

const RAW_PCM =
  'looks like raw PCM, which does not say its rate; wrap it in a WAV, for example with ' +
  'ffmpeg -f s16le -ar RATE -ac 1 -i FILE out.wav';

function broken(file: string, what: string): LipwireError {
  return new LipwireError('E_INPUT', `Expected a sound, picture or video but ${file} ${what}.`);
}

/** How files of the common containers begin (latin1). */
const CONTAINER =
  /^(?:RIFF|RF64|fLaC|OggS|ID3|\x1aE\xdf\xa3|FORM|\xff[\xe2-\xff]|[^]{4}(?:ftyp|moov|mdat|wide|free))/;

/** The beginning of a file, a character a byte. */
async function head(file: string, length = 4096): Promise<string> {
  const handle = await open(file).catch((error: unknown) => {
    throw toLipwireError(error);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** True when bytes are probably 16-bit samples: neighbours are alike, and there is no text in them. */
function isLikePcm(bytes: string): boolean {
  const data = Buffer.from(bytes, 'latin1');
  let steps = 0;
  let levels = 0;
  for (let at = 2; at + 1 < data.length; at += 2) {
    const value = data.readInt16LE(at);
    steps += Math.abs(value - data.readInt16LE(at - 2));
    levels += Math.abs(value);
  }
  return data.length >= 2000 && data.includes(0) && levels > 0 && steps < 0.7 * levels;
}

async function unreadable(file: string, stderr: string): Promise<LipwireError> {
  if (/Permission denied/.test(stderr)) {
    return new LipwireError('E_PATH', `Expected a readable file but ${file} may not be read.`);
  }
  const log = new FfmpegLog();
  for (const line of stderr.split(/\r?\n/)) log.line(line);
  const said = log.complaint;
  const beginning = await head(file, 65536).catch(() => '');
  if (/moov atom not found|End of file|partial file/i.test(stderr) && CONTAINER.test(beginning))
    return broken(file, 'ends too early; get it again');
  if (beginning.length < 512 && CONTAINER.test(beginning) && !/is not taken/.test(said ?? ''))
    return broken(file, 'ends too early; get it again');
  if (!CONTAINER.test(beginning) && isLikePcm(beginning)) return broken(file, RAW_PCM);
  const error = inputError('the file', 'a sound, picture or video', file);
  return said ? new LipwireError('E_INPUT', error.message.replace(/\.$/, ` (${said}).`)) : error;
}

function toStream(stream: StreamOutput): ProbedStream[] {
  if (stream.disposition?.attached_pic) return [];
  const type = (['video', 'audio', 'subtitle'] as const).find((t) => t === stream.codec_type);
  const rotation =
    stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ??
    (stream.tags?.rotate === undefined ? undefined : Number(stream.tags.rotate));
  const facts = {
    duration: positive(stream.duration),
    width: positive(stream.width),
    height: positive(stream.height),
    fps: type === 'video' ? quotient(stream.avg_frame_rate) : undefined,
    baseRate: type === 'video' ? quotient(stream.r_frame_rate) : undefined,
    frames: positive(stream.nb_frames),
    sampleRate: positive(stream.sample_rate),
    channels: positive(stream.channels),
    pixelFormat: stream.pix_fmt,
    rotation,
    pixelAspect: pixelAspect(stream.sample_aspect_ratio),
    colourMatrix: known(stream.color_space),
    transfer: known(stream.color_transfer),
    primaries: known(stream.color_primaries),
    isDefault: stream.disposition?.default === 1 && type === 'audio' ? true : undefined,
  };
  const there = Object.entries(facts).filter(([, value]) => value !== undefined);
  return [
    { type: type ?? 'data', codec: stream.codec_name ?? 'unknown', ...Object.fromEntries(there) },
  ];
}

/** `30000/1001` as a number; undefined for `0/0`. */
function quotient(text = ''): number | undefined {
  const [numerator = 0, denominator = 0] = text.split('/').map(Number);
  return positive(numerator / denominator);
}

function known(name: string | undefined): string | undefined {
  return name === 'unknown' ? undefined : name;
}

/**
 * The different sizes of the key frames of a file's first picture stream, as they are stored. Only key
 * frames are decoded: nearly all encoders change the size at one of them.
 * @returns none where the stream cannot be read
 * @throws E_CANCELLED
 */
async function frameSizes(
  ffprobePath: string,
  file: string,
  signal?: AbortSignal,
): Promise<{ width: number; height: number }[]> {
  const { stdout } = await execute(
    ffprobePath,
    [
      ...['-hide_banner', '-loglevel', 'quiet', '-protocol_whitelist', 'file,crypto'],
      ...[...ONLY_MEDIA, '-select_streams', 'V:0', '-skip_frame', 'nokey'],
      ...['-show_entries', 'frame=width,height', '-print_format', 'csv=print_section=0'],
      ...['-i', `file:${path.resolve(file)}`],
    ],
    // The whole file is read, which takes as long as its size and the disk say.
    { ...(signal && { signal }), milliseconds: Infinity },
  );
  const sizes = new Set(Array.from(stdout.matchAll(/^(\d+),(\d+)/gm), ([size]) => size));
  return [...sizes].map((size) => {
    const [width, height] = size.split(',').map(Number);
    return { width, height };
  });
}

/** `16:15` as a number; undefined for square pixels or an unknown aspect (`0:1`). */
function pixelAspect(ratio = ''): number | undefined {
  const [width = 0, height = 0] = ratio.split(':').map(Number);
  return width === height ? undefined : positive(width / height);
}

function positive(value: string | number | undefined): number | undefined {
  const number = Number(value);
  return Number.isFinite(number) && number > 0 ? number : undefined;
}

function longest(streams: readonly ProbedStream[]): number {
  return Math.max(0, ...streams.map((stream) => stream.duration ?? 0));
}
