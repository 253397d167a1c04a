import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import stitch from '../../nodes/stitch/node';
import tts from '../../nodes/tts/node';
import { onLostPart, tellLostPart, type LostPart } from '../../nodes/shared/parts';
import { LipwireError } from '../../src/contract';
import { FakeStudio, helper, loadNode, quiet, type LoadedNode } from '../support/node-helper';
import { clip, video } from '../support/payloads';

describe('The stitch node, when a segment does not come', () => {
  let studio: FakeStudio;
  const made = video('/made/video.mp4');
  const bad = new LipwireError('E_VOICE', 'Expected a voice but there is none.');

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    studio = new FakeStudio();
    studio.answer = () => made;
  });
  afterEach(() => helper.unload());

  /** A stitch node with a node before it, which can lose segments. */
  async function load(config: Record<string, unknown> = {}): Promise<LoadedNode> {
    const before = { id: 'before', type: 'helper', wires: [['node']] };
    return loadNode(stitch, { type: 'lipwire-stitch', ...config }, studio, [before]);
  }

  function piece(index: number, more: object = {}): NodeMessage {
    const parts = { id: 'a', index, count: 3, type: 'array' };
    return { payload: clip(`/clips/${index}.mp4`), parts, ...more } as NodeMessage;
  }

  const lose = (index: number, error = bad, nodeId = 'before'): void =>
    tellLostPart(nodeId, piece(index), error);

  function files(): string[] {
    const { clips } = studio.asked.at(-1)!.input as { clips: { file: string }[] };
    return clips.map(({ file }) => file);
  }

  it('fails the text at once, with the code of the segment, and ends late clips quietly', async () => {
    const { receive, caught, completed, sent, settled } = await load();
    receive(piece(0));
    await quiet();
    lose(1);
    await settled({ caught: 1 });
    receive(piece(2));
    await settled({ completed: 1 });
    await quiet();
    assert.equal(caught[0].error.code, 'E_VOICE');
    assert.match(caught[0].error.message, /number 1 .* has none: Expected a voice/);
    assert.deepEqual([caught.length, completed.length, sent.length], [1, 1, 0]);
  });

  it('tells Catch by the first clip that comes, where the failure came before all of them', async () => {
    const { receive, caught, settled } = await load();
    lose(1);
    receive(piece(0));
    receive(piece(2));
    await settled({ caught: 1, completed: 1 });
    assert.equal(caught[0].error.code, 'E_VOICE');
    assert.equal(caught.length, 1);
  });

  it('tells a cancellation from a failure', async () => {
    const { receive, caught, settled } = await load();
    receive(piece(0));
    await quiet();
    lose(1, new LipwireError('E_CANCELLED', 'The job was cancelled by msg.reset.'));
    await settled({ caught: 1 });
    assert.equal(caught[0].error.code, 'E_CANCELLED');
  });

  it('leaves the segment out where it is told to, and says which and why', async () => {
    const { receive, sent, caught, settled } = await load({ onFailure: 'skip' });
    receive(piece(2));
    await quiet();
    lose(1);
    receive(piece(0));
    await settled({ sent: 1, completed: 2 });
    assert.deepEqual(files(), ['/clips/0.mp4', '/clips/2.mp4']);
    assert.deepEqual(sent[0]['leftOut'], [{ index: 1, code: 'E_VOICE', message: bad.message }]);
    assert.equal(caught.length, 0);
  });

  it('takes the rule from the message that was lost, by its own name or by the setting’s', async () => {
    for (const [config, more] of [
      [{}, { onFailure: 'skip' }],
      [{ onFailure: 'rule', onFailureType: 'msg' }, { rule: 'skip' }],
    ]) {
      const { receive, sent, settled } = await load(config);
      receive(piece(0, more));
      tellLostPart('before', piece(1, more), bad);
      receive(piece(2, more));
      await settled({ sent: 1 });
      assert.equal((sent[0] as { leftOut?: unknown[] }).leftOut?.length, 1);
      await helper.unload();
    }
  });

  it('finishes with the clips that it has when the last segment is the one that fails', async () => {
    const { receive, settled } = await load({ onFailure: 'skip' });
    receive(piece(0));
    receive(piece(1));
    await quiet();
    lose(2);
    await settled({ sent: 1 });
    assert.deepEqual(files(), ['/clips/0.mp4', '/clips/1.mp4']);
  });

  it('makes no video of nothing', async () => {
    const { sent, statuses } = await load({ onFailure: 'skip' });
    for (const index of [0, 1, 2]) lose(index);
    await quiet(600);
    assert.deepEqual([sent.length, studio.asked.length], [0, 0]);
    assert.match(statuses.at(-1)!.text!, /E_VOICE/);
  });

  it('waits for another clip of the segment where the flow repairs it', async () => {
    const { receive, sent, settled } = await load({ onFailure: 'wait' });
    receive(piece(0));
    receive(piece(2));
    await quiet();
    lose(1);
    await quiet();
    receive(piece(1));
    await settled({ sent: 1 });
    assert.equal(files().length, 3);
    assert.ok(!('leftOut' in sent[0]));
  });

  it('takes the same text again after it failed', async () => {
    const { receive, settled } = await load();
    receive(piece(0));
    await quiet();
    lose(1);
    await settled({ caught: 1 });
    for (const index of [0, 1, 2]) receive(piece(index));
    await settled({ sent: 1 });
    assert.equal(files().length, 3);
  });

  it('does not mind what a node loses that leads elsewhere', async () => {
    const { receive, settled } = await load();
    receive(piece(0));
    await quiet();
    lose(1, bad, 'out');
    receive(piece(1));
    receive(piece(2));
    await settled({ sent: 1 });
  });

  it('takes the message of a Catch node for a failed segment', async () => {
    const { receive, sent, completed, settled } = await load({ onFailure: 'skip' });
    receive(piece(0));
    receive(piece(1));
    const error = { message: 'Error: no luck', code: 'E_ODD', source: { id: 'function' } };
    receive(piece(2, { payload: 'what was to be said', error }));
    await settled({ sent: 1, completed: 3 });
    assert.deepEqual(sent[0]['leftOut'], [
      { index: 2, code: 'E_INPUT', message: 'Error: no luck' },
    ]);
    receive({ payload: 'of another node', error: { message: 'no parts' } } as NodeMessage);
    await settled({ completed: 4 });
    assert.equal(completed.length, 4);
  });

  it('refuses a changed count within one text, and goes on with the others', async () => {
    const { receive, caught, settled } = await load();
    receive(piece(0));
    receive(piece(1, { parts: { id: 'a', index: 1, count: 4 } }));
    await settled({ caught: 1 });
    assert.match(caught[0].error.message, /Expected 3, as before .* msg\.parts\.count .* 4/);
    receive(piece(1));
    receive(piece(2));
    await settled({ sent: 1 });
    assert.equal(files().length, 3);
  });

  it('holds no more clips than Node-RED lets a node hold', async () => {
    helper.settings({ nodeMessageBufferMaxLength: 3 });
    const { receive, caught, settled } = await load();
    for (const [id, index] of [
      ['a', 0],
      ['a', 1],
      ['b', 0],
      ['b', 1],
    ] as const) {
      receive(piece(index, { parts: { id, index, count: 9 } }));
    }
    await settled({ caught: 1, completed: 1 });
    helper.settings({});
    assert.equal(caught[0].error.code, 'E_BUSY');
    assert.equal((caught[0]['parts'] as { id: string }).id, 'a');
    assert.match(caught[0].error.message, /3 clips are held already/);
  });
});

