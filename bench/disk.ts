/**
 * Full, read-only and deleted workspaces, on a small file system in memory that only root may mount.
 *
 *   node --import tsx bench/disk.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runDisks } from '../test/corpus/disk';

async function main(): Promise<void> {
  const home = await mkdtemp(path.join(tmpdir(), 'lipwire-disk-'));
  try {
    for (const { name, expected, outcome, sentence, afterwards } of await runDisks(home)) {
      const isRight = expected.includes(outcome) && afterwards === 'works';
      process.stdout.write(
        `${isRight ? 'as it should' : 'WRONG'} | ${name} | ${outcome} | next: ${afterwards} | ${sentence}\n`,
      );
      if (!isRight) process.exitCode = 1;
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

void main();
