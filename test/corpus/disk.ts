/** Workspaces that fail: a full disk, a folder that only can be read, one that is deleted meanwhile. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { toLipwireError, objectSource, resolveParameters } from '../../src/contract';
import { avatarFile } from '../../src/runtime/avatar';
import { Studio } from '../../src/runtime/studio';
import { wav, tone } from './sounds';
import { faceDetect } from '../../src/face/stage';
import { hlsExport } from '../../src/hls/stage';
import { STAGES, type StageParameters } from '../../src/stages';
import { wav2lip } from '../../src/lipsync/stage';

/** What came of a run on a failing workspace, and of the next one when it was mended. */
export interface DiskResult {
  name: string;
  expected: readonly string[];
  outcome: string;
  sentence: string;
  afterwards: string;
}

const LOUDNORM = resolveParameters(STAGES.loudnorm.parameters, []) as StageParameters<'loudnorm'>;
const HLS = resolveParameters(hlsExport.parameters, []);
const MOVE = resolveParameters(wav2lip.parameters, [objectSource('', { model: 'builtin' })]);
const FACE = resolveParameters(faceDetect.parameters, []);

/** What a disk fails under. */
type Work = (studio: Studio) => Promise<unknown>;

const level =
  (file: string): Work =>
  (studio) =>
    studio.run('loudnorm', { kind: 'file', file }, LOUDNORM);

async function outcomeOf(studio: Studio, work: Work): Promise<[string, string]> {
  try {
    await work(studio);
    return ['works', ''];
  } catch (error) {
    const { code, message } = toLipwireError(error);
    return [code, message];
  }
}

async function sounds(folder: string): Promise<[string, string]> {
  const names: [string, string] = [path.join(folder, 'one.wav'), path.join(folder, 'two.wav')];
  for (const [i, name] of names.entries()) {
    await writeFile(name, wav({ rate: 48_000, data: tone(2_000_000 + i) }));
  }
  return names;
}

/** Stages in which FFmpeg encodes videos, of files that lie elsewhere. */
async function encodings(home: string): Promise<Record<string, Work>> {
  const studio = new Studio({ workspace: path.join(home, 'workspace') });
  const video = path.join(home, 'video.mp4');
  const sound = path.join(home, 'short.wav');
  await writeFile(sound, wav({ rate: 16_000, data: tone(16_000) }));
  try {
    const { run } = await openFfmpeg();
    const source = 'testsrc2=size=640x360:rate=25:duration=6';
    await run({
      inputs: [{ source, options: ['-f', 'lavfi'] }],
      outputs: [{ target: video, options: ['-c:v', 'mpeg4', '-q:v', '2'] }],
    });
    const face = await studio.run('face-detect', { kind: 'file', file: avatarFile() }, FACE);
    return {
      'hls-export': (small) => small.run('hls-export', { kind: 'file', file: video }, HLS),
      wav2lip: (small) =>
        small.run('wav2lip', { speech: { kind: 'file', file: sound }, face }, MOVE),
    };
  } finally {
    await studio.close();
  }
}

/** Mounts a small file system in memory; only root may. */
export function mountSmall(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
}

/** @param home an empty folder */
export async function runDisks(home: string): Promise<DiskResult[]> {
  const results: DiskResult[] = [];
  const [one, two] = await sounds(home);
  const disk = path.join(home, 'disk');
  await mkdir(disk);

  async function attempt(
    name: string,
    expected: readonly string[],
    steps: { before: () => unknown; after: () => unknown },
    work = level(one),
    next = level(two),
  ): Promise<void> {
    const studio = new Studio({ workspace: path.join(disk, 'workspace') });
    try {
      await steps.before();
      const [outcome, sentence] = await outcomeOf(studio, work);
      await steps.after();
      const [afterwards] = await outcomeOf(studio, next);
      results.push({ name, expected, outcome, sentence, afterwards });
    } finally {
      await studio.close();
    }
  }

  mountSmall(disk, 'size=1m');
  try {
    await attempt('a disk that is too small for the result', ['E_DISK'], {
      before: () => undefined,
      after: () => execFileSync('mount', ['-o', 'remount,size=100m', disk]),
    });
    const filler = path.join(disk, 'filler');
    await attempt('a disk that others filled', ['E_DISK'], {
      before: () => {
        try {
          execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { stdio: 'ignore' });
        } catch {
          // It is full, as was meant.
        }
      },
      after: () => rm(filler),
    });
    const encode = await encodings(home);
    for (const [name, work] of Object.entries(encode)) {
      await rm(path.join(disk, 'workspace'), { recursive: true, force: true });
      await attempt(
        `a disk that gets full while FFmpeg encodes (${name})`,
        ['E_DISK'],
        {
          before: () => execFileSync('mount', ['-o', 'remount,size=700k', disk]),
          after: () => execFileSync('mount', ['-o', 'remount,size=100m', disk]),
        },
        work,
        work,
      );
    }
    await rm(path.join(disk, 'workspace'), { recursive: true, force: true });
    await attempt('a workspace that can only be read', ['E_PATH'], {
      before: () => execFileSync('mount', ['-o', 'remount,ro', disk]),
      after: () => execFileSync('mount', ['-o', 'remount,rw', disk]),
    });
    const studio = new Studio({ workspace: path.join(disk, 'workspace') });
    try {
      await outcomeOf(studio, level(two));
      const running = outcomeOf(studio, level(one));
      await new Promise((resolve) => setTimeout(resolve, 15));
      // Again where the work wrote something meanwhile.
      const all = { recursive: true, force: true, maxRetries: 20, retryDelay: 10 };
      await rm(path.join(disk, 'workspace'), all);
      const [outcome, sentence] = await running;
      const [afterwards] = await outcomeOf(studio, level(two));
      const expected = ['E_PATH', 'works'];
      results.push({
        name: 'a workspace that is deleted',
        expected,
        outcome,
        sentence,
        afterwards,
      });
    } finally {
      await studio.close();
    }
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
  return results;
}
