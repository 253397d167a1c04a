import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { LIMITS } from '../../src/contract';
import { compareUrgency, Line, LocalQueue, urgencyOf, type Urgency } from '../../src/runtime/queue';
import { timeLimitOf } from '../../src/runtime/run';
import { STAGES, type StageInput, type StageName } from '../../src/stages';
import { deleteFolder, say, testFolder, ttsParameters } from './worker/support';
import { clip, speech } from '../support/payloads';
import { testStudio, withCode } from './support';

const NEVER = new AbortController().signal;
const plain: Urgency = { priority: 0, rank: 1 };

describe('the waiting line', () => {
  it('has the most urgent first, equals in the order they came, and lets anybody leave', () => {
    const number = fc.integer({ min: -2, max: 2 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, fc.boolean())), (members) => {
        const line = new Line<{ urgency: Urgency; name: number; leaves: boolean }>();
        const all = members.map(([priority, rank, leaves], name) => {
          return { urgency: { priority, rank }, name, leaves };
        });
        all.forEach((each) => line.add(each));
        all.filter(({ leaves }) => leaves).forEach((each) => assert.ok(line.delete(each)));
        const expected = all
          .filter(({ leaves }) => !leaves)
          .sort((a, b) => compareUrgency(b.urgency, a.urgency));
        assert.equal(line.size, expected.length);
        for (const each of expected) {
          assert.equal(line.first, each);
          line.delete(each);
        }
        assert.equal(line.first, undefined);
      }),
    );
  });
});

describe('the reception of a studio', () => {
  it('lets so many in at once, and the next when one leaves', async () => {
    const queue = new LocalQueue(2, 10);
    const order: string[] = [];
    const admissions = ['a', 'b', 'c', 'd'].map((name) => {
      const admission = queue.enter(plain, NEVER);
      void admission.entered.then(() => order.push(name));
      return admission;
    });
    await sleep(1);
    assert.deepEqual([order.join(''), queue.waiting], ['ab', 2]);
    admissions[0].leave();
    admissions[0].leave();
    await sleep(1);
    assert.equal(order.join(''), 'abc');
  });

  it('refuses one more than may wait, and names the limit', () => {
    const queue = new LocalQueue(1, 2);
    for (let i = 0; i < 3; i += 1) queue.enter(plain, NEVER);
    assert.throws(() => queue.enter(plain, NEVER), /at most 2 waiting messages/);
    assert.throws(() => queue.enter(plain, NEVER), withCode('E_BUSY'));
  });

  it('lets later stages and higher priorities in first, the urgent also beside a full house', async () => {
    const queue = new LocalQueue(1, 10);
    const order: string[] = [];
    const enter = (name: string, urgency: Urgency) => {
      const admission = queue.enter(urgency, NEVER);
      void admission.entered.then(() => order.push(name));
      return admission;
    };
    const first = enter('tts', urgencyOf('tts', 0));
    enter('another tts', urgencyOf('tts', 0));
    enter('text', urgencyOf('text-segment', 0));
    enter('urgent text', urgencyOf('text-segment', 1));
    await sleep(1);
    assert.deepEqual(order, ['tts', 'urgent text']);
    first.leave();
    assert.deepEqual([order.length, queue.waiting], [2, 2], 'the urgent one takes the place');
  });

  it('lets those go who were cancelled while they waited', async () => {
    const queue = new LocalQueue(1, 10);
    const abort = new AbortController();
    queue.enter(plain, NEVER);
    const admission = queue.enter(plain, abort.signal);
    abort.abort();
    await assert.rejects(admission.entered, withCode('E_CANCELLED'));
    assert.equal(queue.waiting, 0);
    await assert.rejects(queue.enter(plain, abort.signal).entered, withCode('E_CANCELLED'));
  });
});

describe('a studio that gets far too much at once', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await testFolder();
  });
  after(() => deleteFolder(folder));

  it('ends what is above its limit with E_BUSY, and does all the rest', async () => {
    const studio = testStudio(path.join(folder, 'small'), { queueLimit: 50 });
    const runs = Array.from({ length: 100 }, (_, i) =>
      studio.run('tts', say(`busy ${i}`), ttsParameters()),
    );
    const results = await Promise.allSettled(runs);
    const failed = results.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as Error] : [],
    );
    assert.ok(failed.length >= 40 && failed.length <= 50, `${failed.length} were refused`);
    assert.ok(failed.every(withCode('E_BUSY')));
    assert.match(failed[0].message, /at most 50 waiting messages/);
    await studio.close();
  });

  it('cancels ten thousand that wait as soon as it is told to', async () => {
    const studio = testStudio(path.join(folder, 'large'));
    const aborts = Array.from({ length: 10_000 }, () => new AbortController());
    const runs = aborts.map(({ signal }, i) =>
      studio.run('tts', say(`sleep:${10_000 + i}`), ttsParameters(), { signal }),
    );
    const ended = Promise.allSettled(runs);
    await sleep(50);
    assert.ok(studio.engineState.queued > 9900);
    for (const abort of aborts) abort.abort();
    const codes = (await ended).map(
      (one) => one.status === 'rejected' && withCode('E_CANCELLED')(one.reason),
    );
    assert.ok(codes.every(Boolean));
    assert.equal(studio.engineState.queued, 0);
    await studio.close();
  });
});

describe('the time that a stage may take', () => {
  const timeLimit = <S extends StageName>(stage: S, input: StageInput<S>, factor: number) =>
    timeLimitOf<StageInput<S>>(STAGES[stage], input, factor, LIMITS.duration);

  it('grows with the length of its work, and with the factor of the studio', async () => {
    const { base, each } = STAGES.loudnorm.timeLimit;
    const spoken = speech('/nowhere.wav', { duration: 100 });
    assert.equal(await timeLimit('loudnorm', spoken, 1), base + 100 * each);
    assert.equal(await timeLimit('loudnorm', spoken, 2), 2 * (base + 100 * each));
    assert.equal(await timeLimit('loudnorm', spoken, 0), 0);
    const clips = [clip('/a.mp4', { duration: 2 }), clip('/b.mp4', { duration: 3 })];
    const stitch = STAGES.stitch.timeLimit;
    assert.equal(await timeLimit('stitch', { clips }, 1), stitch.base + 5 * stitch.each);
    const text = say('x'.repeat(2000));
    assert.equal(
      await timeLimit('tts', text, 1),
      STAGES.tts.timeLimit.base + 2 * STAGES.tts.timeLimit.each,
    );
  });

  it('is that of the longest sound that a file of its size can hold', async () => {
    const folder = await testFolder();
    const file = path.join(folder, 'sound.mp3');
    await writeFile(file, Buffer.alloc(40_000));
    const { base, each } = STAGES.loudnorm.timeLimit;
    assert.equal(await timeLimit('loudnorm', { kind: 'file', file }, 1), base + 10 * each);
    const picture = { kind: 'file', file: file.replace('mp3', 'png') } as const;
    assert.equal(await timeLimit('face-detect', picture, 1), STAGES['face-detect'].timeLimit.base);
    await deleteFolder(folder);
  });

  it('has a limit whatever a message says of its length', async () => {
    const { base, each } = STAGES.wav2lip.timeLimit;
    for (const [duration, counted] of [
      [NaN, 0],
      [-5, 0],
      [1e12, LIMITS.duration],
    ] as const) {
      const input = { speech: speech('/a.wav', { duration }), face: undefined as never };
      assert.equal(await timeLimit('wav2lip', input, 1), base + counted * each);
    }
  });
});
