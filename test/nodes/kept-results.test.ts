import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keepResults, LastResults } from '../../nodes/shared/last-results';
import type { SpeechPayload } from '../../src/contract';

describe('The last results over a restart', () => {
  let folder: string;
  let file: string;
  const input = { kind: 'text', text: '' } as const;
  const made = (text: string) =>
    ({
      stage: 'tts',
      studio: 's',
      result: { kind: 'speech', file: '/w/speech.wav', duration: 1, text } as SpeechPayload,
    }) as const;
  const textOf = (results: LastResults, id: string): unknown =>
    (results.get(id)?.result as SpeechPayload | undefined)?.text;
  /** As the next process finds them. */
  function afterwards(): LastResults {
    const results = new LastResults();
    keepResults(file, results);
    return results;
  }

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-results-'));
    file = path.join(folder, 'lipwire', 'last-results.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are there again, in their order, with the newest of each node', () => {
    const results = new LastResults();
    const write = keepResults(file, results);
    for (const [id, text] of [
      ['a', 'one'],
      ['b', 'two'],
      ['a', 'three'],
    ]) {
      results.set({ id: id }, made(text), input, {});
    }
    write();
    const later = afterwards();
    assert.deepEqual(
      later.entries().map(([id]) => id),
      ['b', 'a'],
    );
    assert.deepEqual(
      ['a', 'b'].map((id) => textOf(later, id)),
      ['three', 'two'],
    );
    assert.deepEqual(later.get('a'), JSON.parse(JSON.stringify(results.get('a'))));
  });

  it('give way to what was made since', () => {
    const results = new LastResults();
    const write = keepResults(file, results);
    results.set({ id: 'a' }, made('old'), input, {});
    results.set({ id: 'b' }, made('old'), input, {});
    write();
    const later = new LastResults();
    later.set({ id: 'a' }, made('new'), input, {});
    keepResults(file, later);
    assert.deepEqual(
      ['a', 'b'].map((id) => textOf(later, id)),
      ['new', 'old'],
    );
  });

  it('are written for their owner alone, whole, and without those of deleted nodes', async () => {
    const results = new LastResults();
    const write = keepResults(file, results);
    results.set({ id: 'a' }, made('one'), input, {});
    results.set({ id: 'b' }, made('two'), input, {});
    results.forget('a');
    write();
    assert.deepEqual(await readdir(path.dirname(file)), ['last-results.json']);
    assert.doesNotMatch(await readFile(file, 'utf8'), /one/);
    assert.equal(afterwards().get('a'), undefined);
  });

  it('leave out what is too long, and the oldest where all together is', async () => {
    const results = new LastResults();
    const write = keepResults(file, results);
    results.set({ id: 'long' }, made('x'.repeat(150_000)), input, {});
    for (let i = 0; i < 60; i++) results.set({ id: `${i}` }, made('y'.repeat(50_000)), input, {});
    write();
    assert.ok((await readFile(file)).length < 2_100_000);
    const later = afterwards();
    assert.deepEqual([later.get('long'), later.get('0')], [undefined, undefined]);
    assert.ok(later.get('59') && later.get('25'));
  });

  it('are none where the file is damaged or of another kind, and then work as ever', async () => {
    const write = keepResults(file, new LastResults());
    write();
    for (const content of [
      '',
      '{',
      '{"format":2,"results":[]}',
      '{"format":1,"results":[1,["a"]]}',
    ]) {
      await rm(path.dirname(file), { recursive: true, force: true });
      const before = new LastResults();
      const keep = keepResults(file, before);
      before.set({ id: 'a' }, made('one'), input, {});
      keep();
      await writeFile(file, content);
      assert.deepEqual(afterwards().entries(), [], content);
    }
  });

  it('are done without where nothing can be written', async () => {
    await writeFile(path.join(folder, 'lipwire'), 'in the way');
    const results = new LastResults();
    const write = keepResults(file, results);
    results.set({ id: 'a' }, made('one'), input, {});
    write();
    assert.equal(textOf(results, 'a'), 'one');
    assert.deepEqual(await readdir(folder), ['lipwire']);
  });

  it('do not bring back a user directory that was deleted', async () => {
    const results = new LastResults();
    const write = keepResults(path.join(folder, 'user', 'lipwire', 'last-results.json'), results);
    results.set({ id: 'a' }, made('one'), input, {});
    write();
    assert.deepEqual(await readdir(folder), []);
  });
});