describe('A node that cannot finish a piece of a text', () => {
  let studio: FakeStudio;
  let lost: LostPart[];
  let unlisten: () => void;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    studio = new FakeStudio();
    lost = [];
    unlisten = onLostPart((part) => lost.push(part));
  });
  afterEach(async () => {
    unlisten();
    await helper.unload();
  });

  const parts = { id: 'a', index: 1, count: 3 };

  it('tells of it: when the stage fails, at msg.reset, and when it is closed', async () => {
    const { node, receive, settled } = await loadNode(tts, { type: 'lipwire-tts' }, studio);
    receive({ payload: 'one', parts } as NodeMessage);
    (await studio.waitFor(1))[0].reject(new LipwireError('E_VOICE', 'No voice.'));
    await settled({ caught: 1 });
    receive({ payload: 'two', parts } as NodeMessage);
    await studio.waitFor(2);
    receive({ reset: true });
    await settled({ caught: 2 });
    receive({ payload: 'three', parts } as NodeMessage);
    await studio.waitFor(3);
    await node.close(false);
    assert.deepEqual(
      lost.map(({ nodeId, id, index, count, error }) => [nodeId, id, index, count, error.code]),
      ['E_VOICE', 'E_CANCELLED', 'E_CANCELLED'].map((code) => ['node', 'a', 1, 3, code]),
    );
  });

  it('tells nothing of a message that stands for itself', async () => {
    const { receive, settled } = await loadNode(tts, { type: 'lipwire-tts' }, studio);
    receive({ payload: 'one' });
    (await studio.waitFor(1))[0].reject(new LipwireError('E_VOICE', 'No voice.'));
    await settled({ caught: 1 });
    assert.deepEqual(lost, []);
  });
});
