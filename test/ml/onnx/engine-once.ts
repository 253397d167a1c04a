/**
 * Finds the avatar's face in an engine process, cancels a second search while it is at work, does a
 * third, and prints what it saw; then ends by itself, if nothing holds it.
 */
import { readdirSync } from 'node:fs';
import { objectSource, resolveParameters } from '../../../src/contract';
import { avatarFile } from '../../../src/runtime/avatar';
import { Studio } from '../../../src/runtime/studio';
import type { RunOptions } from '../../../src/runtime/types';
import { commandOf, descendants } from '../../support/processes';
import { faceDetect } from '../../../src/face/stage';

async function main(): Promise<void> {
  const studio = new Studio();
  // Another least score makes it another piece of work.
  const find = (minScore: number, options: RunOptions = {}) => {
    const parameters = resolveParameters(faceDetect.parameters, [objectSource('', { minScore })]);
    return studio.run('face-detect', { kind: 'file', file: avatarFile() }, parameters, options);
  };
  try {
    const { engine, faces } = await find(0.5);
    const abort = new AbortController();
    const cancelled = find(0.4, {
      signal: abort.signal,
      observe: (event) =>
        event.type === 'progress' && event.progress.type === 'running' && abort.abort(),
    }).catch(({ code }: { code: string }) => code);
    const code = await cancelled;
    const again = await find(0.6);
    const { pid = 0 } = studio.engineState;
    // The loader of the tests has a process of its own, the compiler.
    const programs = descendants(pid).filter((child) => !/esbuild/.test(commandOf(child)));
    const threads = readdirSync(`/proc/${pid}/task`).length;
    const isSame = JSON.stringify(again.faces) === JSON.stringify(faces);
    process.stdout.write(
      `${JSON.stringify({ engine, faces: faces.length, code, isSame, pid, programs, threads })}\n`,
    );
  } finally {
    await studio.close();
  }
}

void main();
