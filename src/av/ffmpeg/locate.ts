/** Finds FFmpeg and FFprobe: setting, environment, PATH. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';

export interface FfmpegPaths {
  ffmpegPath: string;
  ffprobePath: string;
}

type Program = 'ffmpeg' | 'ffprobe';

/** How to get FFmpeg on every platform; the last sentence of errors about it. */
export const INSTALL_FFMPEG =
  'install FFmpeg 4.3 or newer (Debian, Ubuntu: apt install ffmpeg; Alpine: apk add ffmpeg; ' +
  'macOS: brew install ffmpeg; Windows: winget install Gyan.FFmpeg) or set its path in the studio';

/**
 * Where FFmpeg and FFprobe are. A place that is named but wrong is an error: nothing is taken
 * silently instead.
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

/** The program at a place that somebody named: the file itself, or the one in that folder. */
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
  // Windows calls it Path; process.env hides that, a copy of it does not.
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
