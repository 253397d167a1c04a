import assert from 'node:assert/strict';
import { appendFile, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { Journal } from '../../src/runtime/journal';
import { deleteFolder, testFolder } from './worker/support';

describe('the journal', () => {
  let folder: string;
  let file: string;
  const open: Journal[] = [];

  before(async () => {
    folder = await testFolder();
  });
  after(() => deleteFolder(folder));
  beforeEach(() => {
    file = path.join(folder, `${Math.random()}`, 'journal.jsonl');
  });
  afterEach(() => {
    for (const journal of open.splice(0)) journal.close();
  });

  /** As a process that starts after another one was killed. */
  function start(): Journal {
    const journal = new Journal(file);
    open.push(journal);
    return journal;
  }

  const messages = (journal: Journal, node: string): string[] =>
    journal.takeAccepted(node).map(({ message }) => message);

  it('knows after a restart what a node had accepted and not ended', () => {
    const before = start();
    const entries = ['"a"', '"b"', '"c"'].map((message) => before.accept('tts', message)!);
    before.accept('other', '"d"');
    before.end([entries[1]]);
    const after = start();
    assert.equal(after.left, 3);
    assert.deepEqual(after.nodes, ['tts', 'other']);
    assert.deepEqual(messages(after, 'tts'), ['"a"', '"c"']);
    assert.deepEqual(messages(after, 'tts'), [], 'once only');
  });

  it('keeps what was gone on with until that ends, also over a second restart', () => {
    start().accept('tts', '"a"');
    const second = start();
    const [first] = second.takeAccepted('tts');
    const third = start();
    assert.equal(third.left, 1);
    second.end([first.entry]);
    assert.equal(start().left, 0);
  });

  it('has a message that changes hands in one place', () => {
    const before = start();
    const entry = before.accept('split', '"text"')!;
    const [one, two] = before.handOver([entry], 'split', ['"one"', '"two"']);
    before.accept('tts', '"one"', one);
    const after = start();
    assert.deepEqual(messages(after, 'split'), []);
    assert.deepEqual(
      after.takeHanded('split').map(({ token }) => token),
      [one, two],
    );
    // Both are sent again; the one that had arrived is the work of tts already.
    assert.equal(after.accept('tts', '"one"', one), undefined);
    assert.ok(after.accept('tts', '"two"', two));
    assert.ok(after.accept('another node', '"one"', one));
    assert.deepEqual(messages(after, 'tts'), ['"one"']);
  });

  it('lets a flow send the same message to a node twice', () => {
    const journal = start();
    const [token] = journal.handOver([journal.accept('split', '"a"')!], 'split', ['"a"']);
    assert.ok(journal.accept('tts', '"a"', token));
    assert.ok(journal.accept('tts', '"a"', token));
  });

  it('survives a line that was torn, and lines that make no sense', async () => {
    start().accept('tts', '"a"');
    await appendFile(file, 'null\n{"type":"accepted","entry":"x","no');
    const after = start();
    assert.deepEqual(messages(after, 'tts'), ['"a"']);
    after.accept('tts', '"b"');
    assert.equal(start().left, 2);
  });

  it('forgets what it is told to forget', () => {
    const before = start();
    before.accept('tts', '"a"');
    before.accept('other', '"b"');
    start().discard('tts');
    assert.deepEqual(start().nodes, ['other']);
  });

  it('stays small however much goes through it, and is nobody else’s to read', async () => {
    const journal = start();
    const long = JSON.stringify('x'.repeat(10_000));
    const kept = journal.accept('tts', '"kept"')!;
    for (let i = 0; i < 1000; i += 1) {
      const entry = journal.accept('split', long)!;
      const [token] = journal.handOver([entry], 'split', ['"short"']);
      journal.end([journal.accept('tts', '"short"', token)!]);
    }
    assert.ok((await stat(file)).size < 5_000_000);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.match(await readFile(file, 'utf8'), new RegExp(kept));
    assert.deepEqual(messages(start(), 'tts'), ['"kept"']);
  });

  it('loses nothing and doubles nothing, whatever moment the process is killed at', () => {
    const LAST = 3;
    const texts = ['"a"', '"b"', '"c"'];

    /** Messages go through three nodes, one step after the other, until the process is killed. */
    function live(steps: number, isFirst: boolean, results: string[]): void {
      const journal = start();
      const todo: (() => void)[] = [];
      const arrive = (node: number, message: string, token?: string) => (): void => {
        const entry = journal.accept(`n${node}`, message, token);
        if (entry !== undefined) todo.push(work(node, message, entry));
      };
      const work = (node: number, message: string, entry: string) => (): void => {
        if (node === LAST) {
          results.push(message);
          return journal.end([entry]);
        }
        const [token] = journal.handOver([entry], `n${node}`, [message]);
        todo.push(arrive(node + 1, message, token));
      };
      for (const node of [1, 2, LAST]) {
        for (const { token, message } of journal.takeHanded(`n${node}`)) {
          todo.push(arrive(node + 1, message, token));
        }
        for (const { entry, message } of journal.takeAccepted(`n${node}`)) {
          todo.push(work(node, message, entry));
        }
      }
      if (isFirst) for (const text of texts) arrive(1, text)();
      for (let step = 0; step < steps && todo.length > 0; step += 1) todo.shift()!();
      journal.close();
    }

    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 1, maxLength: 5 }), (lives) => {
        file = path.join(folder, `${Math.random()}`, 'journal.jsonl');
        const results: string[] = [];
        [...lives, Infinity].forEach((steps, life) => live(steps, life === 0, results));
        assert.deepEqual(results.sort(), texts);
        const after = start();
        assert.deepEqual(
          ['n1', 'n2', 'n3'].flatMap((node) => messages(after, node)),
          [],
        );
      }),
      { numRuns: 200 },
    );
  });
});
