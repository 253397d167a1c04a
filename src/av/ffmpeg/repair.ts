import type { ChildProcess } from 'node:child_process';
import type FfmpegCommand from 'fluent-ffmpeg';
import type { Stopper } from './stopper';

/** Parts of fluent-ffmpeg that are not in its types. Its version is locked, and it gets no new ones. */
export interface Internals {
  ffmpegProc?: ChildProcess;
  _getFfmpegPath(callback: (error: null, file: string) => void): void;
  _checkCapabilities(callback: (error: null) => void): void;
  availableEncoders(callback: (error: null, encoders: object) => void): void;
  _spawnFfmpeg: SpawnFfmpeg;
}
type SpawnFfmpeg = (
  args: string[],
  options: object,
  started: (child: ChildProcess) => void,
  ended: Ended,
) => void;
type Ended = (error?: Error | null, stdout?: Ring, stderr?: Ring) => void;
/** The last lines of an output. */
interface Ring {
  get(): string;
}

/** Puts right, for this one command, what would harm in fluent-ffmpeg. */
export function repair(
  command: FfmpegCommand.FfmpegCommand,
  ffmpegPath: string,
  stopper: Stopper,
): void {
  const internals = command as unknown as Internals;
  // The package keeps one path for the whole process.
  internals._getFfmpegPath = (callback) => callback(null, ffmpegPath);
  // It lists formats and encoders with processes of their own; the adapter has checked already.
  internals._checkCapabilities = (callback) => callback(null);
  internals.availableEncoders = (callback) => callback(null, {});
  const spawnFfmpeg = internals._spawnFfmpeg.bind(command);
  const nothing: Ring = { get: () => '' };
  internals._spawnFfmpeg = (args, options, started, ended) => {
    // A process that did not start has no output, but the package reads it.
    const endedWithOutput: Ended = (error, stdout = nothing, stderr = nothing) =>
      ended(error, stdout, stderr);
    if (stopper.reason) return endedWithOutput(stopper.reason);
    try {
      spawnFfmpeg(args, options, started, endedWithOutput);
    } catch (error) {
      // Too long a command line or too many open files throw; nobody would catch it.
      endedWithOutput(error as Error);
    }
  };
}
