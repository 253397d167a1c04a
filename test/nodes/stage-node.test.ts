import assert from 'node:assert/strict';
import loudnorm from '../../nodes/loudnorm/node';
import tts from '../../nodes/tts/node';
import { LipwireError } from '../../src/contract';
import { FakeStudio, helper, loadNode, quiet, type LoadedNode } from '../support/node-helper';
import { speech } from '../support/payloads';

describe('What all stage nodes have in common', () => {
  let studio: FakeStudio;
  const spoken = speech('/made/speech.wav');

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    studio = new FakeStudio();
  });
  afterEach(() => helper.unload());

  function load(config: Record<string, unknown> = {}): Promise<LoadedNode> {
    return loadNode(tts, { type: 'lipwire-tts', ...config }, studio);
  }

  it('sends a copy of the message with the result, and everything else by reference', async () => {
    studio.answer = () => spoken;
    const { receive, sent, settled } = await load();
    const req = { url: '/x' };
    const msg = { _msgid: 'id', payload: 'Hello', topic: 'news', req, nested: { deep: 1 } };
    const before = structuredClone(msg);
    receive(msg);
    await settled({ sent: 1, completed: 1 });
    assert.deepEqual(sent[0].payload, spoken);
    assert.equal(sent[0]['req'], req);
    assert.equal(sent[0]['nested'], msg.nested);
    assert.equal(sent[0].topic, 'news');
    assert.equal(sent[0]._msgid, 'id');
    assert.deepEqual(msg, before);
  });

  it('survives a message that Node-RED cannot copy, and still tells Catch', async () => {
    const { receive, caught, settled } = await load();
    // As an HTTP request can bring it: 20 kB of brackets.
    const payload: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    receive({ _msgid: 'deep', payload });
    await settled({ caught: 1 });
    assert.equal(caught[0].error.code, 'E_INPUT');
    assert.deepEqual([caught[0]._msgid, caught[0].payload], ['deep', undefined]);
  });

  it('takes a setting from the message, then the text, then the node, then the default', async () => {
    studio.answer = () => spoken;
    const { receive } = await load({ rate: '200', pitch: '', voice: 'ar', language: 'ar' });
    receive({ payload: { kind: 'text', text: 'Hello', voice: 'en-us' }, language: 'en-GB' });
    const [run] = await studio.waitFor(1);
    const expected = {
      engine: 'auto',
      voice: 'en-us',
      variant: '',
      language: 'en-GB',
      rate: 200,
      pitch: 50,
      lead: 0.25,
      pause: 0.35,
    };
    const parameters = run.parameters as Record<string, unknown>;
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(parameters[name], value, name);
    }
    assert.deepEqual(run.input, {
      kind: 'text',
      text: 'Hello',
      voice: 'en-us',
      language: 'en-GB',
      pause: 0.35,
    });
  });

  it('names the message property or the setting that is wrong', async () => {
    const { receive, caught, settled } = await load({ rate: 'fast' });
    receive({ payload: 'Hello' });
    await settled({ caught: 1 });
    receive({ payload: 'Hello', rate: 7 });
    await settled({ caught: 2 });
    assert.match(caught[0].error.message, /the setting rate but received "fast"/);
    assert.match(caught[1].error.message, /msg\.rate but received the number 7/);
    assert.deepEqual(
      caught.map(({ error }) => error.code),
      ['E_INPUT', 'E_INPUT'],
    );
  });

  it('passes the code of an error on to Catch, and ends the message once', async () => {
    const { receive, caught, completed, sent, settled } = await load();
    receive({ payload: 'Hello' });
    const [run] = await studio.waitFor(1);
    run.reject(new LipwireError('E_VOICE', 'Expected a voice but there is none.'));
    await settled({ caught: 1 });
    await quiet();
    assert.equal(caught[0].error.code, 'E_VOICE');
    assert.equal(caught[0].payload, 'Hello');
    assert.equal(caught.length, 1);
    assert.equal(completed.length + sent.length, 0);
  });

  it('turns an error that nobody expected into E_INTERNAL', async () => {
    const { receive, caught, settled } = await load();
    receive({ payload: 'Hello' });
    (await studio.waitFor(1))[0].reject('a string');
    await settled({ caught: 1 });
    assert.equal(caught[0].error.code, 'E_INTERNAL');
  });

  it('cancels what runs and waits when msg.reset comes, and passes nothing on', async () => {
    const { receive, caught, completed, sent, settled } = await load();
    receive({ payload: 'one' });
    receive({ payload: 'two' });
    const runs = await studio.waitFor(2);
    receive({ reset: true });
    await settled({ caught: 2, completed: 1 });
    runs.forEach((run) => run.resolve(spoken));
    await quiet();
    assert.deepEqual(
      caught.map(({ error, payload }) => [error.code, payload]),
      [
        ['E_CANCELLED', 'one'],
        ['E_CANCELLED', 'two'],
      ],
    );
    assert.equal(completed[0]['reset'], true);
    assert.equal(sent.length, 0);
    assert.ok(runs.every((run) => run.options.signal?.aborted));
  });

  it('works again after msg.reset', async () => {
    const { receive, sent, settled } = await load();
    receive({ payload: 'one' });
    await studio.waitFor(1);
    receive({ reset: true });
    await settled({ caught: 1 });
    studio.answer = () => spoken;
    receive({ payload: 'two' });
    await settled({ sent: 1 });
    assert.deepEqual(sent[0].payload, spoken);
  });

  it('ends every message without an error when the node is closed, and stops its work', async () => {
    const { node, receive, caught } = await load();
    let ended = 0;
    const events = node as unknown as { _complete(msg: unknown, error?: unknown): void };
    const original = events._complete.bind(node);
    events._complete = (msg, error) => {
      if (!error) ended += 1;
      original(msg, error);
    };
    receive({ payload: 'one' });
    receive({ payload: 'two' });
    const runs = await studio.waitFor(2);
    await node.close(false);
    assert.equal(ended, 2);
    assert.equal(caught.length, 0);
    assert.ok(runs.every((run) => run.options.signal?.aborted));
  });

  it('passes msg.priority on', async () => {
    const { receive } = await load();
    receive({ payload: 'one', priority: '5' });
    receive({ payload: 'two', priority: 'high' });
    receive({ payload: 'three', priority: Symbol('high') } as never);
    const runs = await studio.waitFor(3);
    assert.deepEqual(
      runs.map((run) => run.options.priority),
      [5, 0, 0],
    );
  });

  it('says so when the studio that it names is not there', async () => {
    const { receive, caught, settled } = await loadNode(tts, {
      type: 'lipwire-tts',
      studio: 'gone',
    });
    receive({ payload: 'Hello' });
    await settled({ caught: 1 });
    assert.equal(caught[0].error.code, 'E_INPUT');
    assert.match(caught[0].error.message, /the studio gone .* missing or disabled/);
  });

  it('shows where it is: running with the piece and its share, then the result', async () => {
    const { receive, statuses, settled } = await load();
    receive({ payload: 'Hello', parts: { id: 'a', index: 1, count: 5 } });
    const [run] = await studio.waitFor(1);
    await quiet(200);
    run.progress({ type: 'running', done: 2, total: 5, unit: 'steps' });
    await quiet(520);
    run.resolve(spoken);
    await settled({ sent: 1 });
    await quiet(520);
    const shown = statuses.map(({ fill, shape, text }) => [fill, shape, text?.split('.').pop()]);
    assert.deepEqual(shown, [
      ['blue', 'ring', 'queued'],
      ['blue', 'dot', 'piece'],
      ['green', 'dot', 'seconds'],
    ]);
  });

  it('keeps a Buffer as a file, and never changes it', async () => {
    studio.answer = () => spoken;
    const { receive } = await loadNode(loudnorm, { type: 'lipwire-loudnorm' }, studio);
    const bytes = Buffer.from('GIF8');
    receive({ payload: bytes });
    const [run] = await studio.waitFor(1);
    assert.deepEqual(run.input, { kind: 'file', file: '/kept/4' });
    assert.equal(bytes.toString(), 'GIF8');
  });
});
