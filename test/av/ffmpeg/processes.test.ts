import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { liveChildren, runJob } from '../../../src/av/ffmpeg/run';

describe('Processes of FFmpeg', () => {
  let folder: string;
  let listeners: number;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-processes-'));
    listeners = process.listenerCount('disconnect');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** A program that says its process id and then never ends by itself. */
  async function stubborn(): Promise<string> {
    const file = path.join(folder, 'stubborn');
    const code = [
      `#!${process.execPath}`,
      "process.on('SIGTERM', () => undefined);",
      'setInterval(() => undefined, 1000);',
      'console.error(`pid=${process.pid}`);',
    ].join('\n');
    await writeFile(file, code);
    await chmod(file, 0o755);
    return file;
  }

  it('are killed when they do not end although they are asked to', async () => {
    const program = await stubborn();
    const controller = new AbortController();
    const running = runJob(program, {
      inputs: [],
      outputs: [{ target: path.join(folder, 'never.wav'), options: [] }],
      signal: controller.signal,
    });
    while (liveChildren().length === 0) await sleep(5);
    await sleep(300);
    controller.abort();
    await assert.rejects(running, { code: 'E_CANCELLED' });
    assert.deepEqual(liveChildren(), []);
  });

  it('leave no listeners on the process behind', () => {
    assert.deepEqual(liveChildren(), []);
    assert.equal(process.listenerCount('disconnect'), listeners);
  });

  for (const [how, code] of [
    ['when the process that started them exits', 'setTimeout(() => process.exit(0), 400);'],
    ['when that one loses its parent', "process.on('disconnect', () => process.exit(0));"],
  ] as const) {
    it(`end ${how}`, async () => {
      const program = await stubborn();
      const script = path.join(folder, 'parent.ts');
      const run = path.resolve(__dirname, '../../../src/av/ffmpeg/run.ts');
      await writeFile(
        script,
        `import { runJob } from ${JSON.stringify(run)};
        const outputs = [{ target: 'never.wav', options: [] }];
        const inputs = [];
        void runJob(${JSON.stringify(program)}, { inputs, outputs }).catch(() => undefined);
        const said = setInterval(() => {
          const { liveChildren } = require(${JSON.stringify(path.resolve(__dirname, '../../../src/av/ffmpeg/run.ts'))});
          const [pid] = liveChildren();
          if (pid === undefined) return;
          clearInterval(said);
          process.send?.(pid);
          ${code}
        }, 20);`,
      );
      const parent = spawn(process.execPath, [...process.execArgv, script], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const [pid] = (await once(parent, 'message')) as [number];
      await sleep(200);
      if (parent.connected) parent.disconnect();
      if (parent.exitCode === null) await once(parent, 'exit');
      assert.ok(await endsSoon(pid), `process ${pid} still runs`);
    });
  }
});

async function endsSoon(pid: number): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(20);
  }
  return false;
}
