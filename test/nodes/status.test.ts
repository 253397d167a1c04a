import { makeNote } from '../../src/contract';
import assert from 'node:assert/strict';
import type { NodeStatus } from 'node-red';
import { firstNote, StatusReporter } from '../../nodes/shared/status';
import { quiet } from '../support/node-helper';

describe('The status reporter', () => {
  let shown: { status: NodeStatus; at: number }[];
  let reporter: StatusReporter;

  beforeEach(() => {
    shown = [];
    reporter = new StatusReporter(
      (status) => shown.push({ status, at: performance.now() }),
      (key, values = {}) => [key, ...Object.values(values)].join(' '),
    );
  });
  afterEach(() => reporter.close());

  const texts = (): (string | undefined)[] => shown.map(({ status }) => status.text);

  it('shows at most two updates a second, however fast the work reports, and then the last', async () => {
    const job = reporter.start({ index: 1, count: 3 });
    for (let done = 0; done <= 120; done += 1) {
      job.observe({
        type: 'progress',
        progress: { type: 'running', done, total: 120, unit: 'frames' },
      });
      await quiet(10);
    }
    job.end({ type: 'done' });
    await quiet(550);
    for (const [index, { at }] of shown.entries()) {
      if (index > 0) assert.ok(at - shown[index - 1].at >= 490, texts().join(', '));
    }
    assert.equal(texts().at(-1), 'status.done');
    assert.ok(shown.length >= 3);
  });

  it('never goes back while a job runs', async () => {
    const job = reporter.start();
    for (let done = 0; done <= 150; done += 1) {
      job.observe({
        type: 'progress',
        progress: { type: 'running', done, total: 150, unit: 'frames' },
      });
      await quiet(10);
    }
    job.end({ type: 'done' });
    const percents = texts()
      .filter((text) => text?.startsWith('status.running'))
      .map((text) => Number(text!.split(' ')[1]));
    assert.deepEqual(
      percents,
      [...percents].sort((a, b) => a - b),
    );
    assert.ok(percents.length >= 2);
  });

  it('shows the first piece of those that run, and how many wait otherwise', async () => {
    const jobs = [4, 2, 3].map((index) => reporter.start({ index, count: 9 }));
    await quiet(200);
    for (const job of jobs)
      job.observe({
        type: 'progress',
        progress: { type: 'running', done: 1, total: 4, unit: 'steps' },
      });
    await quiet(520);
    assert.deepEqual(texts(), ['status.queued 3', 'status.piece 3 9 25']);
    assert.deepEqual(
      shown.map(({ status: { fill, shape } }) => `${fill} ${shape}`),
      ['blue ring', 'blue dot'],
    );
  });

  it('shows preparation, cancellation and failure in their own colours', async () => {
    const preparing = reporter.start();
    preparing.observe({ type: 'progress', progress: { type: 'preparing', what: 'a model' } });
    await quiet(200);
    preparing.end({ type: 'cancelled' });
    await quiet(520);
    reporter.start().end({ type: 'failed', code: 'E_NO_FACE' });
    await quiet(520);
    assert.deepEqual(
      shown.map(({ status: { fill, shape, text } }) => `${fill} ${shape} ${text}`),
      ['yellow ring status.preparing', 'grey ring status.cancelled', 'red ring failed.E_NO_FACE'],
    );
  });

  it('says nothing more once it is closed, and clears what it showed', async () => {
    const job = reporter.start();
    await quiet(200);
    reporter.close();
    job.end({ type: 'done' });
    await quiet(520);
    assert.deepEqual(shown.at(-1)!.status, {});
    assert.equal(shown.length, 2);
  });

  it('tells the beginning of the first note', () => {
    const told = makeNote('N_FALLBACK', { engine: 'eSpeak NG', why: 'Expected …' });
    assert.deepEqual(firstNote([told, makeNote('N_HDR')]), {
      note: 'eSpeak NG spoke in place of the server',
    });
    assert.deepEqual(firstNote([makeNote('N_LOUDNESS', { what: 'came clipped: 3 samples' })]), {
      note: 'came clipped',
    });
    assert.equal(firstNote([{ code: 'N_X', text: 'x'.repeat(99) }]).note, `${'x'.repeat(60)}…`);
    for (const none of [undefined, []]) assert.deepEqual(firstNote(none), {});
  });
});
