import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { STAGE_NAMES } from '../../src/stages';
import { avatarFile } from '../../src/runtime/avatar';
import { renderVideo } from '../../src/runtime/pipeline';
import { Studio } from '../../src/runtime/studio';
import { deleteFolder, testFolder, until } from './worker/support';
import { commandOf, descendants } from '../support/processes';
import { names } from './support';

const TEXT = 'One. Two.';
/** Jobs of this text: it, the face, three for each of two segments, the video. */
const JOBS = 9;

describe('Work that is interrupted', function () {
  this.timeout(180_000);
  let folder: string;
  const open: Studio[] = [];

  before(async () => {
    folder = await testFolder();
  });
  after(async () => {
    for (const studio of open) await studio.close();
    await deleteFolder(folder);
  });

  function start(workspace: string): Studio {
    const studio = new Studio({ workspace: path.join(folder, workspace) });
    open.push(studio);
    return studio;
  }

  const render = (studio: Studio) =>
    renderVideo(studio, {
      text: TEXT,
      face: avatarFile(),
      parameters: { wav2lip: { fps: 12 } },
    });
  const runs = (): number =>
    open.reduce((sum, { stats }) => {
      return sum + STAGE_NAMES.reduce((all, stage) => all + stats[stage].runs, 0);
    }, 0);

  async function hash(file: string): Promise<string> {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  }

  it('goes on where it was after the engine, FFmpeg and the whole process are killed', async () => {
    const whole = await hash((await render(start('whole'))).video.file);
    assert.equal(runs(), JOBS);
    open.splice(0).forEach((studio) => void studio.close());

    let studio = start('broken');
    const made = async (): Promise<number> => (await names(folder, 'broken', 'artifacts')).length;
    const interrupt = async (least: number, kill: () => boolean): Promise<void> => {
      const work = render(studio);
      work.catch(() => undefined);
      await until(async () => (await made()) >= least && kill());
      await assert.rejects(work);
      await until(() => studio.engineState.running === 0);
    };
    const killEngine = (): boolean => {
      const { pid, running } = studio.engineState;
      return pid !== undefined && running > 0 && process.kill(pid, 'SIGKILL');
    };
    const killFfmpeg = (): boolean => {
      const engine = studio.engineState.pid ?? 0;
      const pid = descendants(engine).find((each) => /ffmpeg .*-i /.test(commandOf(each)));
      if (pid === undefined) return false;
      try {
        return process.kill(pid, 'SIGKILL');
      } catch {
        return false;
      }
    };
    await interrupt(1, killEngine);
    await interrupt(5, killFfmpeg);
    await interrupt(6, killEngine);
    // One that never heard of the first, as after a restart.
    studio = start('broken');
    const { video } = await render(studio);
    assert.equal(await hash(video.file), whole);
    assert.equal(await made(), JOBS);
    assert.equal(runs(), JOBS, 'nothing that was finished was made again');
  });

  it('gives the same frames on one core with one thread as on all', async function () {
    const script = path.join(__dirname, 'render-once.ts');
    const render = (command: string[], workspace: string, environment: object): string => {
      const [program, ...args] = [...command, process.execPath, ...process.execArgv, script];
      const env = {
        ...process.env,
        ...environment,
        LIPWIRE_WORKSPACE: path.join(folder, workspace),
      };
      return execFileSync(program, args, { encoding: 'utf8', env });
    };
    const one = ['taskset', '-c', '0'];
    try {
      execFileSync(one[0], [...one.slice(1), 'true']);
    } catch {
      this.skip();
    }
    const few = render(one, 'few', { UV_THREADPOOL_SIZE: '1', OMP_NUM_THREADS: '1' });
    const many = render([], 'many', { UV_THREADPOOL_SIZE: '8', OMP_NUM_THREADS: '4' });
    assert.match(few, /^1 core/);
    assert.equal(few.split('\n')[1], many.split('\n')[1]);
    assert.match(few.split('\n')[1], /^[0-9a-f]{32} [0-9a-f]{32} [0-9a-f]{64}$/);
  });
});
