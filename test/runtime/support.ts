import { cp, lstat, readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../src/contract';
import { Studio } from '../../src/runtime/studio';
import type { StudioOptions } from '../../src/runtime/types';
import { STAGES_MODULE } from './worker/support';

/** A studio with the stages of tests. */
export function testStudio(workspace: string, options: StudioOptions = {}): Studio {
  return new Studio({ workspace, stagesModule: STAGES_MODULE, jobs: 1, ...options });
}

/** For assert.rejects. */
export const withCode = (code: string) => (error: unknown) =>
  error instanceof LipwireError && error.code === code;

/** Names in a folder, sorted; none where it does not exist. */
export async function names(...parts: string[]): Promise<string[]> {
  return (await readdir(path.join(...parts)).catch(() => [])).sort();
}

/** Makes an artifact or a file look as if it was last used so many hours ago. */
export async function ageBy(hours: number, target: string): Promise<void> {
  const then = new Date(Date.now() - hours * 3600_000);
  const isFolder = (await lstat(target)).isDirectory();
  await utimes(isFolder ? path.join(target, 'artifact.json') : target, then, then);
}

/** A copy of an artifact under another key, as another run would have left it. */
export async function copyArtifact(workspace: string, key: string, digit: string): Promise<string> {
  const copy = path.join(workspace, 'artifacts', digit.repeat(64));
  await cp(path.join(workspace, 'artifacts', key), copy, { recursive: true });
  return copy;
}
