import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  fraction,
  type Progress,
  type SpeechPayload,
  type TextPayload,
  resolveParameters,
} from '../../src/contract';
import type { RunObserver, RunReport } from '../../src/runtime/run-events';
import type { Studio } from '../../src/runtime/studio';
import { deleteFolder, isAlive, say, testFolder, ttsParameters, until } from './worker/support';
import { ageBy, copyArtifact, names, testStudio, withCode } from './support';
import { loudnorm } from '../../src/loudness/stage';

const LOUD = resolveParameters(loudnorm.parameters, []);

describe('the studio', function () {
  this.timeout(30_000);
  let folder: string;
  let workspace: string;
  let studio: Studio;

  before(async () => {
    folder = await testFolder();
    workspace = path.join(folder, 'workspace');
    studio = testStudio(workspace);
  });

  after(async () => {
    await studio.close();
    await deleteFolder(folder);
  });

  /** Speaks, and says whether there was work to do. */
  async function speak(text: string, given: object = {}, by = studio) {
    let report: RunReport | undefined;
    const parameters = ttsParameters(given);
    const observe: RunObserver = (event) => event.type === 'done' && (report = event.report);
    const speech = await by.run('tts', say(text), parameters, { observe });
    return { speech, cached: report?.cached };
  }

  const started = (by = studio) => by.engineState.running > 0;

  describe('as a cache', () => {
    it('does no work the second time', async () => {
      const first = await speak('once');
      const { runs, hits } = studio.stats.tts;
      const second = await speak('once');
      assert.deepEqual([first.cached, second.cached], [false, true]);
      assert.deepEqual(second.speech, first.speech);
      assert.deepEqual([studio.stats.tts.runs - runs, studio.stats.tts.hits - hits], [0, 1]);
      assert.equal(await readFile(second.speech.file, 'utf8'), 'once 160');
    });

    it('does no work after a restart either', async () => {
      await speak('kept');
      const other = testStudio(workspace);
      assert.equal((await speak('kept', {}, other)).cached, true);
      assert.equal(other.engineState.starts, 0);
      await other.close();
    });

    it('works again for other parameters, other input and other file content', async () => {
      assert.equal((await speak('once', { rate: 161 })).cached, false);
      assert.equal((await speak('twice')).cached, false);
      const file = path.join(folder, 'sound.wav');
      const level = async (content: string) => {
        await writeFile(file, content);
        await studio.run('loudnorm', { kind: 'file', file }, LOUD);
        return studio.stats.loudnorm.runs;
      };
      assert.deepEqual([await level('a'), await level('b'), await level('b')], [1, 2, 2]);
    });

    it('knows the same content in another place, and answers with that place', async () => {
      const [one, two] = [path.join(folder, 'one.wav'), path.join(folder, 'two.wav')];
      for (const file of [one, two]) await writeFile(file, 'same sound');
      const first = await studio.run('loudnorm', { kind: 'file', file: one }, LOUD);
      const { hits } = studio.stats.loudnorm;
      const second = await studio.run('loudnorm', { kind: 'file', file: two }, LOUD);
      assert.equal(studio.stats.loudnorm.hits, hits + 1);
      assert.equal(second.file, first.file);
      // The stage of the test returns the path of its input as the voice.
      assert.deepEqual([first.voice, second.voice], [one, two]);
    });

    it('renders one sentence of ten again when one has changed', async () => {
      const sentences = Array.from({ length: 10 }, (_, index) => `Sentence ${index}.`);
      const render = (texts: string[]) =>
        Promise.all(
          texts.map(async (text) => {
            const speech = await studio.run('tts', say(text), ttsParameters());
            return studio.run('loudnorm', speech, LOUD);
          }),
        );
      const before = await render(sentences);
      const { tts, loudnorm } = studio.stats;
      const after = await render(sentences.with(4, 'Another one.'));
      assert.equal(studio.stats.tts.runs - tts.runs, 1);
      assert.equal(studio.stats.loudnorm.runs - loudnorm.runs, 1);
      assert.equal(after.filter((speech, i) => speech.file !== before[i]?.file).length, 1);
    });

    it('drops what is damaged and makes it anew', async () => {
      const { speech } = await speak('fragile');
      await rm(speech.file);
      assert.equal((await speak('fragile')).cached, false);
      await writeFile(speech.file, 'of another size');
      assert.equal((await speak('fragile')).cached, false);
      await writeFile(path.join(path.dirname(speech.file), 'artifact.json'), '{"format":');
      assert.equal((await speak('fragile')).cached, false);
      assert.equal(await readFile(speech.file, 'utf8'), 'fragile 160');
    });

    it('still works when everything in the workspace was deleted under it', async () => {
      await speak('gone');
      await rm(workspace, { recursive: true });
      assert.equal((await speak('gone')).cached, false);
    });
  });

  describe('with equal runs at the same time', () => {
    it('shares one job, and tells all its progress', async () => {
      const { runs, shared } = studio.stats.tts;
      const heard: number[][] = [[], []];
      const outputs = await Promise.all(
        heard.map((shares) =>
          studio.run('tts', say('count:shared'), ttsParameters(), {
            observe: (event) =>
              event.type === 'progress' &&
              event.progress.type === 'running' &&
              shares.push(fraction(event.progress)),
          }),
        ),
      );
      assert.deepEqual(outputs[0], outputs[1]);
      assert.deepEqual([studio.stats.tts.runs - runs, studio.stats.tts.shared - shared], [1, 1]);
      for (const shares of heard) assert.equal(shares.at(-1), 1);
    });

    it('goes on while one of them still waits, and stops when none does', async () => {
      const [a, b] = [new AbortController(), new AbortController()];
      const wait = ({ signal }: AbortController) =>
        studio.run('tts', say('sleep:20000'), ttsParameters(), { signal });
      const [first, second] = [wait(a), wait(b)];
      await until(started);
      a.abort();
      await assert.rejects(first, withCode('E_CANCELLED'));
      await sleep(50);
      assert.ok(started(), 'one still waits for it');
      b.abort();
      await assert.rejects(second, withCode('E_CANCELLED'));
      await until(() => !started());
    });

    it('starts anew for who comes after a cancellation', async () => {
      const abort = new AbortController();
      const text = 'sleep:400';
      const first = studio.run('tts', say(text), ttsParameters(), { signal: abort.signal });
      await until(started);
      abort.abort();
      const second = studio.run('tts', say(text), ttsParameters());
      await assert.rejects(first, withCode('E_CANCELLED'));
      assert.equal((await second).text, text);
    });

    it('lets two studios make the same thing, and both have it', async () => {
      const other = testStudio(workspace);
      const [mine, theirs] = await Promise.all([speak('sleep:300'), speak('sleep:300', {}, other)]);
      assert.deepEqual(mine.speech, theirs.speech);
      assert.ok(existsSync(mine.speech.file));
      assert.deepEqual(await names(workspace, 'tmp'), []);
      await other.close();
    });
  });

  describe('when something goes wrong', () => {
    it('names an input file that does not exist, or is a folder', async () => {
      const level = (file: string) => studio.run('loudnorm', { kind: 'file', file }, LOUD);
      const absent = path.join(folder, 'absent.wav');
      await assert.rejects(level(absent), (error: Error) => error.message.includes(absent));
      await assert.rejects(level(absent), withCode('E_PATH'));
      await assert.rejects(level(folder), withCode('E_PATH'));
      await assert.rejects(level('/dev/zero'), withCode('E_PATH'));
    });

    it('names a file in one line, whatever its name is', async () => {
      const missing = studio.run('loudnorm', { kind: 'file', file: '/no\nwhere ' }, LOUD);
      await assert.rejects(missing, /^LipwireError: Expected a file at "\/no\\nwhere " but .*\.$/);
    });

    it('leaves nothing behind when a stage fails, is cancelled or loses its process', async () => {
      const before = await names(workspace, 'artifacts');
      await assert.rejects(speak('fail:on purpose'), /on purpose/);
      await assert.rejects(speak('crash'), withCode('E_ENGINE_LOST'));
      const abort = new AbortController();
      const { signal } = abort;
      const half = studio.run('tts', say('half'), ttsParameters(), { signal });
      await until(async () => {
        const [job = ''] = await names(workspace, 'tmp');
        return job !== '' && (await names(workspace, 'tmp', job)).includes('speech.wav');
      });
      assert.deepEqual(await names(workspace, 'artifacts'), before, 'half a file is not visible');
      abort.abort();
      await assert.rejects(half, withCode('E_CANCELLED'));
      await until(async () => (await names(workspace, 'tmp')).length === 0);
      assert.deepEqual(await names(workspace, 'artifacts'), before);
    });

    it('refuses to keep what was made of a file that changed meanwhile', async () => {
      const before = await names(workspace, 'artifacts');
      const file = path.join(folder, 'changing.wav');
      await writeFile(file, 'before');
      const busy = studio.run('tts', say('sleep:300'), ttsParameters({ rate: 99 }));
      await until(started);
      const level = studio.run('loudnorm', { kind: 'file', file }, LOUD);
      await until(() => studio.engineState.queued > 0);
      await writeFile(file, 'after!');
      await assert.rejects(level, /stays the same while it is read/);
      await busy;
      assert.equal((await names(workspace, 'artifacts')).length, before.length + 1);
    });

    it('does not mind that a file is touched while it is read', async () => {
      const file = path.join(folder, 'touched.wav');
      await writeFile(file, 'touched');
      const busy = studio.run('tts', say('sleep:200'), ttsParameters({ rate: 98 }));
      await until(started);
      const level = studio.run('loudnorm', { kind: 'file', file }, LOUD);
      await until(() => studio.engineState.queued > 0);
      await utimes(file, new Date(0), new Date(0));
      await Promise.all([busy, level]);
    });

    it('says what is wrong with input that is no plain data', async () => {
      const loop: Record<string, unknown> = { kind: 'text', text: 'x' };
      loop['self'] = loop;
      for (const [key, value] of Object.entries({ big: 1n, buffer: Buffer.from('x'), loop })) {
        const input = { ...say('x'), [key]: value } as TextPayload;
        await assert.rejects(studio.run('tts', input, ttsParameters()), withCode('E_INPUT'));
      }
    });

    it('survives callbacks that throw', async () => {
      const fault = (): never => {
        throw new Error('a mistake of the caller');
      };
      const options = { observe: fault };
      const { text } = await studio.run('tts', say('count:calm'), ttsParameters(), options);
      assert.equal(text, 'count:calm');
    });

    it('says at the first run, not before, that the workspace cannot be used', async () => {
      const file = path.join(folder, 'a-file');
      await writeFile(file, '');
      const full = path.join(folder, 'documents');
      await mkdir(full);
      await writeFile(path.join(full, 'thesis.txt'), '');
      const linked = path.join(folder, 'linked');
      await mkdir(linked);
      await symlink(full, path.join(linked, 'artifacts'));
      for (const bad of [file, path.join(file, 'sub'), full, linked]) {
        const broken = testStudio(bad);
        await assert.rejects(speak('x', {}, broken), withCode('E_PATH'));
        await assert.rejects(broken.keepFile(Buffer.from('GIF89a')), withCode('E_PATH'));
        assert.ok('error' in (await broken.diagnostics()).workspace);
        await broken.close();
      }
      assert.deepEqual(await names(full), ['thesis.txt']);
    });
  });

  describe('sweeping', () => {
    let small: Studio;
    let place: string;

    beforeEach(async () => {
      place = await testFolder();
      small = testStudio(place, { maxBytes: 40, maxAgeHours: 10 });
    });

    afterEach(async () => {
      await small.close();
      await deleteFolder(place);
    });

    const artifactOf = ({ file }: SpeechPayload): string => path.dirname(file);

    it('deletes what nobody used for too long, and nothing else', async () => {
      const { speech } = await speak('old', {}, small);
      const { speech: young } = await speak('young', {}, small);
      await ageBy(11, artifactOf(speech));
      await ageBy(9, artifactOf(young));
      await small.sweep();
      assert.deepEqual([existsSync(speech.file), existsSync(young.file)], [false, true]);
    });

    it('deletes the longest unused first until the rest fits, but nothing in use', async () => {
      const { speech } = await speak('twelve bytes', {}, small);
      const key = path.basename(artifactOf(speech));
      const copies = await Promise.all(
        ['a', 'b', 'c', 'd'].map((digit) => copyArtifact(place, key, digit)),
      );
      for (const [index, copy] of copies.entries()) await ageBy(5 - index, copy);
      const unpin = small.pin(path.join(copies[0] ?? '', 'speech.wav'));
      await small.sweep();
      // Five artifacts of 16 bytes, 40 allowed: two stay, one of them is pinned.
      assert.deepEqual(copies.map(existsSync), [true, false, false, false]);
      assert.ok(existsSync(speech.file), 'it was used just now');
      unpin();
      unpin();
      await ageBy(11, copies[0] ?? '');
      await small.sweep();
      assert.equal(existsSync(copies[0] ?? ''), false);
    });

    it('never touches what Lipwire did not make', async () => {
      await speak('here', {}, small);
      const foreign = [
        path.join(place, 'artifacts', 'notes.txt'),
        path.join(place, 'inputs', 'mine.png'),
        path.join(place, 'tmp', 'mine'),
      ];
      for (const file of foreign) {
        await writeFile(file, 'x'.repeat(100));
        await ageBy(1000, file);
      }
      const outside = path.join(folder, 'outside');
      await mkdir(outside, { recursive: true });
      await writeFile(path.join(outside, 'artifact.json'), '{}');
      await ageBy(1000, outside);
      await symlink(outside, path.join(place, 'artifacts', 'e'.repeat(64)));
      await small.sweep();
      for (const file of foreign) assert.ok(existsSync(file), file);
      assert.ok(existsSync(path.join(outside, 'artifact.json')));
    });

    it('deletes what dead processes left behind, and leaves the living alone', async () => {
      await speak('here', {}, small);
      const abort = new AbortController();
      const { signal } = abort;
      const half = small.run('tts', say('half'), ttsParameters(), { signal });
      await until(async () => (await names(place, 'tmp')).length > 0);
      const [living = ''] = await names(place, 'tmp');
      const [host, , start, random] = living.split('-');
      const dead = [host, 2 ** 22 + 1, start, random].join('-');
      const recycled = [host, process.pid, '12345', random].join('-');
      for (const name of [dead, recycled]) await mkdir(path.join(place, 'tmp', name));
      // Beside the workspace: where the stream of a workspace with a percent sign is made.
      const beside = [dead, living].map((name) => path.join(tmpdir(), `lipwire-hls-${name}`));
      for (const one of beside) await mkdir(one);
      await small.sweep();
      assert.deepEqual(beside.map(existsSync), [false, true]);
      await rm(beside[1], { recursive: true });
      assert.deepEqual(await names(place, 'tmp'), [living]);
      abort.abort();
      await assert.rejects(half, withCode('E_CANCELLED'));
    });

    it('spares the input of a run, however old it is', async () => {
      const { speech } = await speak('input', {}, small);
      await ageBy(1000, artifactOf(speech));
      const kept = await small.keepFile(Buffer.from('GIF89a'));
      await ageBy(1000, kept);
      await small.run('loudnorm', speech, LOUD);
      await small.run('loudnorm', { kind: 'file', file: kept }, LOUD);
      await small.sweep();
      assert.deepEqual([existsSync(speech.file), existsSync(kept)], [true, true]);
    });

    it('clears all but what is in use or was used just now, whatever the limits say', async () => {
      await small.close();
      small = testStudio(place, { maxBytes: 1e9, maxAgeHours: 1000 });
      const { speech } = await speak('young', {}, small);
      const key = path.basename(artifactOf(speech));
      const copies = await Promise.all(['a', 'b'].map((digit) => copyArtifact(place, key, digit)));
      for (const copy of copies) await ageBy(1, copy);
      small.pin(path.join(copies[0] ?? '', 'speech.wav'));
      const { freed, left } = await small.clear();
      assert.deepEqual(copies.map(existsSync), [true, false]);
      assert.ok(existsSync(speech.file), 'it was used just now');
      assert.ok(freed > 0);
      assert.equal(left, 2 * freed);
      assert.equal((await small.clear()).freed, 0);
    });

    it('sweeps kept files as well', async () => {
      const file = await small.keepFile(Buffer.from('GIF89a'));
      await ageBy(11, file);
      await small.sweep();
      assert.equal(existsSync(file), false);
    });
  });

  describe('closing', () => {
    it('cancels what runs and waits, ends the process, and may be done twice', async () => {
      const place = await testFolder();
      const closing = testStudio(place);
      const reasons: unknown[] = [];
      const late: Progress[] = [];
      for (const text of ['sleep:20000', 'waits']) {
        const observe: RunObserver = (event) => {
          if (event.type === 'progress') late.push(event.progress);
        };
        const run = closing.run('tts', say(text), ttsParameters(), { observe });
        void run.catch((error: unknown) => reasons.push(error));
      }
      await until(() => started(closing));
      const { pid = 0 } = closing.engineState;
      await Promise.all([closing.close(), closing.close()]);
      const heard = late.length;
      assert.ok(reasons.length === 2 && reasons.every(withCode('E_CANCELLED')));
      await until(() => !isAlive(pid));
      assert.deepEqual(await names(place, 'tmp'), []);
      await assert.rejects(speak('late', {}, closing), withCode('E_CANCELLED'));
      await assert.rejects(closing.keepFile(Buffer.from('GIF89a')), withCode('E_CANCELLED'));
      assert.equal(late.length, heard);
      await deleteFolder(place);
    });

    it('does nothing where nothing was done', async () => {
      const place = path.join(folder, 'never-used');
      const idle = testStudio(place);
      await idle.close();
      assert.equal(existsSync(place), false);
    });
  });

  it('keeps the ticks of this thread while a stage keeps the engine busy', async () => {
    await speak('warm');
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 10);
    const start = performance.now();
    await speak('block:1500');
    const possible = (performance.now() - start) / 10;
    clearInterval(timer);
    assert.ok(ticks / possible >= 0.8, `${ticks} of ${possible.toFixed(0)} ticks`);
  });

  it('tells a fault report what is installed and where things are', async () => {
    const { lipwire, workspace: there, engine, libraries, stats } = await studio.diagnostics();
    assert.match(lipwire, /^\d+\.\d+\.\d+/);
    assert.ok('folder' in there && there.artifacts > 0 && there.bytes > 0);
    assert.equal(engine.jobs, 1);
    assert.ok(libraries['sharp']);
    assert.deepEqual(stats, studio.stats);
  });
});
