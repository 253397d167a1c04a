import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { engineEnvironment, engineExecArgv } from '../../../src/runtime/worker/environment';
import { JobQueue } from '../../../src/runtime/worker/job-queue';
import { emptyFolder, madeFiles } from '../../../src/runtime/worker/made-files';
import { OutputTail } from '../../../src/runtime/worker/output-tail';
import { throttleProgress } from '../../../src/runtime/worker/throttle';
import type { Progress } from '../../../src/contract';
import { deleteFolder, testFolder } from './support';

describe('the queue of jobs', () => {
  const job = (name: string, priority: number, rank = 0) => ({
    name,
    priority,
    rank,
    places: [] as number[],
    onPosition(position: number) {
      this.places.push(position);
    },
  });

  it('gives jobs out by priority, then later stages first, then in the order they came', () => {
    const number = fc.integer({ min: -3, max: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number)), (urgencies) => {
        const queue = new JobQueue<ReturnType<typeof job>>();
        const jobs = urgencies.map(([priority, rank], index) => job(String(index), priority, rank));
        jobs.forEach((each) => queue.add(each));
        const taken = jobs.map(() => queue.take()?.name);
        const expected = [...jobs].sort((a, b) => b.priority - a.priority || b.rank - a.rank);
        assert.deepEqual(
          taken,
          expected.map(({ name }) => name),
        );
      }),
    );
  });

  it('puts jobs back before the others of their priority', () => {
    const queue = new JobQueue<ReturnType<typeof job>>();
    const [a, b, c, urgent] = [job('a', 0), job('b', 0), job('c', 0), job('urgent', 1)];
    queue.add(c);
    queue.add(urgent);
    queue.putBack([a, b]);
    assert.deepEqual(
      queue.clear().map(({ name }) => name),
      ['urgent', 'a', 'b', 'c'],
    );
  });

  it('tells a job its place whenever that changes, and only then', () => {
    const queue = new JobQueue<ReturnType<typeof job>>();
    const [a, b, c] = [job('a', 0), job('b', 0), job('c', 0)];
    [a, b, c].forEach((each) => queue.add(each));
    queue.raise(c, 1);
    queue.remove(a);
    assert.deepEqual(c.places, [2, 0]);
    assert.deepEqual(b.places, [1, 2, 1]);
    assert.equal(queue.remove(a), false);
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
    const env = engineEnvironment({
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
    assert.deepEqual(engineExecArgv(argv), ['--import', 'tsx', '--max-old-space-size=512']);
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
