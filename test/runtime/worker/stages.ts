/**
 * Small stages for tests of the engine and the studio, in place of the real ones. What they do is
 * said in the text of their input, as `word` or `word:argument`.
 */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaveWork } from '../../../src/av/picture';
import { throwIfCancelled } from '../../../src/contract';
import { STAGES as REAL, type Stage } from '../../../src/stages';

const speak: Stage<'tts'> = async ({ text }, { rate }, context) => {
  const { signal, folder } = context;
  const [word, argument = ''] = text.split(':');
  const file = path.join(folder, 'speech.wav');
  switch (word) {
    case 'sleep':
      await sleep(Number(argument), undefined, { signal });
      break;
    case 'count':
      for (let done = 0; done <= 100; done++) {
        context.progress({ type: 'running', done, total: 100, unit: 'steps' });
        await sleep(3);
        throwIfCancelled(signal);
      }
      break;
    case 'block':
      block(Number(argument));
      break;
    case 'leave':
      leaveWork(new Promise(() => undefined), 50);
      break;
    case 'deaf':
      await sleep(Number(argument));
      break;
    case 'crash':
      setTimeout(() => {
        throw new Error('boom');
      }, 5);
      await sleep(10_000);
      break;
    case 'exit':
      process.exit(3);
      break;
    case 'grandchild':
      await grandchild(argument);
      break;
    case 'half':
      await writeFile(file, 'half');
      await sleep(10_000, undefined, { signal });
      break;
    case 'fail':
      await writeFile(file, 'half');
      throw new Error(argument);
    case 'print':
      process.stderr.write(`${argument}\n`);
      await sleep(20);
      process.abort();
  }
  await writeFile(file, `${text} ${rate}`);
  return speech(file, text);
};

const louder: Stage<'loudnorm'> = async (input, _parameters, { folder }) => {
  const file = path.join(folder, 'deep', 'louder.wav');
  await mkdir(path.dirname(file));
  await writeFile(file, 'louder');
  return { ...speech(file, path.basename(folder)), voice: input.file };
};

export const STAGES: typeof REAL = {
  ...REAL,
  tts: { ...REAL.tts, load: async () => speak },
  loudnorm: { ...REAL.loudnorm, load: async () => louder },
};

function speech(file: string, text: string) {
  return { kind: 'speech', file, text, ...FORMAT } as const;
}

const FORMAT = { duration: 1, sampleRate: 22050, channels: 1, engine: 'test' } as const;

/** Keeps the thread busy, as native code does. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Starts a process that would outlive the engine, as an FFmpeg would; writes its number down. */
async function grandchild(note: string): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
  await writeFile(note, String(child.pid));
  await sleep(60_000);
}
