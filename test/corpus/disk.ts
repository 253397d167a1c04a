/** Workspaces that fail: a full disk, a folder that only can be read, one that is deleted meanwhile. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toLipwireError } from '../../src/media';
import { Studio } from '../../src/studio';
import { resolveParameters, STAGE_PARAMETERS, type StageParameters } from '../../src/stages';
import { wav, tone } from './sounds';

/** What came of a run on a failing workspace, and of the next one when it was mended. */
export interface DiskResult {
  name: string;
  expected: readonly string[];
  outcome: string;
  sentence: string;
  afterwards: string;
}

const LOUDNORM = resolveParameters(STAGE_PARAMETERS.loudnorm, []) as StageParameters<'loudnorm'>;

async function outcomeOf(studio: Studio, file: string): Promise<[string, string]> {
  try {
    await studio.run('loudnorm', { kind: 'file', file }, LOUDNORM);
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
  ): Promise<void> {
    const studio = new Studio({ workspace: path.join(disk, 'workspace') });
    try {
      await steps.before();
      const [outcome, sentence] = await outcomeOf(studio, one);
      await steps.after();
      const [afterwards] = await outcomeOf(studio, two);
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
    await rm(path.join(disk, 'workspace'), { recursive: true, force: true });
    await attempt('a workspace that can only be read', ['E_PATH'], {
      before: () => execFileSync('mount', ['-o', 'remount,ro', disk]),
      after: () => execFileSync('mount', ['-o', 'remount,rw', disk]),
    });
    const studio = new Studio({ workspace: path.join(disk, 'workspace') });
    try {
      await outcomeOf(studio, two);
      const running = outcomeOf(studio, one);
      await new Promise((resolve) => setTimeout(resolve, 15));
      await rm(path.join(disk, 'workspace'), { recursive: true, force: true });
      const [outcome, sentence] = await running;
      const [afterwards] = await outcomeOf(studio, two);
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
