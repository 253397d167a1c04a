import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import tts from '../../nodes/tts/node';
import { FakeStudio, helper, loadNode, quiet, type LoadedNode } from '../support/node-helper';
import { speech } from '../support/payloads';

describe('The queue of a node', () => {
  let studio: FakeStudio;
  const spoken = speech('/made/speech.wav');

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    studio = new FakeStudio();
  });
  afterEach(async () => {
    helper.settings({});
    await helper.unload();
  });

  function load(config: Record<string, unknown> = {}): Promise<LoadedNode> {
    return loadNode(tts, { type: 'lipwire-tts', ...config }, studio);
  }

  function errors({ caught }: LoadedNode): unknown[][] {
    return caught.map(({ error, payload }) => [error.code, payload]);
  }

  const texts = (): string[] => studio.asked.map(({ input }) => (input as { text: string }).text);

  /** The studio begins with the first of what it was asked for. */
  async function beginFirst(): Promise<void> {
    const [first] = await studio.waitFor(1);
    first.options.observe?.({ type: 'started' });
  }

  it('lets any number wait by default, as far as the studio goes', async () => {
    const node = await load();
    for (let i = 0; i < 100; i += 1) node.receive({ payload: `${i}` });
    await studio.waitFor(100);
    assert.deepEqual(
      texts(),
      Array.from({ length: 100 }, (_, i) => `${i}`),
    );
  });

  it('drops the newest above its length with E_BUSY, which names the limit', async () => {
    const node = await load({ queuePolicy: 'dropNewest', queueLength: '2' });
    node.receive({ payload: 'first' });
    await beginFirst();
    for (const payload of ['a', 'b', 'c', 'd']) node.receive({ payload });
    await node.settled({ caught: 2 });
    await studio.waitFor(3);
    await quiet();
    assert.deepEqual(errors(node), [
      ['E_BUSY', 'c'],
      ['E_BUSY', 'd'],
    ]);
    assert.match(node.caught[0].error.message, /at most 2 .* \(the queue length of this node\)/);
    assert.deepEqual(texts(), ['first', 'a', 'b']);
  });

  it('counts the first message as begun, and takes it where nothing may wait', async () => {
    const node = await load({ queuePolicy: 'dropNewest', queueLength: 0 });
    node.receive({ payload: 'first' });
    node.receive({ payload: 'second' });
    await node.settled({ caught: 1 });
    const [run] = await studio.waitFor(1);
    run.resolve(spoken);
    await node.settled({ sent: 1 });
    node.receive({ payload: 'third' });
    await studio.waitFor(2);
    assert.deepEqual(errors(node), [['E_BUSY', 'second']]);
    assert.deepEqual(texts(), ['first', 'third']);
  });

  it('drops the one that waited longest, and never the one that runs', async () => {
    const node = await load({ queuePolicy: 'dropOldest', queueLength: 1 });
    node.receive({ payload: 'first' });
    await beginFirst();
    for (const payload of ['a', 'b', 'c']) node.receive({ payload });
    await node.settled({ caught: 2 });
    await quiet();
    assert.deepEqual(errors(node), [
      ['E_BUSY', 'a'],
      ['E_BUSY', 'b'],
    ]);
    const open = studio.asked.filter(({ options }) => !options.signal!.aborted);
    assert.deepEqual(
      open.map(({ input }) => (input as { text: string }).text),
      ['first', 'c'],
    );
  });

  it('replaces: a newer message cancels all earlier ones, also the one that runs', async () => {
    const node = await load({ queuePolicy: 'replace' });
    for (const payload of ['a', 'b', 'c']) node.receive({ payload });
    await node.settled({ caught: 2 });
    assert.deepEqual(errors(node), [
      ['E_CANCELLED', 'a'],
      ['E_CANCELLED', 'b'],
    ]);
    assert.match(node.caught[0].error.message, /replaced by a newer message/);
    const run = (await studio.waitFor(1)).at(-1)!;
    run.resolve(spoken);
    await node.settled({ sent: 1 });
  });

  it('replaces text by text: the pieces of one do not replace each other, stragglers do nothing', async () => {
    const node = await load({ queuePolicy: 'replace' });
    const piece = (id: string, index: number): NodeMessage =>
      ({ payload: `${id}${index}`, parts: { id, index, count: 3 } }) as NodeMessage;
    for (const msg of [piece('a', 0), piece('a', 1), piece('b', 0), piece('b', 1)]) {
      node.receive(msg);
    }
    node.receive(piece('a', 2));
    node.receive(piece('b', 2));
    await node.settled({ caught: 3 });
    await quiet();
    assert.deepEqual(errors(node), [
      ['E_CANCELLED', 'a0'],
      ['E_CANCELLED', 'a1'],
      ['E_CANCELLED', 'a2'],
    ]);
    const open = studio.asked.filter(({ options }) => !options.signal!.aborted);
    assert.equal(open.length, 3);
  });

  it("honours Node-RED's nodeMessageBufferMaxLength, whatever the policy", async () => {
    helper.settings({ nodeMessageBufferMaxLength: 3 });
    const node = await load();
    node.receive({ payload: 'first' });
    await beginFirst();
    for (const payload of ['a', 'b', 'c', 'd']) node.receive({ payload });
    await node.settled({ caught: 1 });
    await quiet();
    assert.deepEqual(errors(node), [['E_BUSY', 'd']]);
    assert.match(node.caught[0].error.message, /at most 3 .*nodeMessageBufferMaxLength/);
  });

  it('names a policy that there is not', async () => {
    const node = await load({ queuePolicy: 'panic' });
    node.receive({ payload: 'first' });
    await node.settled({ caught: 1 });
    assert.match(node.caught[0].error.message, /the setting queuePolicy but received "panic"/);
  });

  it('ends each of ten thousand messages exactly once, in the order they came', async function () {
    this.timeout(30_000);
    studio.answer = () => spoken;
    const node = await load();
    for (let i = 0; i < 10_000; i += 1) node.receive({ payload: `${i}`, number: i } as NodeMessage);
    await node.settled({ sent: 10_000, completed: 10_000 });
    await quiet();
    assert.equal(node.completed.length, 10_000);
    const numbers = node.sent.map((msg) => msg['number'] as number);
    assert.ok(numbers.every((number, index) => number === index));
  });
});
