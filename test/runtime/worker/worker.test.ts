import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fraction, LipwireError } from '../../../src/contract';
import { deleteFolder, isAlive, submit, testFolder, TestWorker, until } from './support';

describe('the engine', function () {
  this.timeout(30_000);
  let worker: TestWorker;
  let folder: string;

  beforeEach(async () => {
    worker = new TestWorker();
    folder = await testFolder();
  });

  afterEach(async () => {
    await worker.close();
    await deleteFolder(folder);
  });

  const code = (expected: string) => (error: unknown) =>
    error instanceof LipwireError && error.code === expected;
  const running = () => until(() => worker.state.running > 0);

  it('starts no process before there is work', () => {
    assert.deepEqual(worker.state, {
      ...{ state: 'stopped', jobs: 1, running: 0, queued: 0, starts: 0, losses: 0 },
    });
  });

  it('runs a stage in another process and says what it made', async () => {
    const { output, files, startedAt, endedAt } = await submit(worker, folder, 'hello').result;
    assert.equal((output as { text: string }).text, 'hello');
    assert.deepEqual(
      files.map(({ path: name, size }) => [name, size]),
      [['speech.wav', 9]],
    );
    assert.match(files[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
    assert.ok(endedAt >= startedAt);
    assert.notEqual(worker.state.pid, process.pid);
  });

  it('passes progress on, never falling, with the last update always', async () => {
    const job = submit(worker, folder, 'count');
    await job.result;
    const shares = job.progress.filter(({ type }) => type === 'running').map(fraction);
    assert.equal(shares.at(-1), 1);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    assert.ok(shares.length < 60, `101 updates were thinned out to ${shares.length}`);
  });

  it('runs as many jobs at once as it is told, and tells the others their place', async () => {
    const jobs = ['sleep:200', 'sleep:1', 'sleep:2'].map((text) => submit(worker, folder, text));
    await running();
    assert.deepEqual([worker.state.running, worker.state.queued], [1, 2]);
    await Promise.all(jobs.map((job) => job.result));
    const places = jobs[2]?.progress.flatMap((p) => (p.type === 'queued' ? [p.position] : []));
    assert.deepEqual(places, [2, 1, 0]);
  });

  it('takes jobs of higher priority first, and equal ones in the order they came', async () => {
    const order: string[] = [];
    const first = submit(worker, folder, 'sleep:100');
    await running();
    const jobs = [
      ['a', 0],
      ['b', 0],
      ['c', 5],
      ['d', 5],
    ] as const;
    const results = jobs.map(([text, priority]) =>
      submit(worker, folder, text, priority).result.then(() => order.push(text)),
    );
    await Promise.all([first.result, ...results]);
    assert.deepEqual(order, ['c', 'd', 'a', 'b']);
  });

  it('fails the running job when the process is killed, and goes on with the waiting one', async () => {
    const victim = submit(worker, folder, 'sleep:20000');
    const next = submit(worker, folder, 'next');
    await running();
    process.kill(worker.state.pid ?? 0, 'SIGKILL');
    await assert.rejects(victim.result, (error) => {
      assert.ok(error instanceof LipwireError);
      assert.equal(error.code, 'E_ENGINE_LOST');
      assert.equal(error.details?.['signal'], 'SIGKILL');
      assert.match(error.message, /send the message again/);
      return true;
    });
    await next.result;
    assert.deepEqual([worker.state.starts, worker.state.losses], [2, 1]);
  });

  it('reports an uncaught exception of a stage with its message', async () => {
    await assert.rejects(submit(worker, folder, 'crash').result, /boom.*send the message again/);
  });

  it('reports the exit code of a stage that ends the process', async () => {
    await assert.rejects(submit(worker, folder, 'exit').result, (error) => {
      assert.equal((error as LipwireError).details?.['exitCode'], 3);
      return code('E_ENGINE_LOST')(error);
    });
  });

  it('keeps the last lines that a dying process printed', async () => {
    const lines: string[] = [];
    const noisy = new TestWorker({ log: (level, text) => level === 'debug' && lines.push(text) });
    await assert.rejects(submit(noisy, folder, 'print:out of luck').result, (error) =>
      String((error as LipwireError).details?.['output']).includes('out of luck'),
    );
    await noisy.close();
    assert.ok(lines.includes('worker: out of luck'));
  });

  it('takes along what the process had started when it is killed', async () => {
    const note = path.join(folder, 'note');
    const job = submit(worker, folder, `grandchild:${note}`);
    // The file is there a moment before its content.
    await until(() => existsSync(note) && readFileSync(note, 'utf8') !== '');
    const grandchild = Number(readFileSync(note, 'utf8'));
    assert.ok(isAlive(grandchild));
    process.kill(worker.state.pid ?? 0, 'SIGKILL');
    await assert.rejects(job.result, code('E_ENGINE_LOST'));
    await until(() => !isAlive(grandchild));
  });

  it('ends a crash loop: jobs that never get a chance fail in the end', async () => {
    const jobs = Array.from({ length: 7 }, () => submit(worker, folder, 'exit'));
    const results = await Promise.allSettled(jobs.map((job) => job.result));
    const messages = results.map((result) =>
      result.status === 'rejected' ? String((result.reason as Error).message) : 'done',
    );
    assert.equal(worker.state.starts, 5);
    assert.equal(messages.filter((message) => message.includes('ended several times')).length, 2);
    await submit(worker, folder, 'afterwards').result;
  });

  it('cancels a waiting job at once and a running one by its signal', async () => {
    const runs = submit(worker, folder, 'sleep:20000');
    const waits = submit(worker, folder, 'waits');
    await running();
    waits.abort.abort();
    await assert.rejects(waits.result, code('E_CANCELLED'));
    assert.equal(worker.state.running, 1);
    runs.abort.abort();
    await assert.rejects(runs.result, code('E_CANCELLED'));
    assert.equal(worker.state.losses, 0);
    await submit(worker, folder, 'next').result;
    assert.equal(worker.state.starts, 1);
  });

  it('kills the process when a cancelled job blocks it, and runs the innocent job again', async () => {
    const two = new TestWorker({ jobs: 2, patience: 900 });
    const innocent = submit(two, folder, 'sleep:300');
    const blocks = submit(two, folder, 'block:60000');
    await until(() => two.state.running === 2);
    blocks.abort.abort();
    await assert.rejects(blocks.result, code('E_CANCELLED'));
    await innocent.result;
    assert.deepEqual([two.state.starts, two.state.losses], [2, 0]);
    await two.close();
  });

  it('leaves a cancelled job that does not hear it to its end, while another one runs', async () => {
    const two = new TestWorker({ jobs: 2 });
    const innocent = submit(two, folder, 'sleep:2500');
    const deaf = submit(two, folder, 'deaf:1500');
    await until(() => two.state.running === 2);
    deaf.abort.abort();
    await assert.rejects(deaf.result, code('E_CANCELLED'));
    await innocent.result;
    assert.deepEqual([two.state.starts, two.state.losses], [1, 0]);
    await two.close();
  });

  it('ends it with the process as soon as it runs alone', async () => {
    const two = new TestWorker({ jobs: 2, patience: 60_000 });
    const innocent = submit(two, folder, 'sleep:1200');
    const deaf = submit(two, folder, 'deaf:60000');
    await until(() => two.state.running === 2);
    deaf.abort.abort();
    await innocent.result;
    await assert.rejects(deaf.result, code('E_CANCELLED'));
    await submit(two, folder, 'next').result;
    assert.deepEqual([two.state.starts, two.state.losses], [2, 0]);
    await two.close();
  });

  it('has a new process where work that nobody waits for keeps a thread', async () => {
    const two = new TestWorker({ jobs: 2 });
    const innocent = submit(two, folder, 'sleep:600');
    await submit(two, folder, 'leave').result;
    await innocent.result;
    assert.equal(two.state.starts, 1);
    await until(() => two.state.pid === undefined);
    const again = submit(two, folder, 'sleep:1500');
    for (let i = 0; i < 2; i++) await submit(two, folder, 'leave').result;
    await again.result;
    assert.deepEqual([two.state.starts, two.state.losses], [3, 0]);
    await two.close();
  });

  it('ends a job that takes longer than it may with E_TIMEOUT, and goes on with the next', async () => {
    const hangs = submit(worker, folder, 'sleep:20000', 0, { timeLimit: 0.2 });
    const waits = submit(worker, folder, 'sleep:1', 0, { timeLimit: 0.2 });
    await assert.rejects(hangs.result, (error) => {
      assert.match(
        (error as Error).message,
        /tts to be done within 0\.2 s .* raise the time limit/,
      );
      return code('E_TIMEOUT')(error);
    });
    await waits.result;
    assert.deepEqual([worker.state.starts, worker.state.losses], [1, 0]);
  });

  it('kills the process when a job that is out of time does not hear it', async () => {
    const two = new TestWorker({ jobs: 2, patience: 900 });
    const innocent = submit(two, folder, 'sleep:300', 0, { timeLimit: 20 });
    const blocks = submit(two, folder, 'block:60000', 0, { timeLimit: 0.3 });
    await assert.rejects(blocks.result, code('E_TIMEOUT'));
    await innocent.result;
    assert.deepEqual([two.state.starts, two.state.losses], [2, 0]);
    await two.close();
  });

  it('ends the process when there was no work for a while, and starts it again', async () => {
    const brief = new TestWorker({ idleSeconds: 0.05 });
    await submit(brief, folder, 'one').result;
    await until(() => brief.state.pid === undefined);
    await submit(brief, folder, 'two').result;
    assert.deepEqual([brief.state.starts, brief.state.losses], [2, 0]);
    await brief.close();
  });

  it('rejects everything with E_CANCELLED when it is closed, and leaves no process', async () => {
    const note = path.join(folder, 'note');
    const jobs = [submit(worker, folder, `grandchild:${note}`), submit(worker, folder, 'waits')];
    await until(() => existsSync(note) && readFileSync(note, 'utf8') !== '');
    const { pid = 0 } = worker.state;
    await worker.close();
    for (const job of jobs) await assert.rejects(job.result, code('E_CANCELLED'));
    await until(() => !isAlive(pid));
    const grandchild = Number(readFileSync(note, 'utf8'));
    await until(() => !isAlive(grandchild));
    await assert.rejects(submit(worker, folder, 'late').result, code('E_CANCELLED'));
    await assert.rejects(worker.ask('health', ['ffmpeg']), code('E_CANCELLED'));
  });

  it('closes while a job blocks the process', async () => {
    const job = submit(worker, folder, 'block:60000');
    await running();
    const { pid = 0 } = worker.state;
    await worker.close();
    await assert.rejects(job.result, code('E_CANCELLED'));
    await until(() => !isAlive(pid));
  });

  it('lets its process end when the parent is gone', async () => {
    // The IPC channel closes when the parent does; here it is closed by hand.
    const { fork } = await import('node:child_process');
    const server = path.resolve(__dirname, '../../../src/runtime/worker/worker.ts');
    const child = fork(server, [], { execArgv: process.execArgv, detached: true });
    child.send({ type: 'open', settings: {}, stagesModule: '' });
    await new Promise((resolve) => child.once('message', resolve));
    child.disconnect();
    await new Promise((resolve) => child.once('exit', resolve));
  });
});
