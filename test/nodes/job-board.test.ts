import assert from 'node:assert/strict';
import { JobBoard, type NewJob, resultOf, secondsOf, textOf } from '../../nodes/shared/job-board';
import { bugReport } from '../../nodes/studio/routes';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { LipwireError, makeNote, type ClipPayload } from '../../src/contract';
import type { StageInput } from '../../src/stages';
import type { RunEvent } from '../../src/runtime/run-events';
import type { Diagnostics } from '../../src/runtime/types';

const job = (more: Partial<NewJob> = {}): NewJob => {
  return { node: { id: 'n', name: 'voice' }, stage: 'tts', text: 'A.', stop: () => {}, ...more };
};
const running = (done: number): RunEvent => {
  return { type: 'progress', progress: { type: 'running', done, total: 100, unit: 'frames' } };
};

describe('The board of jobs', () => {
  it('follows a job from its coming to its end', () => {
    const board = new JobBoard();
    const watch = board.add(job());
    assert.equal(board.view(10).live[0].state, 'queued');
    watch.observe({ type: 'started' });
    watch.takes(4);
    watch.observe(running(50));
    const [shown] = board.view(10).live;
    assert.deepEqual([shown.state, shown.share], ['running', 0.5]);
    watch.observe({ type: 'done', report: { cached: false, startedAt: 1000, endedAt: 3000 } });
    watch.made({ file: '/w/a.wav' });
    watch.end();
    const { live, ended, counts } = board.view(10);
    assert.deepEqual([live.length, counts.done], [0, 1]);
    const [done] = ended;
    assert.deepEqual([done.took, done.speed, done.media, done.share], [2, 2, 'audio', 1]);
    assert.ok(!JSON.stringify(done).includes('/w/'), 'a path is told');
    assert.equal(board.fileOf(done.id), '/w/a.wav');
  });

  it('shows what a result says of itself, and nothing that is no note', () => {
    const board = new JobBoard();
    const note = makeNote('N_TRACK', { number: 2, count: 3 });
    const result = { kind: 'clip', duration: 1, file: '/w/a.mp4', notes: [note, 'x', null, {}] };
    const input = {} as StageInput<'wav2lip'>;
    const made = resultOf('wav2lip', result as unknown as ClipPayload, input, []);
    const watch = board.add(job({ stage: 'wav2lip' }));
    watch.made(made);
    watch.end();
    assert.deepEqual(board.view(1).ended[0].notes, [note]);
  });

  it('foretells what is left from what was done', () => {
    const board = new JobBoard();
    const watch = board.add(job());
    watch.observe(running(25));
    watch.observe({ type: 'done', report: { cached: false, startedAt: 0, endedAt: 5000 } });
    assert.equal(board.view(1).live[0].left, 15);
    watch.observe(running(1));
    assert.equal(board.view(1).live[0].left, undefined);
  });

  it('tells failures from cancellations, and makes neither out of a closed node', () => {
    const board = new JobBoard();
    board.add(job()).end(new LipwireError('E_VOICE', 'No such voice.'));
    board.add(job()).end(new LipwireError('E_CANCELLED', 'Cancelled.'));
    board.add(job()).end();
    const { ended, counts } = board.view(10);
    assert.deepEqual(
      ended.map(({ state }) => state),
      ['cancelled', 'cancelled', 'failed'],
    );
    assert.deepEqual(ended[2].error, { code: 'E_VOICE', message: 'No such voice.' });
    assert.equal(counts.failed, 1);
  });

  it('cancels one, or all that have not ended', () => {
    const board = new JobBoard();
    const stopped: string[] = [];
    const add = (name: string) => {
      const watch = board.add(
        job({
          stop: (error) => {
            stopped.push(name);
            watch.end(error);
          },
        }),
      );
    };
    ['a', 'b', 'c'].forEach(add);
    assert.equal(board.cancel(board.view(10).live[1].id), 1);
    assert.equal(board.cancel('no such job'), 0);
    assert.deepEqual(stopped, ['b']);
    assert.equal(board.cancel(), 2);
    assert.deepEqual(stopped, ['b', 'a', 'c']);
    assert.equal(board.live, 0);
  });

  it('counts thousands, shows those that run first, and forgets the oldest results', () => {
    const board = new JobBoard();
    const watches = Array.from({ length: 3000 }, (_, i) => board.add(job({ text: `${i}` })));
    watches[2999].observe(running(1));
    const { live, counts } = board.view(100);
    assert.deepEqual([live.length, counts.queued, counts.running], [100, 2999, 1]);
    assert.deepEqual([live[0].text, live[1].text], ['2999', '0']);
    for (const watch of watches) watch.end();
    assert.equal(board.view(1000).ended.length, 200);
    assert.equal(board.view(1).ended[0].text, '2999');
  });

  it('shows the text of any payload, cut short', () => {
    assert.equal(textOf([{ _msgid: '', payload: ' One\n two ' }]), 'One two');
    assert.equal(textOf([{ _msgid: '', payload: [{ text: 'One' }, { text: 'two' }] }]), 'One two');
    const chapters = [{ title: 'One' }, { title: 'two' }];
    assert.equal(textOf([{ _msgid: '', payload: { chapters } }]), 'One two');
    const piece = (text: string, index: number) => {
      return { _msgid: '', payload: { text }, parts: { id: 'a', index } };
    };
    assert.equal(textOf([piece('two', 1), piece('One', 0)]), 'One two');
    for (const payload of [
      undefined,
      null,
      7,
      { chapters: [{ title: { toString: null } }] },
      Buffer.from('x'),
      { chapters: 'no' },
    ]) {
      assert.equal(textOf([{ _msgid: '', payload }]), '');
    }
    assert.equal(textOf([{ _msgid: '', payload: 'x'.repeat(10_000) }]).length, 160);
  });

  it('knows how long what a stage works on is', () => {
    const clips = [{ duration: 1.5 }, { duration: 2 }] as ClipPayload[];
    assert.equal(secondsOf('stitch', { clips }), 3.5);
    assert.equal(secondsOf('tts', { kind: 'text', text: 'A.' }), undefined);
  });

  it('keeps the name of the user out of bug reports', () => {
    const workspace = { folder: `${homedir()}/videos` };
    const text = `${homedir()}/videos, writable`;
    const checks = [{ name: 'workspace', ok: true, needed: true, text }] as const;
    const report = bugReport('4.1.0', { workspace, stats: {} } as unknown as Diagnostics, checks);
    assert.ok(!report.includes(homedir()));
    assert.match(report, /"folder": "~\/videos"/);
    assert.match(report, /✔ workspace +~\/videos, writable/);
  });

  it('keeps it out also where the user’s folder is a link, or a path is quoted', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'lipwire-home-'));
    try {
      const real = path.join(folder, 'disk', 'al');
      const home = path.join(folder, 'home');
      await mkdir(real, { recursive: true });
      await symlink(real, home, 'junction');
      const workspace = { folder: path.join(real, 'videos') };
      const windows = 'C:\\Users\\al';
      const text = `not ${JSON.stringify(`${windows}\\videos`)}, nor ${windows}\\x`;
      const checks = [{ name: 'workspace', ok: false, needed: true, text }] as const;
      const diagnostics = { workspace, stats: {} } as unknown as Diagnostics;
      assert.doesNotMatch(bugReport('4.1.0', diagnostics, [], home), /disk|home/);
      assert.doesNotMatch(bugReport('4.1.0', diagnostics, checks, windows), /Users/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
