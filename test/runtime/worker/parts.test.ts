import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { LocalQueue, type Job, type QueuedJob } from '../../../src/runtime/queue';
import { emptyFolder, madeFiles, throttleProgress } from '../../../src/runtime/worker/job-runner';
import { OutputTail, workerEnvironment, workerExecArgv } from '../../../src/runtime/worker/process';
import type { Progress } from '../../../src/contract';
import { STAGE_NAMES } from '../../../src/stages';
import { deleteFolder, testFolder } from './support';

describe('the queue of jobs', () => {
  /** A job by the name `key`, with the places that it was told, and what raises and removes it. */
  function submit(queue: LocalQueue, key: string, priority: number, rank = 0) {
    const places: number[] = [];
    const abort = new AbortController();
    const job = { key, stage: STAGE_NAMES[rank], priority, timeLimit: 0, folder: '' } as Job;
    const { result, raise } = queue.submit(job, {
      signal: abort.signal,
      observe: (event) => {
        if (event.type !== 'progress' || event.progress.type !== 'queued') return;
        places.push(event.progress.position);
      },
    });
    result.catch(() => undefined);
    return { key, priority, rank, places, raise, abort };
  }

  const takeAll = (queue: LocalQueue): string[] => {
    const keys: string[] = [];
    for (let job = queue.take(); job; job = queue.take()) keys.push(job.job.key);
    return keys;
  };

  it('gives jobs out by priority, then later stages first, then in the order they came', () => {
    const priorities = fc.integer({ min: -3, max: 3 });
    const ranks = fc.integer({ min: 0, max: STAGE_NAMES.length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(priorities, ranks)), (urgencies) => {
        const queue = new LocalQueue(0, 0);
        const jobs = urgencies.map(([priority, rank], index) =>
          submit(queue, String(index), priority, rank),
        );
        const expected = [...jobs].sort((a, b) => b.priority - a.priority || b.rank - a.rank);
        assert.deepEqual(
          takeAll(queue),
          expected.map(({ key }) => key),
        );
      }),
    );
  });

  it('puts jobs back before the others of their priority', () => {
    const queue = new LocalQueue(0, 0);
    for (const key of ['a', 'b']) submit(queue, key, 0);
    const taken = [queue.take(), queue.take()] as QueuedJob[];
    submit(queue, 'c', 0);
    submit(queue, 'urgent', 1);
    queue.putBack(taken);
    assert.deepEqual(takeAll(queue), ['urgent', 'a', 'b', 'c']);
  });

  it('tells a job its place whenever that changes, and only then', () => {
    const queue = new LocalQueue(0, 0);
    const [a, b, c] = ['a', 'b', 'c'].map((key) => submit(queue, key, 0));
    c.raise(1);
    a.abort.abort();
    assert.deepEqual(c.places, [2, 0]);
    assert.deepEqual(b.places, [1, 2, 1]);
    assert.equal(queue.jobs, 2);
    a.raise(9);
    assert.equal(queue.jobs, 2);
  });
});

describe('throttled progress', () => {
  const step = (done: number): Progress => ({ type: 'running', done, total: 9, unit: 'steps' });

  it('sends the first update at once, then the latest only, and the last at the end', async () => {
    const sent: Progress[] = [];
    const throttle = throttleProgress((progress) => sent.push(progress));
    [1, 2, 3].forEach((done) => throttle.push(step(done)));
    assert.deepEqual(sent, [step(1)]);
    await sleep(80);
    assert.deepEqual(sent, [step(1), step(3)]);
    throttle.push(step(4));
    throttle.push(step(5));
    throttle.end();
    throttle.push(step(6));
    await sleep(80);
    assert.deepEqual(sent.at(-1), step(5));
  });
});

describe('the surroundings of the engine process', () => {
  it('hold what libraries need, and no secrets', () => {
    const env = workerEnvironment({
      ...{ PATH: '/bin', HOME: '/home/x', LIPWIRE_MODELS: '/m', LC_ALL: 'C' },
      ...{ NODE_RED_CREDENTIAL_SECRET: 's', MQTT_PASSWORD: 'p', NODE_OPTIONS: '--inspect=1' },
    });
    assert.deepEqual(Object.keys(env).sort(), [
      'HOME',
      'LC_ALL',
      'LIPWIRE_MODELS',
      'MALLOC_ARENA_MAX',
      'ORT_DISABLE_TELEMETRY',
      'PATH',
    ]);
  });

  it('have the loaders of the parent, and neither its debugger nor its script', () => {
    const argv = ['--import', 'tsx', '--inspect=9229', '-e', 'code', '--max-old-space-size=512'];
    assert.deepEqual(workerExecArgv(argv), ['--import', 'tsx', '--max-old-space-size=512']);
  });
});

describe('the tail of a process’s output', () => {
  it('keeps the last lines, put together from pieces and cut to a length', async () => {
    const heard: string[] = [];
    const tail = new OutputTail((line) => heard.push(line), 2, 10);
    const stream = Readable.from(['one\ntw', 'o\n\nthree ', 'x'.repeat(100), '\nlast']);
    tail.follow(stream);
    await new Promise((resolve) => stream.once('end', resolve));
    assert.deepEqual(tail.lines, ['three xxxx', 'last']);
    assert.equal(heard.length, 4);
  });
});

describe('the files that a stage made', () => {
  const { signal } = new AbortController();
  let folder: string;
  beforeEach(async () => (folder = await testFolder()));
  afterEach(() => deleteFolder(folder));

  it('are listed with forward slashes, sizes and hashes, in order', async () => {
    await mkdir(path.join(folder, 'b'));
    await writeFile(path.join(folder, 'b', 'two'), '');
    await writeFile(path.join(folder, 'a'), 'abc');
    // The hash of "abc" is an example in FIPS 180-4.
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const [first, second] = await madeFiles(folder, signal);
    assert.deepEqual(first, { path: 'a', size: 3, sha256: abc });
    assert.equal(second?.path, 'b/two');
  });

  it('may not be links', async () => {
    await symlink('/etc/hostname', path.join(folder, 'link'));
    await assert.rejects(madeFiles(folder, signal), /left link, which is not a file/);
  });

  it('start from an empty folder also when a job begins again', async () => {
    await writeFile(path.join(folder, 'half'), 'half');
    await emptyFolder(folder);
    assert.deepEqual(await madeFiles(folder, signal), []);
  });
});
