import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { MAX_GROUPS } from '../../nodes/stitch/collector';
import stitch from '../../nodes/stitch/node';
import { FakeStudio, helper, loadNode, quiet, type LoadedNode } from '../support/node-helper';
import { clip, video } from '../support/payloads';

describe('The stitch node', () => {
  let studio: FakeStudio;
  const made = video('/made/video.mp4');

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    studio = new FakeStudio();
    studio.answer = () => made;
  });
  afterEach(() => helper.unload());

  function load(config: Record<string, unknown> = {}): Promise<LoadedNode> {
    return loadNode(stitch, { type: 'lipwire-stitch', ...config }, studio);
  }

  function piece(id: string, index: number, count?: number, more: object = {}): NodeMessage {
    const parts = { id, index, ...(count !== undefined && { count }), type: 'array' };
    return { payload: clip(`/clips/${id}${index}.mp4`), parts, ...more } as NodeMessage;
  }

  function filesOf(run: number): string[] {
    const { clips } = studio.asked[run].input as { clips: { file: string }[] };
    return clips.map(({ file }) => file);
  }

  it('puts clips into their order, whatever the order they come in', async () => {
    const { receive, sent, settled } = await load();
    receive(piece('a', 2, 3));
    receive(piece('a', 0, 3));
    receive(piece('a', 1, 3, { topic: 'last' }));
    await settled({ sent: 1, completed: 3 });
    assert.deepEqual(filesOf(0), ['/clips/a0.mp4', '/clips/a1.mp4', '/clips/a2.mp4']);
    assert.deepEqual(sent[0].payload, made);
    assert.equal(sent[0].topic, 'last');
    assert.ok(!('parts' in sent[0]));
  });

  it('refuses a list with holes, naming the first', async () => {
    const { receive, caught, settled } = await load();
    receive({ payload: new Array(3) });
    await settled({ caught: 1 });
    assert.match(caught[0].error.message, /kind "clip" for msg\.payload\[0\]/);
    assert.equal(studio.asked.length, 0);
  });

  it('gives back the parts from before the text was split', async () => {
    const { receive, sent, settled } = await load();
    const outer = { id: 'outer', index: 4 };
    receive({
      payload: clip('/clips/a0.mp4'),
      parts: { id: 'a', index: 0, count: 1, parts: outer },
    } as NodeMessage);
    await settled({ sent: 1 });
    assert.deepEqual(sent[0]['parts'], outer);
  });

  it('keeps several texts apart', async () => {
    const { receive, settled } = await load();
    for (const msg of [piece('a', 0, 2), piece('b', 1, 2), piece('b', 0, 2), piece('a', 1, 2)]) {
      receive(msg);
    }
    await settled({ sent: 2, completed: 4 });
    assert.deepEqual(filesOf(0), ['/clips/b0.mp4', '/clips/b1.mp4']);
    assert.deepEqual(filesOf(1), ['/clips/a0.mp4', '/clips/a1.mp4']);
  });

  it('takes the newest of two clips with the same index', async () => {
    const { receive, settled } = await load();
    receive(piece('a', 0, 2));
    receive(piece('a', 0, 2, { payload: clip('/clips/newer.mp4') }));
    receive(piece('a', 1, 2));
    await settled({ sent: 1, completed: 3 });
    assert.deepEqual(filesOf(0), ['/clips/newer.mp4', '/clips/a1.mp4']);
  });

  it('waits until it knows how many clips there are', async () => {
    const { receive, settled } = await load();
    receive(piece('a', 0));
    receive(piece('a', 1));
    await quiet();
    assert.equal(studio.asked.length, 0);
    receive(piece('a', 2, 3));
    await settled({ sent: 1 });
    assert.equal(filesOf(0).length, 3);
  });

  it('makes a video of one clip without parts, and of an array', async () => {
    const { receive, sent, settled } = await load();
    receive({ payload: clip('/clips/only.mp4') });
    const parts = { id: 'x', index: 0, count: 9 };
    receive({ payload: [clip('/clips/1.mp4'), clip('/clips/2.mp4')], parts } as NodeMessage);
    await settled({ sent: 2 });
    assert.deepEqual(filesOf(0), ['/clips/only.mp4']);
    assert.deepEqual(filesOf(1), ['/clips/1.mp4', '/clips/2.mp4']);
    assert.deepEqual(sent[1]['parts'], parts);
  });

  it('gives up with E_TIMEOUT, names what is missing, and ends all messages', async () => {
    const { receive, caught, completed, settled } = await load({ waitLimit: '0.05' });
    receive(piece('a', 0, 4));
    receive(piece('a', 2, 4));
    await settled({ caught: 1, completed: 1 });
    assert.equal(caught[0].error.code, 'E_TIMEOUT');
    assert.match(caught[0].error.message, /Expected 4 clips and still miss numbers 1, 3/);
    assert.deepEqual([caught.length, completed.length], [1, 1]);
  });

  it('waits without end when the limit is 0', async () => {
    const { receive, caught, settled } = await load({ waitLimit: 600 });
    receive(piece('a', 0, 2, { waitLimit: 0 }));
    await quiet(60);
    receive(piece('a', 1, 2, { waitLimit: 0 }));
    await settled({ sent: 1 });
    assert.equal(caught.length, 0);
  });

  it('lets the clips go on msg.reset, with one error a text', async () => {
    const { receive, caught, sent, settled } = await load();
    receive(piece('a', 0, 2));
    receive(piece('b', 0, 3));
    receive(piece('b', 1, 3));
    receive({ reset: true });
    await settled({ caught: 2, completed: 2 });
    assert.deepEqual(
      caught.map(({ error }) => error.code),
      ['E_CANCELLED', 'E_CANCELLED'],
    );
    receive(piece('a', 1, 2));
    await quiet();
    assert.equal(sent.length, 0);
  });

  it('protects waiting clips from being swept, until their video is made', async () => {
    studio.answer = undefined;
    const { receive, settled } = await load();
    receive(piece('a', 0, 2));
    receive(piece('a', 1, 2));
    const [run] = await studio.waitFor(1);
    assert.ok((studio.pinned.get('/clips/a0.mp4') ?? 0) > 0);
    run.resolve(made);
    await settled({ sent: 1, completed: 2 });
    assert.deepEqual([...new Set(studio.pinned.values())], [0]);
  });

  it('collects a bounded number of texts: one more, and the oldest is given up', async () => {
    const { receive, caught, settled } = await load();
    for (let text = 0; text <= MAX_GROUPS; text += 1) receive(piece(`t${text}`, 0, 2));
    await settled({ caught: 1 });
    await quiet();
    assert.equal(caught.length, 1);
    assert.equal(caught[0].error.code, 'E_BUSY');
    assert.equal((caught[0]['parts'] as { id: string }).id, 't0');
  });

  for (const [what, parts, field] of [
    ['a negative index', { id: 'a', index: -1, count: 2 }, 'msg.parts.index'],
    ['an index that is no number', { id: 'a', index: 'one', count: 2 }, 'msg.parts.index'],
    ['an index beyond the count', { id: 'a', index: 2, count: 2 }, 'msg.parts.index'],
    ['a count of zero', { id: 'a', index: 0, count: 0 }, 'msg.parts.count'],
    ['a count beyond all limits', { id: 'a', index: 0, count: 1e9 }, 'msg.parts.count'],
    ['an id that is an object', { id: {}, index: 0, count: 1 }, 'msg.parts.id'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { receive, caught, settled } = await load();
      receive({ payload: clip('/clips/a.mp4'), parts } as unknown as NodeMessage);
      await settled({ caught: 1 });
      assert.equal(caught[0].error.code, 'E_INPUT');
      assert.ok(caught[0].error.message.includes(field), caught[0].error.message);
    });
  }
});
