import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalQueue } from '../../../src/runtime/queue';
import { WorkerClient, type WorkerOptions } from '../../../src/runtime/worker/client';
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

/** A worker with the stages of tests, and the queue that it takes its jobs from. */
export class TestWorker extends WorkerClient {
  readonly jobs: LocalQueue;

  constructor(options: Partial<WorkerOptions> = {}) {
    const jobs = new LocalQueue(0, 0);
    const settings = {
      ...{ ffmpegPath: '', modelsFolder: '', device: 'cpu', acceptNonCommercial: false },
    };
    const given = { settings, jobs: 1, idleSeconds: 60, stagesModule: STAGES_MODULE, ...options };
    super(given, jobs);
    this.jobs = jobs;
  }
}

/** A submitted job with all that a test looks at. */
export function submit(
  worker: TestWorker,
  folder: string,
  text: string,
  priority = 0,
  { timeLimit = 0 } = {},
) {
  const abort = new AbortController();
  const progress: Progress[] = [];
  const key = `job-${text.replace(/\W/g, '-')}-${counter++}`;
  const job = worker.jobs.submit(
    {
      ...{ key, stage: 'tts', input: say(text), parameters: ttsParameters(), priority, timeLimit },
      folder: path.join(folder, key),
    },
    {
      signal: abort.signal,
      observe: (event) => event.type === 'progress' && progress.push(event.progress),
    },
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
