import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine, type EngineOptions } from '../../../src/runtime/worker/engine';
import {
  type Progress,
  objectSource,
  resolveParameters,
  type TextPayload,
} from '../../../src/contract';
import { tts } from '../../../src/tts/stage';

/** The stages of tests; see there for the words that they understand. */
export const STAGES_MODULE = path.join(__dirname, 'stages.ts');

/** All parameters of tts, some of them given. */
export function ttsParameters(given: object = {}) {
  return resolveParameters(tts.parameters, [objectSource('', given)]);
}

export function say(text: string): TextPayload {
  return { kind: 'text', text };
}

/** A folder of a test's own, and how to delete it. */
export async function testFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'lipwire-test-'));
}

export async function deleteFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** An engine with the stages of tests. */
export function testEngine(options: Partial<EngineOptions> = {}): Engine {
  return new Engine({
    settings: { ffmpegPath: '', modelsFolder: '', device: 'cpu', acceptNonCommercial: false },
    jobs: 1,
    idleSeconds: 60,
    stagesModule: STAGES_MODULE,
    ...options,
  });
}

/** A submitted job with all that a test looks at. */
export function submit(
  engine: Engine,
  folder: string,
  text: string,
  priority = 0,
  { timeLimit = 0 } = {},
) {
  const abort = new AbortController();
  const progress: Progress[] = [];
  const job = engine.submit(
    {
      stage: 'tts',
      input: say(text),
      parameters: ttsParameters(),
      folder: path.join(folder, `job-${text.replace(/\W/g, '-')}-${counter++}`),
    },
    { priority, timeLimit, signal: abort.signal, onProgress: (update) => progress.push(update) },
  );
  job.result.catch(() => undefined);
  return { ...job, abort, progress };
}

let counter = 0;

/** Waits until something holds; a test that waits in vain fails by mocha's own limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10);
}

/** Whether a process is there; one that has ended but was not waited for yet is not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'latin1'));
}
