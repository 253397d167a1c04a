import { stat } from 'node:fs/promises';
import { check } from './check';
import { locate, type FfmpegPaths } from './locate';
import { probeFile } from './probe';
import { runJob } from './run';
import type { Ffmpeg } from './types';

/** Checked once for each pair of programs; a failed check is forgotten, so that the next one sees
 * an FFmpeg that was installed meanwhile. */
const checked = new Map<string, Promise<string>>();

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
  const version = await pending;
  return {
    ...paths,
    version,
    run: (job) => runJob(paths.ffmpegPath, job),
    probe: (file, signal) => probeFile(paths.ffprobePath, file, signal),
  };
}

/** Changes when a program is replaced by another version. */
async function identity({ ffmpegPath, ffprobePath }: FfmpegPaths): Promise<string> {
  const files = await Promise.all([ffmpegPath, ffprobePath].map((file) => stat(file)));
  const stamps = files.map((file) => `${file.size}:${file.mtimeMs}`);
  return [ffmpegPath, ffprobePath, ...stamps].join('\0');
}
